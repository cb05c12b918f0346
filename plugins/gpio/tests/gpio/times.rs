//! Stamps: the kernel's clock is not the wall's, and neither is right for ever.

use std::time::Duration;

use crate::ground::{START, ground, input, turn};

const MS: u64 = 1_000_000;

#[test]
fn a_stamp_is_the_edges_whenever_it_is_read() {
    let (bench, switch) = ground(true);
    let input = input(&bench, "mode = 'edge'\nkey = 'bell'\nedge = 'falling'");
    turn(&switch, 1234, false);
    bench.hand.advance(Duration::from_secs(60));
    // The wall clock is set meanwhile; what was stamped before is right by the new one.
    bench.hand.step_wall(7_000_000);
    let listening = input.listen();
    listening.heard().wait_for(2);
    let heard = listening.stop().unwrap();
    assert_eq!(heard.lines(), ["bell 1", "bell 0"]);
    assert_eq!(heard.epochs()[1].micros(), 1_790_000_008_234_000);
}

/// The kernel's event clock stands still while the machine sleeps.
#[test]
fn a_suspend_is_added() {
    let (bench, switch) = ground(false);
    let input = input(&bench, "mode = 'edge'");
    bench.hand.suspend(Duration::from_secs(3600));
    bench.hand.advance(Duration::from_secs(2));
    switch.turn(START + 1000 * MS, true);
    let listening = input.listen();
    listening.heard().wait_for(2);
    assert_eq!(listening.stop().unwrap().epochs()[1].micros(), 1_790_003_601_000_000);
}

/// What happened before the level was read is in that level.
#[test]
fn an_edge_before_the_start_is_not_told_twice() {
    let (bench, switch) = ground(true);
    bench.hand.advance(Duration::from_secs(1));
    let input = input(&bench, "mode = 'edge'");
    turn(&switch, 500, true);
    let listening = input.listen();
    turn(&switch, 1500, false);
    listening.heard().wait_for(2);
    assert_eq!(listening.stop().unwrap().lines(), ["gpio_17 1", "gpio_17 0"]);
}

#[test]
fn a_level_is_what_the_line_is() {
    let (bench, switch) = ground(true);
    let mut door = input(&bench, "mode = 'level'");
    assert_eq!(door.sample().unwrap().lines(), ["gpio_17 1"]);
    switch.lose(0, false);
    assert_eq!(door.sample().unwrap().lines(), ["gpio_17 0"]);
}
