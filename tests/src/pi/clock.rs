//! Epochs under a clock that begins in 1970. Every reading's value is the guest's time since boot at that moment, so
//! epoch and value together tell when the guest was put under power; the host knows that, and knows nothing of ours.

use streamer_tests::guest::Machine;
use streamer_tests::server::Event;
use streamer_tests::unix_now;

use crate::bench::must;

/// How far the guest's power-on may seem to be off: a busy host lets a guest wait between its own two looks at its clocks.
const SLACK: f64 = 20.0;

/// The input of which every check here speaks: the time since boot, read by a program.
pub const UPTIME: &str = "[[inputs.exec]]\nid = \"uptime\"\ninterval = \"1s\"\nkey = \"uptime\"\n\
                          command = [\"cut\", \"-d\", \" \", \"-f\", \"1\", \"/proc/uptime\"]\n";

/// Sets the guest's clock right, as time synchronisation would.
pub fn set_right(machine: &mut Machine) -> Result<(), String> {
    machine.run(&format!("date -s @{:.0}", unix_now())).map(|_| ())
}

/// Whether a reading tells of this moment of power-on.
pub fn is_of(event: &Event, power_on: f64) -> bool {
    event.value.parse::<f64>().is_ok_and(|value| (event.epoch as f64 / 1e6 - value - power_on).abs() < SLACK)
}

/// Fails unless every one of these readings tells of one of the moments at which there truly was power-on.
pub fn are_true(events: &[Event], power_on: &[f64]) -> Result<(), String> {
    let wrong = events.iter().find(|event| !power_on.iter().any(|moment| is_of(event, *moment)));
    must(wrong.is_none(), || format!("a false epoch: {wrong:?}; there was power-on at {power_on:.1?}"))
}
