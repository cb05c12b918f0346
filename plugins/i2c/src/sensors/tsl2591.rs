//! ams TSL2591: illuminance, from visible and infrared light.
//!
//! Wiring: VIN to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. The address is always 0x29.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "tsl2591"
//! gain = "medium"
//! ```

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::{Quantity, not_measured};
use crate::sensor::{Sensor, Wired, wired};

const ILLUMINANCE: Quantity = Quantity::illuminance(160_000.0);
const MAKES: &[Made] = &[ILLUMINANCE.made];

pub(crate) const TSL2591: Part = Part::of::<Tsl2591>("tsl2591", &[0x29..=0x29], MAKES).known_by(is_tsl2591);

/// How bright, how fine. In the order of the chip's own numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Gain {
    /// For sunlight.
    Low,
    /// 25 times: for rooms and cloudy days.
    #[default]
    Medium,
    /// 428 times: for dim rooms.
    High,
    /// 9876 times: for the night.
    Max,
}

wired! {
    /// ams TSL2591: illuminance.
    Tsl2591 at 0x29, "Address; the chip has no other than 0x29." {
        /// Gain: `"low"` for sunlight, `"medium"`, `"high"`, `"max"` for the night.
        #[serde(default)]
        gain: Gain,
    }
}

impl Wired for Tsl2591 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(LightMeter(self.gain))
    }
}

struct LightMeter(Gain);

const COMMAND: u8 = 0xa0;
const ON: u8 = 0x03;
/// Counts of a measurement of 100 ms beyond which the sensor is dazzled.
const DAZZLED: u16 = 36_863;

fn is_tsl2591(chip: &mut Chip) -> Result<(), InputError> {
    let found = chip.byte(COMMAND | 0x12)?;
    chip.expect("TSL2591", &[0x50], found.into())
}

impl Sensor for LightMeter {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        is_tsl2591(chip)?;
        chip.set(COMMAND | 0x01, (self.0 as u8) << 4)?;
        chip.set(COMMAND, ON)?;
        chip.rest(Duration::from_millis(120))
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        if chip.byte(COMMAND)? & ON != ON {
            return Err(InputError::again(format!("the chip at {} has lost its settings", chip.place())));
        }
        let done = chip.wait_for(Duration::from_millis(10), Duration::from_millis(120), |chip| {
            Ok(chip.byte(COMMAND | 0x13)? & 1 != 0)
        })?;
        if !done {
            not_measured(out, "the chip has not measured yet");
            return Ok(());
        }
        let both = u16::from_le_bytes(chip.ask(&[COMMAND | 0x14])?);
        let infrared = u16::from_le_bytes(chip.ask(&[COMMAND | 0x16])?);
        if both >= DAZZLED || infrared >= DAZZLED {
            ILLUMINANCE.refuse(out, "range", "brighter than this gain can tell: choose a smaller one");
            return Ok(());
        }
        let (both, infrared) = (f64::from(both), f64::from(infrared));
        let counts_per_lux = 100.0 * [1.0, 25.0, 428.0, 9876.0][self.0 as usize] / 408.0;
        let lux = (both - 1.64 * infrared).max(0.59 * both - 0.86 * infrared) / counts_per_lux;
        ILLUMINANCE.put(out, lux);
        Ok(())
    }
}
