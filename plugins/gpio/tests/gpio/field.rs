//! What went wrong for others.

use std::time::Duration;

use streamer_plugin::Epoch;

use crate::ground::{EPOCH, ground, input, turn};

/// The trace: milliseconds and levels, the first of them the start's.
fn trace() -> Vec<(u64, bool)> {
    let text = include_str!("../cases/gpio-short-pulse/edges.csv");
    text.lines()
        .skip(1)
        .map(|line| {
            let (ms, level) = line.split_once(',').unwrap();
            (ms.parse().unwrap(), level == "1")
        })
        .collect()
}

fn expected() -> serde_json::Value {
    serde_json::from_str(include_str!("../cases/gpio-short-pulse/expected.json")).unwrap()
}

fn ms(epoch: &Epoch) -> i64 {
    (epoch.micros() - EPOCH) / 1000
}

/// gpiozero/gpiozero#1039, volkszaehler/vzlogger#525: a pulse that was too short took the next edge with it.
#[test]
fn a_pulse_shorter_than_the_debounce_does_not_eat_the_next_edge() {
    let (bench, switch) = ground(false);
    let listening = input(&bench, "mode = 'edge'\nkey = 'door'\nedge = 'both'\ndebounce = '50ms'").listen();
    listening.heard().wait_for(1);
    trace().into_iter().skip(1).for_each(|(ms, active)| turn(&switch, ms, active));
    bench.hand.advance(Duration::from_secs(10));
    listening.heard().wait_for(5);
    let heard = listening.stop().unwrap();
    let door = &expected()["readings"][0];
    let numbers = |name: &str| door[name].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect::<Vec<_>>();
    let levels: Vec<String> = numbers("value").iter().map(|level| format!("door {level}")).collect();
    // The first is the state at the start. Stamps are the last bounces' to the millisecond: nobody else filters here.
    assert_eq!(heard.lines()[1..], levels);
    assert_eq!(heard.epochs().iter().skip(1).map(ms).collect::<Vec<_>>(), numbers("at_ms"));
    assert!(heard.refused().is_empty());
}

#[test]
fn the_same_trace_makes_two_turns() {
    let (bench, switch) = ground(false);
    let mut turns = input(&bench, "mode = 'count'\nkey = 'turns'\nedge = 'rising'\ndebounce = '50ms'");
    assert_eq!(turns.sample().unwrap().lines(), ["turns_total 0"]);
    trace().into_iter().skip(1).for_each(|(ms, active)| turn(&switch, ms, active));
    bench.hand.advance(Duration::from_secs(10));
    let round = turns.sample().unwrap();
    let turned = expected()["readings"][1]["value"].as_i64().unwrap();
    assert_eq!(round.lines(), [format!("turns_total {turned}"), "turns_rate 0.2".into()]);
}

#[test]
fn the_level_is_the_one_that_has_held() {
    let (bench, switch) = ground(false);
    let mut door = input(&bench, "mode = 'level'\nkey = 'door'\ndebounce = '50ms'");
    let mut trace = trace().into_iter().skip(1).peekable();
    let mut seen = Vec::new();
    for now in (10..=7000).step_by(10) {
        bench.hand.advance(Duration::from_millis(10));
        while let Some((ms, active)) = trace.next_if(|(ms, _)| *ms <= now) {
            turn(&switch, ms, active);
        }
        let line = door.sample().unwrap().lines().remove(0);
        if seen.last().is_none_or(|(_, last)| *last != line) {
            seen.push((now, line));
        }
    }
    // Each tells within a tick of 10 ms, the 5 ms that a record may take, and the debounce.
    let (when, what): (Vec<_>, Vec<_>) = seen.into_iter().unzip();
    assert_eq!(what, ["door 0", "door 1", "door 0", "door 1", "door 0"]);
    for (when, since) in when.into_iter().zip([0, 1005, 3006, 5000, 6080]).skip(1) {
        assert!((since + 50..=since + 65).contains(&when), "{since} was told at {when}");
    }
}
