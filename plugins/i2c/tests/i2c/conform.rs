//! What every input must do, done by every sensor.

use streamer_i2c::PLUGIN;
use streamer_plugin::testkit::{Bench, Chips, Example, conformance};

use crate::kept::kept;

#[test]
fn every_sensor_is_as_every_input_must_be() {
    let mut examples = Vec::new();
    for kept in kept() {
        // An answer of which the oracle refuses nothing, for in a good round nothing is refused.
        let Some(chip) = kept.good() else { panic!("{} has no good answer", kept.name) };
        examples.push(Example::new(kept.options, move || Bench::new("/").with_i2c(1, Chips::parse(&chip).unwrap())));
    }
    let any = "sensor = 'any'\naddress = 0x20\nregisters = [{ key = 'x', register = 3 }]";
    let chip = || Bench::new("/").with_i2c(1, Chips::parse("chip 0x20\nreg 0x03 05").unwrap());
    examples.push(Example::new(any, chip));
    conformance(&PLUGIN, &examples);
}
