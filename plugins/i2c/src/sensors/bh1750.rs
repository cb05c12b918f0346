//! ROHM BH1750: illuminance.
//!
//! Wiring: VCC to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. ADDR low or open is 0x23, high 0x5c.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "bh1750"
//! address = 0x23
//! ```
//!
//! The chip has neither an identity nor a checksum.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::Quantity;
use crate::sensor::{Sensor, Wired, wired};

const ILLUMINANCE: Quantity = Quantity::illuminance(54_612.5);
const MAKES: &[Made] = &[ILLUMINANCE.made];

pub(crate) const BH1750: Part = Part::of::<Bh1750>("bh1750", &[0x23..=0x23, 0x5c..=0x5c], MAKES);

/// How fine, how fast.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
enum Resolution {
    /// Half a lux, up to 27,306 lx.
    #[serde(rename = "0.5lx")]
    Half,
    /// One lux.
    #[default]
    #[serde(rename = "1lx")]
    One,
    /// Four lux, in 24 ms instead of 180.
    #[serde(rename = "4lx")]
    Four,
}

wired! {
    /// ROHM BH1750: illuminance.
    Bh1750 at 0x23, "Address: 0x23, or 0x5c where ADDR is high." {
        /// Steps of half a lux, one or four.
        #[serde(default)]
        resolution: Resolution,
    }
}

impl Wired for Bh1750 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(LightMeter(self.resolution))
    }
}

struct LightMeter(Resolution);

const POWER_ON: u8 = 0x01;

impl Sensor for LightMeter {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        chip.write(&[POWER_ON])?;
        // The measuring time may have been changed by another program: 69 is what it starts with.
        chip.write(&[0x42])?;
        chip.write(&[0x65])
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        let (once, takes, counts) = match self.0 {
            Resolution::Half => (0x21, 180, 2.4),
            Resolution::One => (0x20, 180, 1.2),
            Resolution::Four => (0x23, 24, 1.2),
        };
        chip.write(&[POWER_ON])?;
        chip.write(&[once])?;
        chip.rest(Duration::from_millis(takes))?;
        let raw = u16::from_be_bytes(chip.read()?);
        if raw == u16::MAX {
            ILLUMINANCE.refuse(out, "range", "brighter than the sensor can tell, or not there any more");
            return Ok(());
        }
        ILLUMINANCE.put(out, f64::from(raw) / counts);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{refusals, sample};

    /// The datasheet's own example: 8390h is 28067 lx.
    #[test]
    fn the_example_of_the_datasheet_and_the_end_of_the_range() {
        let chip = "chip 0x23\n cmd 01\n cmd 42\n cmd 65\n cmd 20 : 83 90\n cmd 21 : 01 01\n cmd 23 : ff ff";
        assert_eq!(sample(chip, "sensor = 'bh1750'").lines(), ["illuminance 28066.6667"]);
        assert_eq!(sample(chip, "sensor = 'bh1750'\nresolution = '0.5lx'").lines(), ["illuminance 107.0833"]);
        let dazzled = sample(chip, "sensor = 'bh1750'\nresolution = '4lx'");
        assert_eq!(refusals(&dazzled), ["illuminance range"]);
    }
}
