//! Edges for which the kernel had no room, and chips that go away.

use std::time::Duration;

use streamer_plugin::InputError;

use crate::ground::{EPOCH, ground, input, turn};

#[test]
fn lost_edges_are_counted_and_the_level_is_read_again() {
    let (bench, switch) = ground(false);
    let input = input(&bench, "mode = 'edge'\nkey = 'door'");
    // All of it is there before the first look: an edge, a gap of six, an edge, and a level that is another by now.
    turn(&switch, 10, true);
    switch.lose(6, false);
    turn(&switch, 30, true);
    switch.lose(0, false);
    bench.hand.advance(Duration::from_millis(500));
    let listening = input.listen();
    listening.heard().wait_for(4);
    let heard = listening.stop().unwrap();
    assert_eq!(heard.lines(), ["door 0", "door 1", "door 1", "door 0"]);
    let ms: Vec<i64> = heard.epochs().iter().map(|e| (e.micros() - EPOCH) / 1000).collect();
    assert_eq!(ms, [0, 10, 30, 500]);
    assert_eq!(heard.refused(), vec![("door".to_owned(), "lost"); 6]);
}

#[test]
fn a_level_that_is_still_the_same_is_not_told_again() {
    let (bench, switch) = ground(false);
    let input = input(&bench, "mode = 'edge'\nkey = 'door'");
    switch.lose(1, false);
    turn(&switch, 30, true);
    turn(&switch, 40, false);
    let listening = input.listen();
    listening.heard().wait_for(3);
    assert_eq!(listening.stop().unwrap().lines(), ["door 0", "door 1", "door 0"]);
}

/// No filter of ours lies between: the numbers tell how many pulses there were, whatever became of the records.
#[test]
fn pulses_are_counted_by_their_numbers_when_the_queue_runs_over() {
    let (bench, switch) = ground(false);
    let mut flow = input(&bench, "mode = 'count'\nkey = 'flow'");
    flow.sample().unwrap();
    bench.hand.advance(Duration::from_secs(10));
    switch.lose(99_990, false);
    (1..=10).for_each(|at| turn(&switch, 9000 + at, true));
    let round = flow.sample().unwrap();
    assert_eq!(round.lines(), ["flow_total 100000", "flow_rate 10000"]);
    assert!(round.refused().is_empty());
}

/// With a filter of ours an edge that was lost can be a bounce as well as a pulse.
#[test]
fn where_bounces_are_filtered_here_lost_edges_make_no_pulses() {
    let (bench, switch) = ground(false);
    let mut turns = input(&bench, "mode = 'count'\nkey = 'turns'\ndebounce = '20ms'");
    turn(&switch, 100, true);
    turn(&switch, 200, false);
    switch.lose(7, false);
    turn(&switch, 300, true);
    bench.hand.advance(Duration::from_secs(10));
    let round = turns.sample().unwrap();
    assert_eq!(round.lines(), ["turns_total 2"]);
    assert_eq!(round.refused().iter().map(|r| (r.cause, r.count)).collect::<Vec<_>>(), [("lost", 7)]);
    assert!(round.refused()[0].words.contains("pin 17") && round.refused()[0].words.contains("debounce"));
}

#[test]
fn a_filtered_level_that_was_lost_is_right_again() {
    let (bench, switch) = ground(false);
    let mut door = input(&bench, "mode = 'level'\nkey = 'door'\ndebounce = '20ms'");
    switch.lose(3, true);
    turn(&switch, 100, false);
    switch.lose(0, true);
    bench.hand.advance(Duration::from_secs(1));
    assert_eq!(door.sample().unwrap().lines(), ["door 0"]);
    bench.hand.advance(Duration::from_secs(1));
    assert_eq!(door.sample().unwrap().lines(), ["door 1"]);
}

#[test]
fn a_total_goes_on_where_the_last_run_was() {
    let (bench, switch) = ground(false);
    let bench = bench.with_place("total", 41);
    let mut meter = input(&bench, "mode = 'count'\nkey = 'meter'\nedge = 'falling'");
    turn(&switch, 5, false);
    bench.hand.advance(Duration::from_secs(1));
    let round = meter.sample().unwrap();
    assert_eq!(round.lines(), ["meter_total 42"]);
    let reached = round.reached().unwrap();
    assert_eq!((reached.stream, reached.at), ("total", 42));
}

#[test]
fn a_chip_that_is_unplugged_is_gone() {
    let (bench, switch) = ground(true);
    let listening = input(&bench, "mode = 'edge'").listen();
    listening.heard().wait_for(1);
    let mut counting = input(&bench, "mode = 'count'");
    switch.unplug();
    let gone = |error: InputError| {
        let InputError::Gone(words) = error else { panic!("{error:?}") };
        assert!(words.starts_with("pin 17: ") && words.contains("plug"), "{words}");
    };
    gone(counting.sample().unwrap_err());
    gone(listening.ended().unwrap_err());
}
