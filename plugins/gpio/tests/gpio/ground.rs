//! A switch on pin 17, and inputs that watch it.

use streamer_gpio::PLUGIN;
use streamer_plugin::testkit::{Bench, Driven, Switch};

/// Nanoseconds on the kernel's clock when a bench begins.
pub const START: u64 = 3_600_000_000_000;

/// Microseconds of the wall clock then.
pub const EPOCH: i64 = 1_790_000_000_000_000;

/// A bench with a switch on pin 17 that is `active`.
pub fn ground(active: bool) -> (Bench, Switch) {
    let switch = Switch::new(active);
    (Bench::new("/").with_line("17", &switch), switch)
}

/// An input on pin 17.
pub fn input(bench: &Bench, toml: &str) -> Driven {
    bench.build(&PLUGIN, &format!("pin = 17\n{toml}")).unwrap()
}

/// Turns the switch so many milliseconds after the bench began.
pub fn turn(switch: &Switch, ms: u64, active: bool) {
    switch.turn(START + ms * 1_000_000, active);
}
