//! InvenSense MPU6050: acceleration, rotation, and the chip's own temperature.
//!
//! Half of the boards sold under that name bear something else: a copy that says 0x98, or the newer MPU6500 and MPU9250,
//! whose thermometer counts otherwise and whose registers are the same.
//!
//! Wiring: VCC to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. AD0 low is 0x68, high 0x69.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "mpu6050"
//! ```

use std::time::Duration;

use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::{Quantity, not_measured};
use crate::sensor::{Sensor, Wired, wired};
use crate::sensors::motion::{self, ACCELERATION, GRAVITY, ROTATION};

const TEMPERATURE: Quantity = Quantity::temperature((-40.0, 85.0), 2).called("temperature", "temperature of the chip");
const MAKES: &[Made] = &[
    ACCELERATION[0].made,
    ACCELERATION[1].made,
    ACCELERATION[2].made,
    ROTATION[0].made,
    ROTATION[1].made,
    ROTATION[2].made,
    TEMPERATURE.made,
];

pub(crate) const MPU6050: Part = Part::of::<Mpu6050>("mpu6050", &[0x68..=0x69], MAKES).known_by(is_mpu6050);

wired! {
    /// InvenSense MPU6050: acceleration up to 2 g, rotation up to 500 °/s, temperature of the chip.
    Mpu6050 at 0x68, "Address: 0x68, or 0x69 where AD0 is high." {}
}

impl Wired for Mpu6050 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Gyroscope { newer: false })
    }
}

struct Gyroscope {
    /// An MPU6500 or MPU9250.
    newer: bool,
}

const POWER: u8 = 0x6b;
/// Awake, by the clock of the x gyroscope, which is steadier than the internal one.
const AWAKE: u8 = 0x01;

const IDENTITY: u8 = 0x75;
/// MPU6500, MPU9250, MPU9255.
const NEWER: [u8; 3] = [0x70, 0x71, 0x73];

fn is_mpu6050(chip: &mut Chip) -> Result<(), InputError> {
    match chip.byte(IDENTITY)? {
        0x68 | 0x98 => Ok(()),
        found if NEWER.contains(&found) => Ok(()),
        found => Err(chip.stranger("MPU6050", found.into(), "")),
    }
}

impl Sensor for Gyroscope {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        is_mpu6050(chip)?;
        self.newer = NEWER.contains(&chip.byte(IDENTITY)?);
        chip.set(POWER, AWAKE)?;
        chip.set(0x1b, 0x08)?;
        chip.set(0x1c, 0x00)?;
        chip.rest(Duration::from_millis(100))
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        if chip.byte(POWER)? != AWAKE {
            return Err(InputError::again(format!("the chip at {} has lost its settings", chip.place())));
        }
        let bytes = chip.ask::<14>(&[0x3b])?;
        if bytes == [0; 14] {
            not_measured(out, "the chip has not measured since it woke up");
            return Ok(());
        }
        let raw = |i: usize| f64::from(i16::from_be_bytes([bytes[2 * i], bytes[2 * i + 1]]));
        motion::put(out, &ACCELERATION, [0, 1, 2].map(|i| raw(i) / 16384.0 * GRAVITY));
        motion::put(out, &ROTATION, [4, 5, 6].map(|i| raw(i) / 65.5));
        TEMPERATURE.put(out, if self.newer { raw(3) / 333.87 + 21.0 } else { raw(3) / 340.0 + 36.53 });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{sample, try_sample};

    /// Identities out of public reports. 0 counts are 36.53 °C in the MPU6050's register map and 21 °C in the MPU6500's,
    /// whose driver in Linux has offset 7011 and scale 2.995178: 1000 counts are 23.995 °C.
    #[test]
    fn copies_and_newer_chips_under_the_same_name() {
        let at = |identity: &str, temperature: &str| {
            let data = format!("40 00 00 00 00 00 {temperature} 00 00 00 00 00 00");
            let chip = format!("chip 0x68\n reg 0x75 {identity}\n reg 0x3b {data}");
            sample(&chip, "sensor = 'mpu6050'").lines().pop().unwrap()
        };
        for (identity, temperature, expected) in [
            ("68", "00 00", "temperature 36.53"),
            ("98", "00 00", "temperature 36.53"),
            ("70", "00 00", "temperature 21"),
            ("70", "03 e8", "temperature 24"),
            ("73", "00 00", "temperature 21"),
        ] {
            assert_eq!(at(identity, temperature), expected, "{identity}");
        }
        assert!(try_sample("chip 0x68\n reg 0x75 12", "sensor = 'mpu6050'").is_err());
    }
}
