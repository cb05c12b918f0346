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

/// Fails unless every one of these readings tells the same moment of power-on, and that moment is the true one.
pub fn are_true(events: &[Event], power_on: f64) -> Result<(), String> {
    for event in events {
        let value: f64 = event.value.parse().map_err(|_| format!("an uptime that is no number: {}", event.value))?;
        let told = event.epoch as f64 / 1e6 - value;
        must((told - power_on).abs() < SLACK, || {
            format!(
                "a false epoch: {} s after power-on is stamped {}, {:.1} s off",
                event.value,
                event.epoch,
                told - power_on
            )
        })?;
    }
    Ok(())
}
