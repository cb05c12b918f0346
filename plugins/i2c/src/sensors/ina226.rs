//! Texas Instruments INA226: voltage, current and power of a direct current.
//!
//! Wiring: VS to 3.3 V (pin 1), GND to pin 6 and to the ground of what is measured, SDA to pin 3, SCL to pin 5, VBUS to
//! the voltage. The current flows from IN+ through the shunt to IN-. A1 and A0 choose 0x40 to 0x4f.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "ina226"
//! shunt = 0.002
//! ```

use std::time::Duration;

use streamer_plugin::options::Faults;
use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::Quantity;
use crate::sensor::{Sensor, Wired, wired};
use crate::sensors::power;
use crate::sensors::ti;

const VOLTAGE: Quantity = power::VOLTAGE.within(0.0, 36.0);
const MAKES: &[Made] = &[VOLTAGE.made, power::SHUNT.made, power::CURRENT.made, power::POWER.made];
/// 32767 steps of 2.5 µV.
const FULL_SCALE: f64 = 0.081_917_5;

pub(crate) const INA226: Part = Part::of::<Ina226>("ina226", &[0x40..=0x4f], MAKES).known_by(is_ina226);

wired! {
    /// Texas Instruments INA226: voltage up to 36 V, current through a shunt, power.
    Ina226 at 0x40, "Address: 0x40 to 0x4f, by A1 and A0." {
        /// The shunt's resistance in ohm.
        #[serde(default = "tenth")]
        shunt: f64,
        /// The most current that is expected, in ampere: what does not fit the chip with this shunt is told at once.
        max_current: Option<f64>,
    }
}

fn tenth() -> f64 {
    0.1
}

impl Wired for Ina226 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Gauge { shunt: self.shunt })
    }

    fn judge(&self, faults: &mut Faults) {
        power::judge_shunt(self.shunt, self.max_current, FULL_SCALE, faults);
    }
}

struct Gauge {
    shunt: f64,
}

/// Sixteen measurements of 1.1 ms averaged of each voltage, continuously.
const CONFIG: u16 = 0x4527;

fn is_ina226(chip: &mut Chip) -> Result<(), InputError> {
    ti::expect(chip, "INA226", &[0x226], 4)
}

impl Sensor for Gauge {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        is_ina226(chip)?;
        chip.set_word(0, CONFIG)?;
        chip.rest(Duration::from_millis(40))
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        if chip.word(0)? != CONFIG {
            return Err(InputError::again(format!("the chip at {} has lost its settings", chip.place())));
        }
        let shunt = f64::from(chip.word(1)?.cast_signed()) * 2.5e-6;
        let bus = f64::from(chip.word(2)?) * 1.25e-3;
        power::put(out, &VOLTAGE, bus, shunt, FULL_SCALE, self.shunt);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{refusals, sample};

    #[test]
    fn back_flow_and_the_end_of_the_range() {
        let at = |shunt: &str| {
            let chip =
                format!("chip 0x40\n width 16\n reg 0xfe 54 49\n reg 0xff 22 60\n reg 0x02 25 80\n reg 0x01 {shunt}");
            sample(&chip, "sensor = 'ina226'\nshunt = 0.002")
        };
        assert_eq!(at("ff 38").lines(), ["voltage 12", "shunt_voltage -0.0005", "current -0.25", "power -3"]);
        assert_eq!(refusals(&at("7f ff")), ["current range"]);
        assert_eq!(refusals(&at("80 00")), ["current range"]);
    }
}
