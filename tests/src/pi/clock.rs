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

/// The key under which the `system` input tells the same.
pub const SECONDS: &str = "uptime_seconds";

/// Sets the guest's clock right, as time synchronisation would.
pub fn set_right(machine: &mut Machine) -> Result<(), String> {
    machine.run(&format!("date -s @{:.0}", unix_now())).map(|_| ())
}

/// Which of these moments of power-on a reading tells of; boots may follow each other closely, so it is the nearest.
pub fn boot_of(event: &Event, power_on: &[f64]) -> Option<usize> {
    let told = event.epoch as f64 / 1e6 - event.value.parse::<f64>().ok()?;
    let off = |at: &usize| (power_on[*at] - told).abs();
    let nearest = (0..power_on.len()).min_by(|a, b| off(a).total_cmp(&off(b)))?;
    (off(&nearest) < SLACK).then_some(nearest)
}

/// Fails unless every one of these readings tells of one of the moments at which there truly was power-on.
pub fn are_true(events: &[Event], power_on: &[f64]) -> Result<(), String> {
    let wrong = events.iter().find(|event| boot_of(event, power_on).is_none());
    must(wrong.is_none(), || format!("a false epoch: {wrong:?}; there was power-on at {power_on:.1?}"))
}
