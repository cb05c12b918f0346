//! Texas Instruments INA219: voltage, current and power of a direct current.
//!
//! Wiring: VCC to 3.3 V (pin 1), GND to pin 6 and to the ground of what is measured, SDA to pin 3, SCL to pin 5. The
//! current flows from VIN+ through the shunt to VIN-. A1 and A0 choose 0x40 to 0x4f.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "ina219"
//! address = 0x40
//! shunt = 0.1
//! max_current = 2.0
//! ```
//!
//! Current and power are computed here from the two voltages. The chip could do it itself, in registers that overflow
//! and a calibration that does not fit for small currents; its overflow bit speaks of those registers alone.

use std::time::Duration;

use streamer_plugin::options::Faults;
use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::Quantity;
use crate::sensor::{Sensor, Wired, wired};
use crate::sensors::power;

const MAKES: &[Made] = &[VOLTAGE.made, power::SHUNT.made, power::CURRENT.made, power::POWER.made];
const VOLTAGE: Quantity = power::VOLTAGE.within(0.0, 26.0);

pub(crate) const INA219: Part = Part::of::<Ina219>("ina219", &[0x40..=0x4f], MAKES);

wired! {
    /// Texas Instruments INA219: voltage up to 26 V, current through a shunt, power.
    Ina219 at 0x40, "Address: 0x40 to 0x4f, by A1 and A0." {
        /// The shunt's resistance in ohm.
        #[serde(default = "tenth")]
        shunt: f64,
        /// The most current that is expected, in ampere; it chooses the range of the shunt voltage, 40 to 320 mV.
        max_current: Option<f64>,
    }
}

fn tenth() -> f64 {
    0.1
}

impl Wired for Ina219 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Gauge { shunt: self.shunt, gain: self.gain() })
    }

    fn judge(&self, faults: &mut Faults) {
        power::judge_shunt(self.shunt, self.max_current, 0.32, faults);
    }
}

impl Ina219 {
    /// The smallest of the ranges of 40, 80, 160 and 320 mV in which the expected current fits.
    fn gain(&self) -> u8 {
        let volts = self.max_current.map_or(0.32, |current| current * self.shunt);
        (0..3).find(|gain| volts <= full_scale(*gain)).unwrap_or(3)
    }
}

fn full_scale(gain: u8) -> f64 {
    0.04 * f64::from(1_u8 << gain)
}

struct Gauge {
    shunt: f64,
    gain: u8,
}

impl Gauge {
    /// 32 V, sixteen measurements averaged of each voltage, continuously.
    fn config(&self) -> u16 {
        0x2000 | u16::from(self.gain) << 11 | 0x0600 | 0x0060 | 0x0007
    }
}

impl Sensor for Gauge {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        chip.set_word(0, self.config())?;
        chip.rest(Duration::from_millis(20))
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        let found = chip.word(0)?;
        if found != self.config() {
            return Err(InputError::again(format!(
                "the chip at {} has lost its settings ({found:#06x}): it was without power, another program uses it, \
                 or it is no INA219",
                chip.place()
            )));
        }
        let shunt = f64::from(chip.word(1)?.cast_signed()) * 10e-6;
        let bus = f64::from(chip.word(2)? >> 3) * 4e-3;
        power::put(out, &VOLTAGE, bus, shunt, full_scale(self.gain), self.shunt);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{refusals, sample};

    /// The case of public reports on overflows, signs and calibrations.
    #[test]
    fn small_currents_charging_and_overflow() {
        let small = "sensor = 'ina219'\nshunt = 0.1\nmax_current = 0.1";
        let at = |shunt: &str, bus: &str, options: &str| {
            sample(&format!("chip 0x40\n width 16\n model ina219\n reg 0x01 {shunt}\n reg 0x02 {bus}"), options)
        };
        assert_eq!(
            at("ff 38", "5d c2", small).lines(),
            ["voltage 12", "shunt_voltage -0.002", "current -0.02", "power -0.24"]
        );
        assert_eq!(
            at("03 e8", "5d c2", small).lines(),
            ["voltage 12", "shunt_voltage 0.01", "current 0.1", "power 1.2"]
        );
        let over = at("7d 00", "5d c3", small);
        assert_eq!(over.lines(), ["voltage 12"]);
        assert_eq!(refusals(&over), ["current range"]);
        let other = at("03 e8", "5d c2", "sensor = 'ina219'\nshunt = 0.002\nmax_current = 10.0");
        assert_eq!(other.lines()[2..], ["current 5", "power 60"]);
    }
}
