//! STMicroelectronics LIS3DH: acceleration.
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
    chip.expect("LIS3DH", &[0x33], found.into())
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
        let counts = [16380.0, 8190.0, 4096.0, 1365.0][self.0 as usize];
        let axis = |i: usize| f64::from(i16::from_le_bytes([bytes[2 * i], bytes[2 * i + 1]])) / counts * GRAVITY;
        motion::put(out, &ACCELERATION, [axis(0), axis(1), axis(2)]);
        Ok(())
    }
}
