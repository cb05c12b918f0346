//! LM75 and its many relatives (LM75A, LM75B, DS75, PCT2075), and Texas Instruments TMP105: temperature.
//!
//! Wiring: VCC to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. A2, A1, A0 choose 0x48 to 0x4f.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "lm75"
//! address = 0x48
//! ```
//!
//! The chip has no identity: another one at its address is not noticed.

use std::time::Duration;

use streamer_plugin::options::Faults;
use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::Quantity;
use crate::sensor::{Sensor, Wired, wired};

const TEMPERATURE: Quantity = Quantity::temperature((-55.0, 125.0), 4);
const MAKES: &[Made] = &[TEMPERATURE.made];

pub(crate) const LM75: Part = Part::of::<Lm75>("lm75", &[0x48..=0x4f], MAKES);
pub(crate) const TMP105: Part = Part::of::<Tmp105>("tmp105", &[0x48..=0x4f], MAKES);

wired! {
    /// LM75, LM75A, LM75B, DS75 or PCT2075: temperature.
    Lm75 at 0x48, "Address: 0x48 to 0x4f, by A2, A1 and A0." {
        /// Bits of the temperature, 9 to 12: an old LM75 has 9, all later ones 11. What is below them is not read.
        #[serde(default = "eleven")]
        #[schemars(range(min = 9, max = 12))]
        bits: u8,
    }
}

wired! {
    /// Texas Instruments TMP105 or TMP75: temperature, in twelve bits.
    Tmp105 at 0x48, "Address: 0x48 to 0x4f, by A2, A1 and A0." {}
}

fn eleven() -> u8 {
    11
}

impl Wired for Lm75 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Thermometer { bits: self.bits, resolution: 0 })
    }

    fn judge(&self, faults: &mut Faults) {
        if !(9..=12).contains(&self.bits) {
            faults.add("bits", "an LM75 has 9, 11 or 12 bits");
        }
    }
}

impl Wired for Tmp105 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Thermometer { bits: 12, resolution: 0x60 })
    }
}

struct Thermometer {
    bits: u8,
    /// What to set in the configuration for that many bits.
    resolution: u8,
}

impl Sensor for Thermometer {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        let config = chip.byte(1)?;
        // Bit 0 is sleep. The thermostat keeps its settings.
        chip.set(1, config & !1 | self.resolution)?;
        chip.rest(Duration::from_millis(if self.resolution == 0 { 100 } else { 240 }))
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        if chip.byte(1)? & (1 | self.resolution) != self.resolution {
            return Err(InputError::again(format!("the chip at {} has lost its settings", chip.place())));
        }
        let raw = chip.word(0)?.cast_signed() >> (16 - self.bits);
        TEMPERATURE.put(out, f64::from(raw) / f64::from(1_u16 << (self.bits - 8)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::sample;

    #[test]
    fn bits_that_the_chip_does_not_have_are_not_read() {
        let at = |raw: &str, options: &str| {
            sample(&format!("chip 0x48\n width 16\n reg 0x00 {raw}"), options).lines().concat()
        };
        assert_eq!(at("19 ff", "sensor = 'lm75'\nbits = 9"), "temperature 25.5");
        assert_eq!(at("19 3f", "sensor = 'lm75'"), "temperature 25.125");
        assert_eq!(at("e7 00", "sensor = 'lm75'"), "temperature -25");
        assert_eq!(at("ff f0", "sensor = 'tmp105'"), "temperature -0.0625");
    }
}
