//! Texas Instruments INA260: voltage, current and power, with the shunt inside.
//!
//! Wiring: VCC to 3.3 V (pin 1), GND to pin 6 and to the ground of what is measured, SDA to pin 3, SCL to pin 5. The
//! current flows from VIN+ to VIN-. A1 and A0 choose 0x40 to 0x4f.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "ina260"
//! ```

use std::time::Duration;

use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::Quantity;
use crate::sensor::{Sensor, Wired, wired};
use crate::sensors::power;
use crate::sensors::ti;

const VOLTAGE: Quantity = power::VOLTAGE.within(0.0, 36.0);
const CURRENT: Quantity = power::CURRENT.within(-15.0, 15.0);
const MAKES: &[Made] = &[VOLTAGE.made, CURRENT.made, power::POWER.made];

pub(crate) const INA260: Part = Part::of::<Ina260>("ina260", &[0x40..=0x4f], MAKES).known_by(is_ina260);

wired! {
    /// Texas Instruments INA260: voltage up to 36 V, current up to 15 A, power.
    Ina260 at 0x40, "Address: 0x40 to 0x4f, by A1 and A0." {}
}

impl Wired for Ina260 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Gauge)
    }
}

struct Gauge;

/// Sixteen measurements of 1.1 ms averaged of both, continuously.
const CONFIG: u16 = 0x6527;

fn is_ina260(chip: &mut Chip) -> Result<(), InputError> {
    ti::expect(chip, "INA260", &[0x227], 4)
}

impl Sensor for Gauge {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        is_ina260(chip)?;
        chip.set_word(0, CONFIG)?;
        chip.rest(Duration::from_millis(40))
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        if chip.word(0)? != CONFIG {
            return Err(InputError::again(format!("the chip at {} has lost its settings", chip.place())));
        }
        let current = f64::from(chip.word(1)?.cast_signed()) * 1.25e-3;
        let voltage = f64::from(chip.word(2)?) * 1.25e-3;
        let power = f64::from(chip.word(3)?) * 10e-3;
        VOLTAGE.put(out, voltage);
        CURRENT.put(out, current);
        if VOLTAGE.holds(voltage) && CURRENT.holds(current) {
            // The chip's own power has no sign.
            power::POWER.put(out, power.copysign(current));
        }
        Ok(())
    }
}
