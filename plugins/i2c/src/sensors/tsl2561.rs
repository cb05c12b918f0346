//! ams TSL2561: illuminance, from visible and infrared light.
//!
//! Wiring: VCC to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. ADDR open is 0x39, to ground 0x29, to VCC 0x49.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "tsl2561"
//! ```

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::Quantity;
use crate::sensor::{Sensor, Wired, wired};

const ILLUMINANCE: Quantity = Quantity::illuminance(40_000.0);
const MAKES: &[Made] = &[ILLUMINANCE.made];

pub(crate) const TSL2561: Part =
    Part::of::<Tsl2561>("tsl2561", &[0x29..=0x29, 0x39..=0x39, 0x49..=0x49], MAKES).known_by(is_tsl2561);

/// How bright, how fine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
enum Gain {
    /// For daylight.
    #[default]
    #[serde(rename = "1")]
    One,
    /// For rooms.
    #[serde(rename = "16")]
    Sixteen,
}

wired! {
    /// ams TSL2561: illuminance.
    Tsl2561 at 0x39, "Address: 0x39, or 0x29 or 0x49 by ADDR." {
        /// Gain, as text: `"1"` for daylight, `"16"` for rooms.
        #[serde(default)]
        gain: Gain,
    }
}

impl Wired for Tsl2561 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(LightMeter(self.gain))
    }
}

struct LightMeter(Gain);

const COMMAND: u8 = 0x80;
const ON: u8 = 0x03;
/// Counts of a measurement of 402 ms beyond which the sensor is dazzled.
const DAZZLED: u16 = 65_000;

fn is_tsl2561(chip: &mut Chip) -> Result<(), InputError> {
    let found = chip.byte(COMMAND | 0x0a)?;
    // TSL2561T, FN, CL are 5; the CS package, which counts otherwise, is 1.
    chip.expect("TSL2561", &[5], (found >> 4).into())
}

impl Sensor for LightMeter {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        is_tsl2561(chip)?;
        chip.set(COMMAND, ON)?;
        chip.set(COMMAND | 0x01, (self.0 as u8) << 4 | 2)?;
        chip.rest(Duration::from_millis(430))
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        if chip.byte(COMMAND)? & ON != ON {
            return Err(InputError::again(format!("the chip at {} has lost its settings", chip.place())));
        }
        let both = u16::from_le_bytes(chip.ask(&[COMMAND | 0x2c])?);
        let infrared = u16::from_le_bytes(chip.ask(&[COMMAND | 0x2e])?);
        if both > DAZZLED || infrared > DAZZLED {
            ILLUMINANCE.refuse(out, "range", "brighter than this gain can tell: choose a smaller one");
            return Ok(());
        }
        let scale = if self.0 == Gain::One { 16.0 } else { 1.0 };
        ILLUMINANCE.put(out, lux(both.into(), infrared.into()) * scale);
        Ok(())
    }
}

/// The datasheet's piecewise approximation for the T, FN and CL packages.
fn lux(both: f64, infrared: f64) -> f64 {
    if both == 0.0 {
        return 0.0;
    }
    match infrared / both {
        ratio if ratio <= 0.5 => 0.0304 * both - 0.062 * both * ratio.powf(1.4),
        ratio if ratio <= 0.61 => 0.0224 * both - 0.031 * infrared,
        ratio if ratio <= 0.8 => 0.0128 * both - 0.0153 * infrared,
        ratio if ratio <= 1.3 => 0.00146 * both - 0.00112 * infrared,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::sample;

    #[test]
    fn the_dark_is_zero_and_no_gap() {
        let chip = "chip 0x39\n ptrmask 0x0f\n reg 0x0a 50";
        assert_eq!(sample(chip, "sensor = 'tsl2561'").lines(), ["illuminance 0"]);
    }
}
