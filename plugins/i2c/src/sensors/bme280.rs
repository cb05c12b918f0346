//! Bosch BME280 (temperature, humidity, pressure) and BMP280 (temperature, pressure).
//!
//! Wiring: VCC to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. SDO to ground is 0x76, to VCC 0x77. CSB must
//! be high, or the chip speaks SPI.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "bme280"
//! address = 0x76
//! ```
//!
//! Each round is one forced measurement, so that the chip warms itself as little as it can. The compensation is that of
//! the datasheet in floating point.

use std::time::Duration;

use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::{Quantity, not_measured};
use crate::sensor::{Sensor, Wired, wired};
use crate::sensors::oversampling::Oversampling;

const TEMPERATURE: Quantity = Quantity::temperature((-40.0, 85.0), 3);
const PRESSURE: Quantity = Quantity::pressure((300.0, 1100.0));
const HUMIDITY: Quantity = Quantity::humidity(3);
const MAKES: &[Made] = &[TEMPERATURE.made, PRESSURE.made, HUMIDITY.made];
const MAKES_BMP: &[Made] = &[TEMPERATURE.made, PRESSURE.made];

pub(crate) const BME280: Part = Part::of::<Bme280>("bme280", &[0x76..=0x77], MAKES).known_by(is_bme280);
pub(crate) const BMP280: Part = Part::of::<Bmp280>("bmp280", &[0x76..=0x77], MAKES_BMP).known_by(is_bmp280);

wired! {
    /// Bosch BME280: temperature, relative humidity, air pressure.
    Bme280 at 0x76, "Address: 0x76, or 0x77 where SDO is high." {
        /// How many measurements the chip takes of each quantity and averages.
        #[serde(default)]
        oversampling: Oversampling,
    }
}

wired! {
    /// Bosch BMP280: temperature, air pressure.
    Bmp280 at 0x76, "Address: 0x76, or 0x77 where SDO is high." {
        /// How many measurements the chip takes of each quantity and averages.
        #[serde(default)]
        oversampling: Oversampling,
    }
}

impl Wired for Bme280 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Bosch { humid: true, oversampling: self.oversampling, calibration: None })
    }
}

impl Wired for Bmp280 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Bosch { humid: false, oversampling: self.oversampling, calibration: None })
    }
}

const IDENTITY: u8 = 0xd0;
const STATUS: u8 = 0xf3;
/// Bit 3: measuring. Bit 0: the coefficients are being copied.
const BUSY: u8 = 0b1001;

struct Bosch {
    humid: bool,
    oversampling: Oversampling,
    calibration: Option<Calibration>,
}

fn is_bme280(chip: &mut Chip) -> Result<(), InputError> {
    match chip.byte(IDENTITY)? {
        0x60 => Ok(()),
        found @ 0x56..=0x58 => Err(chip.stranger("BME280", found.into(), ", that of a BMP280")),
        found => Err(chip.stranger("BME280", found.into(), "")),
    }
}

fn is_bmp280(chip: &mut Chip) -> Result<(), InputError> {
    match chip.byte(IDENTITY)? {
        0x56..=0x58 => Ok(()),
        found @ 0x60 => Err(chip.stranger("BMP280", found.into(), ", that of a BME280")),
        found => Err(chip.stranger("BMP280", found.into(), "")),
    }
}

impl Sensor for Bosch {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        if self.humid {
            is_bme280(chip)?
        } else {
            is_bmp280(chip)?
        }
        let copied =
            chip.wait_for(Duration::from_millis(2), Duration::from_millis(20), |chip| Ok(chip.byte(STATUS)? & 1 == 0))?;
        if !copied {
            let words = format!("the chip at {} does not end its own start; take its power away once", chip.place());
            return Err(InputError::again(words));
        }
        let air = chip.ask::<24>(&[0x88])?;
        let humid = if self.humid { Some((chip.byte(0xa1)?, chip.ask::<7>(&[0xe1])?)) } else { None };
        self.calibration = Some(Calibration::new(air, humid));
        // No filter: a reading is what was measured now.
        chip.set(0xf5, 0)
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        let Some(calibration) = &self.calibration else { return Err(InputError::again("not started")) };
        let code = self.oversampling.code() + 1;
        if self.humid {
            chip.set(0xf2, code)?;
        }
        chip.set(0xf4, code << 5 | code << 2 | 1)?;
        let times = u64::from(self.oversampling.times());
        // Datasheet, appendix on measurement time, in its worst case: 1.25 + 3 × 2.3 × times + 2 × 0.575 ms.
        chip.rest(Duration::from_micros(2400 + 6900 * times))?;
        let done = chip.wait_for(Duration::from_millis(5), Duration::from_millis(150), |chip| {
            Ok(chip.byte(STATUS)? & BUSY == 0)
        })?;
        if !done {
            not_measured(out, "the chip says that it is measuring and does not come to an end");
            return Ok(());
        }
        let data = chip.ask::<8>(&[0xf7])?;
        let twenty = |at: usize| u32::from_be_bytes([0, data[at], data[at + 1], data[at + 2]]) >> 4;
        let (pressure, temperature) = (twenty(0), twenty(3));
        let humidity = u16::from_be_bytes([data[6], data[7]]);
        // 80000h and 8000h are what stands there before the first measurement, and after one that was left out.
        if temperature == 0x80000 || pressure == 0x80000 || (self.humid && humidity == 0x8000) {
            not_measured(out, "the chip holds the values that it starts with; it has not measured");
            return Ok(());
        }
        let fine = calibration.fine_temperature(temperature);
        let celsius = fine / 5120.0;
        TEMPERATURE.put(out, celsius);
        // Both others are computed from the temperature.
        if TEMPERATURE.holds(celsius) {
            PRESSURE.put(out, calibration.pascal(pressure, fine) / 100.0);
            if self.humid {
                HUMIDITY.put(out, calibration.humidity(humidity, fine));
            }
        }
        Ok(())
    }
}

/// The coefficients that each chip was given in the factory, under the datasheet's names.
struct Calibration {
    t: [f64; 3],
    p: [f64; 9],
    h: [f64; 6],
}

impl Calibration {
    fn new(air: [u8; 24], humid: Option<(u8, [u8; 7])>) -> Self {
        let unsigned = |at: usize| f64::from(u16::from_le_bytes([air[at], air[at + 1]]));
        let signed = |at: usize| f64::from(i16::from_le_bytes([air[at], air[at + 1]]));
        let mut p = [0.0; 9];
        p[0] = unsigned(6);
        (1..9).for_each(|i| p[i] = signed(6 + 2 * i));
        let h = humid.map_or([0.0; 6], |(h1, e)| {
            // H4 is E4h and the low half of E5h, H5 is E6h and the high half of E5h; the sign is in the whole byte.
            let twelve = |high: u8, low: u8| f64::from(i16::from(high.cast_signed()) << 4 | i16::from(low & 0xf));
            [
                f64::from(h1),
                f64::from(i16::from_le_bytes([e[0], e[1]])),
                f64::from(e[2]),
                twelve(e[3], e[4]),
                twelve(e[5], e[4] >> 4),
                f64::from(e[6].cast_signed()),
            ]
        });
        Self { t: [unsigned(0), signed(2), signed(4)], p, h }
    }

    /// `t_fine` of the datasheet: the temperature in 5120ths of a degree.
    fn fine_temperature(&self, raw: u32) -> f64 {
        let [t1, t2, t3] = self.t;
        let raw = f64::from(raw);
        let fine = raw / 131_072.0 - t1 / 8192.0;
        (raw / 16384.0 - t1 / 1024.0) * t2 + fine * fine * t3
    }

    fn pascal(&self, raw: u32, fine: f64) -> f64 {
        let [p1, p2, p3, p4, p5, p6, p7, p8, p9] = self.p;
        let a = fine / 2.0 - 64000.0;
        let b = (a * a * p6 / 32768.0 + a * p5 * 2.0) / 4.0 + p4 * 65536.0;
        let c = (1.0 + (p3 * a * a / 524_288.0 + p2 * a) / 524_288.0 / 32768.0) * p1;
        let p = (1_048_576.0 - f64::from(raw) - b / 4096.0) * 6250.0 / c;
        p + (p9 * p * p / 2_147_483_648.0 + p * p8 / 32768.0 + p7) / 16.0
    }

    fn humidity(&self, raw: u16, fine: f64) -> f64 {
        let [h1, h2, h3, h4, h5, h6] = self.h;
        let a = fine - 76800.0;
        let b = f64::from(raw) - (h4 * 64.0 + h5 / 16384.0 * a);
        let c = 1.0 + h3 / 67_108_864.0 * a;
        let d = b * (h2 / 65536.0) * (1.0 + h6 / 67_108_864.0 * a * c) * c;
        // The datasheet's formula ends at 0 and 100 %.
        (d * (1.0 - h1 * d / 524_288.0)).clamp(0.0, 100.0)
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{refusals, sample};

    /// The case of public reports on coefficients read with the wrong sign.
    #[test]
    fn a_chip_with_negative_humidity_coefficients_in_the_frost() {
        let chip = "chip 0x77\n reg 0xd0 60\n reg 0x88 93 6e a4 68 18 fc 82 8f 75 d6 d0 0b 44 1b fc ff f9 ff ac 26 0a d8 bd 10 00 4b\n\
                    reg 0xe1 6a 01 00 fe b2 ff 1e\n reg 0xf7 4b 2f 60 6a ac 80 26 3d";
        let readings = sample(chip, "sensor = 'bme280'\naddress = 0x77");
        assert_eq!(readings.lines(), ["temperature -5.105", "pressure 1018.6307", "humidity 60.993"]);
    }

    #[test]
    fn what_was_never_measured_is_no_reading() {
        let calibration = "chip 0x76\n reg 0xd0 60\n reg 0x88 8e 70 49 67 32 00 ef 8a 8f d6 d0 0b 7f 1c d8 ff f9 ff ac 26 0a d8 bd 10 00 4b\n\
                           reg 0xe1 66 01 00 14 29 03 1e\n";
        for data in ["reg 0xf7 80 00 00 80 00 00 80 00", "reg 0xf7 54 14 70 81 48 00 72 7d\n or 0xf3 08"] {
            let readings = sample(&format!("{calibration}{data}"), "sensor = 'bme280'");
            assert!(readings.is_empty());
            assert_eq!(refusals(&readings), ["measurement not_measured"]);
        }
    }
}
