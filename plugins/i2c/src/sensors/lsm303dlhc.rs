//! STMicroelectronics LSM303DLHC: acceleration and magnetic field.
//!
//! Wiring: VIN to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. The accelerometer is always 0x19, the compass
//! always 0x1e.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "lsm303dlhc"
//! ```
//!
//! The accelerometer has no identity; the compass spells "H43".

use std::time::Duration;

use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::sensor::{Sensor, Wired, wired};
use crate::sensors::motion::{self, ACCELERATION, FIELD, GRAVITY};

const MAKES: &[Made] =
    &[ACCELERATION[0].made, ACCELERATION[1].made, ACCELERATION[2].made, FIELD[0].made, FIELD[1].made, FIELD[2].made];

pub(crate) const LSM303DLHC: Part =
    Part::of::<Lsm303dlhc>("lsm303dlhc", &[0x19..=0x19], MAKES).known_by(is_lsm303dlhc).also_at(&[COMPASS]);

wired! {
    /// STMicroelectronics LSM303DLHC: acceleration up to 2 g and magnetic field up to 1.3 gauss, along three axes.
    Lsm303dlhc at 0x19, "Address of the accelerometer; the compass is at 0x1e." {}
}

const COMPASS: u8 = 0x1e;

impl Wired for Lsm303dlhc {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Both)
    }

    fn also_at(&self) -> &'static [u8] {
        &[COMPASS]
    }
}

struct Both;

/// Ten measurements a second along all axes.
const RUNNING: u8 = 0x27;
/// What the compass says where the field is beyond its range.
const OVERFLOW: i16 = -4096;

/// The accelerometer has no identity of its own; its compass has.
fn is_lsm303dlhc(chip: &mut Chip) -> Result<(), InputError> {
    let mut compass = chip.at(COMPASS);
    let [a, b, c] = compass.ask(&[0x0a])?;
    compass.expect("compass of an LSM303DLHC", &[0x48_3433], u32::from_be_bytes([0, a, b, c]))
}

impl Sensor for Both {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        is_lsm303dlhc(chip)?;
        let mut compass = chip.at(COMPASS);
        chip.set(0x20, RUNNING)?;
        // Both bytes of a value from one measurement; up to 2 g.
        chip.set(0x23, 0x80)?;
        // 15 measurements a second, up to 1.3 gauss, continuously.
        compass.set(0x00, 0x10)?;
        compass.set(0x01, 0x20)?;
        compass.set(0x02, 0x00)?;
        chip.rest(Duration::from_millis(150))
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        let mut compass = chip.at(COMPASS);
        if chip.byte(0x20)? != RUNNING || compass.byte(0x02)? & 3 != 0 {
            return Err(InputError::again(format!("the chip at {} has lost its settings", chip.place())));
        }
        let bytes = chip.ask::<6>(&[0x28 | 0x80])?;
        // Ten bits of 3.9 thousandths of gravity.
        let axis = |i: usize| f64::from(i16::from_le_bytes([bytes[2 * i], bytes[2 * i + 1]]) >> 6) * 3.9e-3 * GRAVITY;
        motion::put(out, &ACCELERATION, [axis(0), axis(1), axis(2)]);
        // The compass tells x, z, y, the high byte first.
        let bytes = compass.ask::<6>(&[0x03])?;
        let raw = |i: usize| i16::from_be_bytes([bytes[2 * i], bytes[2 * i + 1]]);
        for (field, raw, per_gauss) in
            [(FIELD[0], raw(0), 1100.0), (FIELD[1], raw(2), 1100.0), (FIELD[2], raw(1), 980.0)]
        {
            if raw == OVERFLOW {
                field.refuse(out, "range", "beyond 1.3 gauss: a magnet is near");
            } else {
                field.put(out, f64::from(raw) / per_gauss * 100.0);
            }
        }
        Ok(())
    }
}
