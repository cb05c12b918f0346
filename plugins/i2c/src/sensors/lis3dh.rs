//! STMicroelectronics LIS3DH, LIS2DH12, and the Silan SC7A20 that stands in for them: acceleration.
//!
//! Wiring: VIN to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. SA0 low is 0x18, high 0x19.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "lis3dh"
//! range = "2g"
//! ```

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::sensor::{Sensor, Wired, wired};
use crate::sensors::motion::{self, ACCELERATION, GRAVITY};

const MAKES: &[Made] = &[ACCELERATION[0].made, ACCELERATION[1].made, ACCELERATION[2].made];

pub(crate) const LIS3DH: Part = Part::of::<Lis3dh>("lis3dh", &[0x18..=0x19], MAKES).known_by(is_lis3dh);

/// The most that is measured. In the order of the chip's own numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
enum Range {
    /// Twice gravity.
    #[default]
    #[serde(rename = "2g")]
    Two,
    /// Four times gravity.
    #[serde(rename = "4g")]
    Four,
    /// Eight times gravity.
    #[serde(rename = "8g")]
    Eight,
    /// Sixteen times gravity.
    #[serde(rename = "16g")]
    Sixteen,
}

wired! {
    /// STMicroelectronics LIS3DH: acceleration along three axes.
    Lis3dh at 0x18, "Address: 0x18, or 0x19 where SA0 is high." {
        /// The most that is measured: `"2g"`, `"4g"`, `"8g"` or `"16g"`.
        #[serde(default)]
        range: Range,
    }
}

impl Wired for Lis3dh {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Accelerometer(self.range))
    }
}

struct Accelerometer(Range);

/// A hundred measurements a second along all axes.
const RUNNING: u8 = 0x57;
/// The first of several registers.
const SEVERAL: u8 = 0x80;

fn is_lis3dh(chip: &mut Chip) -> Result<(), InputError> {
    let found = chip.byte(0x0f)?;
    // 11h is the SC7A20, which differs in nothing else.
    chip.expect("LIS3DH", &[0x33, 0x11], found.into())
}

impl Sensor for Accelerometer {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        is_lis3dh(chip)?;
        chip.set(0x20, RUNNING)?;
        // Both bytes of a value from one measurement; twelve bits.
        chip.set(0x23, 0x88 | (self.0 as u8) << 4)?;
        chip.rest(Duration::from_millis(80))
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        if chip.byte(0x20)? != RUNNING {
            return Err(InputError::again(format!("the chip at {} has lost its settings", chip.place())));
        }
        let bytes = chip.ask::<6>(&[0x28 | SEVERAL])?;
        // Datasheet, "sensitivity": thousandths of gravity for each step of the upper twelve bits. 16g is not twice 8g.
        let step = [1.0, 2.0, 4.0, 12.0][self.0 as usize] / 16_000.0;
        let axis = |i: usize| f64::from(i16::from_le_bytes([bytes[2 * i], bytes[2 * i + 1]])) * step * GRAVITY;
        motion::put(out, &ACCELERATION, [axis(0), axis(1), axis(2)]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::sample;

    /// A step is 1, 2, 4 or 12 thousandths of gravity in the datasheet; a public report found divisors of 16380, 8190,
    /// 4096 and 1365 too large, and three chips at rest nearer to 9.8 with 16000, 8000, 4000 and 1333.
    #[test]
    fn gravity_is_a_thousand_steps_in_each_range_and_in_a_copy() {
        for (identity, range, raw) in
            [("33", "2g", "80 3e"), ("33", "4g", "40 1f"), ("33", "8g", "a0 0f"), ("11", "2g", "80 3e")]
        {
            let chip = format!("chip 0x18\n ptrmask 0x7f\n reg 0x0f {identity}\n reg 0x28 00 00 00 00 {raw}");
            let lines = sample(&chip, &format!("sensor = 'lis3dh'\nrange = '{range}'")).lines();
            assert_eq!(lines, ["acceleration_x 0", "acceleration_y 0", "acceleration_z 9.8067"], "{range}");
        }
    }
}
