//! Thousands of histories of a bouncing line, each against a model that knows no filter: it draws the levels as stretches of
//! time and leaves out those that are too short.

use std::time::Duration;

use proptest::prelude::*;
use streamer_gpio::{Edge, Stable, Turn};
use streamer_plugin::clock::SinceBoot;

use crate::ground::{EPOCH, START, ground, input};

/// Edges as steps in microseconds, mostly of the order of the debounce, and levels that may repeat: where an interrupt was
/// late the kernel tells the same level twice.
fn history() -> impl Strategy<Value = (u64, bool, Vec<(u64, bool)>)> {
    let step = prop_oneof![4 => 0_u64..3000, 2 => 3000_u64..80_000, 1 => Just(0), 1 => 900_000_u64..2_000_000];
    let edge = (step, prop_oneof![3 => Just(None), 1 => any::<bool>().prop_map(Some)]);
    (prop_oneof![Just(2_000_u64), Just(50_000), 1_u64..100_000], any::<bool>(), proptest::collection::vec(edge, 0..60))
        .prop_map(|(hold, start, steps)| {
            let (mut at, mut active) = (0, start);
            let edges = steps.into_iter().map(|(step, level)| {
                at += step;
                active = level.unwrap_or(!active);
                (at, active)
            });
            (hold, start, edges.collect())
        })
}

/// The stretches between edges that are long enough, with those of the level before left out; the last has no end.
fn model(hold: u64, start: bool, edges: &[(u64, bool)]) -> Vec<(u64, bool)> {
    let ends = edges.iter().skip(1).map(|(at, _)| *at).chain([u64::MAX]);
    let long: Vec<(u64, bool)> =
        edges.iter().zip(ends).filter(|((from, _), to)| to - from >= hold).map(|(edge, _)| *edge).collect();
    let before = [start].into_iter().chain(long.iter().map(|(_, active)| *active));
    long.iter().zip(before).filter(|((_, active), before)| active != before).map(|(edge, _)| *edge).collect()
}

fn turn((at, active): (u64, bool)) -> Turn {
    Turn { at: SinceBoot::from_micros(at), active }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_filter_finds_what_the_model_draws((hold, start, edges) in history(), looks in proptest::collection::vec(0_u64..5_000_000, 0..20)) {
        let mut looks = looks;
        looks.sort_unstable();
        let mut looks = looks.into_iter().peekable();
        let mut stable = Stable::new(Duration::from_micros(hold), start);
        let mut found = Vec::new();
        for edge in &edges {
            // Looking at any time between edges changes nothing.
            while let Some(now) = looks.next_if(|now| *now < edge.0) {
                found.extend(stable.settle(SinceBoot::from_micros(now)));
            }
            found.extend(stable.edge(turn(*edge)));
        }
        if let Some(due) = stable.due() {
            prop_assert_eq!(stable.settle(SinceBoot::from_micros(due.micros() - 1)), None);
            found.extend(stable.settle(due));
        }
        let expected: Vec<Turn> = model(hold, start, &edges).into_iter().map(turn).collect();
        prop_assert_eq!(stable.active(), expected.last().map_or(start, |last| last.active));
        prop_assert_eq!(found, expected);
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Through the pipe and the input, looked at after every few edges.
    #[test]
    fn pulses_are_those_of_the_model((hold, start, edges) in history(), wanted in prop_oneof![Just(Edge::Rising), Just(Edge::Falling), Just(Edge::Both)], every in 1_usize..10) {
        let (bench, switch) = ground(start);
        let edge = match wanted { Edge::Rising => "rising", Edge::Falling => "falling", Edge::Both => "both" };
        let mut input = input(&bench, &format!("mode = 'count'\nedge = '{edge}'\ndebounce = '{hold}us'"));
        let mut before = 0;
        for some in edges.chunks(every) {
            for (at, active) in some {
                switch.turn(START + at * 1000, *active);
                bench.hand.advance(Duration::from_micros(at - before));
                before = *at;
            }
            input.sample().unwrap();
        }
        bench.hand.advance(Duration::from_secs(10));
        let expected = model(hold, start, &edges).into_iter().filter(|(_, active)| match wanted {
            Edge::Rising => *active,
            Edge::Falling => !active,
            Edge::Both => true,
        });
        let total = format!("gpio_17_total {}", expected.count());
        prop_assert_eq!(input.sample().unwrap().lines()[0].clone(), total);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// The listener, on its thread.
    #[test]
    fn readings_are_those_of_the_model((hold, start, history) in history()) {
        let (bench, switch) = ground(start);
        let listening = input(&bench, &format!("mode = 'edge'\ndebounce = '{hold}us'")).listen();
        listening.heard().wait_for(1);
        history.iter().for_each(|(at, active)| switch.turn(START + at * 1000, *active));
        bench.hand.advance(Duration::from_secs(200));
        let expected = model(hold, start, &history);
        listening.heard().wait_for(1 + expected.len());
        let heard = listening.stop().unwrap();
        let lines: Vec<String> = heard.lines().split_off(1);
        prop_assert_eq!(lines, expected.iter().map(|(_, active)| format!("gpio_17 {}", u8::from(*active))).collect::<Vec<_>>());
        let epochs: Vec<i64> = heard.epochs().iter().skip(1).map(|epoch| epoch.micros() - EPOCH).collect();
        prop_assert_eq!(epochs, expected.iter().map(|(at, _)| *at as i64).collect::<Vec<_>>());
    }
}
