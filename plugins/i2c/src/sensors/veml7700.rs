//! Vishay VEML7700: illuminance.
//!
//! Wiring: VIN to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. The address is always 0x10.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "veml7700"
//! gain = "1/8"
//! ```

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::Quantity;
use crate::sensor::{Sensor, Wired, wired};

const ILLUMINANCE: Quantity = Quantity::illuminance(140_000.0);
const MAKES: &[Made] = &[ILLUMINANCE.made];

pub(crate) const VEML7700: Part = Part::of::<Veml7700>("veml7700", &[0x10..=0x10], MAKES);

/// How bright, how fine. In the order of the chip's own numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
enum Gain {
    /// Up to 4,400 lx in steps of 0.07 lx.
    #[serde(rename = "1")]
    One,
    /// Up to 2,200 lx in steps of 0.03 lx.
    #[serde(rename = "2")]
    Two,
    /// Up to 35,200 lx in steps of 0.5 lx.
    #[default]
    #[serde(rename = "1/8")]
    Eighth,
    /// Up to 17,600 lx in steps of 0.3 lx.
    #[serde(rename = "1/4")]
    Quarter,
}

wired! {
    /// Vishay VEML7700: illuminance.
    Veml7700 at 0x10, "Address; the chip has no other than 0x10." {
        /// Gain, as text: `"1/8"` up to 35,200 lx, `"1/4"`, `"1"`, and `"2"` up to 2,200 lx.
        #[serde(default)]
        gain: Gain,
    }
}

impl Wired for Veml7700 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(LightMeter(self.gain))
    }
}

struct LightMeter(Gain);

impl LightMeter {
    /// Awake, 100 ms of light for each value, the low byte first.
    fn config(&self) -> [u8; 2] {
        ((self.0 as u16) << 11).to_le_bytes()
    }
}

impl Sensor for LightMeter {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        let [low, high] = self.config();
        chip.write(&[0, low, high])?;
        // 2.5 ms to wake up, then a whole measurement; one that was going on has another gain.
        chip.rest(Duration::from_millis(230))
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        if chip.ask::<2>(&[0])? != self.config() {
            return Err(InputError::again(format!(
                "the chip at {} has lost its settings, or is no VEML7700",
                chip.place()
            )));
        }
        let raw = u16::from_le_bytes(chip.ask(&[4])?);
        if raw == u16::MAX {
            ILLUMINANCE.refuse(out, "range", "brighter than this gain can tell: choose a smaller one");
            return Ok(());
        }
        let gain = [1.0, 2.0, 0.125, 0.25][self.0 as usize];
        // 0.0042 lx a step at the gain of 2 and 800 ms.
        ILLUMINANCE.put(out, f64::from(raw) * 0.0042 * 8.0 * 2.0 / gain);
        Ok(())
    }
}
