//! Bosch BMP388 and BMP390: air pressure and temperature.
//!
//! Wiring: VIN to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. SDO high is 0x77, low 0x76.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "bmp390"
//! address = 0x77
//! ```

use std::time::Duration;

use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::{Identity, Part};
use crate::quantity::{Quantity, not_measured};
use crate::sensor::{Sensor, Wired, wired};
use crate::sensors::oversampling::Oversampling;

const TEMPERATURE: Quantity = Quantity::temperature((-40.0, 85.0), 4);
const PRESSURE: Quantity = Quantity::pressure((300.0, 1250.0));
const MAKES: &[Made] = &[TEMPERATURE.made, PRESSURE.made];

pub(crate) const BMP388: Part = Part::of::<Bmp388>("bmp388", &[0x76..=0x77], MAKES).known_by(is_bmp388);
pub(crate) const BMP390: Part = Part::of::<Bmp390>("bmp390", &[0x76..=0x77], MAKES).known_by(is_bmp390);

wired! {
    /// Bosch BMP388: temperature, air pressure.
    Bmp388 at 0x77, "Address: 0x77, or 0x76 where SDO is low." {
        /// How many measurements the chip takes of each quantity and averages.
        #[serde(default)]
        oversampling: Oversampling,
    }
}

wired! {
    /// Bosch BMP390: temperature, air pressure.
    Bmp390 at 0x77, "Address: 0x77, or 0x76 where SDO is low." {
        /// How many measurements the chip takes of each quantity and averages.
        #[serde(default)]
        oversampling: Oversampling,
    }
}

impl Wired for Bmp388 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Barometer { identity: is_bmp388, oversampling: self.oversampling, calibration: None })
    }
}

impl Wired for Bmp390 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Barometer { identity: is_bmp390, oversampling: self.oversampling, calibration: None })
    }
}

struct Barometer {
    identity: Identity,
    oversampling: Oversampling,
    calibration: Option<Calibration>,
}

const STATUS: u8 = 0x03;
/// Both results are ready.
const READY: u8 = 0x60;

fn is_bmp388(chip: &mut Chip) -> Result<(), InputError> {
    match chip.byte(0x00)? {
        0x50 => Ok(()),
        found @ 0x60 => Err(chip.stranger("BMP388", found.into(), ", that of a BMP390")),
        found => Err(chip.stranger("BMP388", found.into(), "")),
    }
}

fn is_bmp390(chip: &mut Chip) -> Result<(), InputError> {
    match chip.byte(0x00)? {
        0x60 => Ok(()),
        found @ 0x50 => Err(chip.stranger("BMP390", found.into(), ", that of a BMP388")),
        found => Err(chip.stranger("BMP390", found.into(), "")),
    }
}

impl Sensor for Barometer {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        (self.identity)(chip)?;
        self.calibration = Some(Calibration::new(chip.ask(&[0x31])?));
        // No filter: a reading is what was measured now.
        chip.set(0x1f, 0)
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        let Some(calibration) = &self.calibration else { return Err(InputError::again("not started")) };
        let code = self.oversampling.code();
        chip.set(0x1c, code << 3 | code)?;
        // One forced measurement of both.
        chip.set(0x1b, 0x13)?;
        let times = u64::from(self.oversampling.times());
        chip.rest(Duration::from_micros(800 + 4040 * times))?;
        let done = chip.wait_for(Duration::from_millis(3), Duration::from_millis(100), |chip| {
            Ok(chip.byte(STATUS)? & READY == READY)
        })?;
        let data = chip.ask::<6>(&[0x04])?;
        let raw = |at: usize| u32::from_le_bytes([data[at], data[at + 1], data[at + 2], 0]);
        let (pressure, temperature) = (raw(0), raw(3));
        if !done || pressure == 0x80_0000 || temperature == 0x80_0000 {
            not_measured(out, "the chip does not finish its measurement");
            return Ok(());
        }
        let celsius = calibration.celsius(temperature);
        TEMPERATURE.put(out, celsius);
        if TEMPERATURE.holds(celsius) {
            PRESSURE.put(out, calibration.pascal(pressure, celsius) / 100.0);
        }
        Ok(())
    }
}

/// The coefficients that each chip was given in the factory, brought to the datasheet's floating-point form.
struct Calibration {
    t: [f64; 3],
    p: [f64; 11],
}

impl Calibration {
    fn new(b: [u8; 21]) -> Self {
        let unsigned = |at: usize| f64::from(u16::from_le_bytes([b[at], b[at + 1]]));
        let signed = |at: usize| f64::from(i16::from_le_bytes([b[at], b[at + 1]]));
        let byte = |at: usize| f64::from(b[at].cast_signed());
        let two = |power: i32| 2_f64.powi(power);
        Self {
            t: [unsigned(0) * two(8), unsigned(2) / two(30), byte(4) / two(48)],
            p: [
                (signed(5) - two(14)) / two(20),
                (signed(7) - two(14)) / two(29),
                byte(9) / two(32),
                byte(10) / two(37),
                unsigned(11) * two(3),
                unsigned(13) / two(6),
                byte(15) / two(8),
                byte(16) / two(15),
                signed(17) / two(48),
                byte(19) / two(48),
                byte(20) / two(65),
            ],
        }
    }

    fn celsius(&self, raw: u32) -> f64 {
        let [t1, t2, t3] = self.t;
        let d = f64::from(raw) - t1;
        d * t2 + d * d * t3
    }

    fn pascal(&self, raw: u32, t: f64) -> f64 {
        let [p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11] = self.p;
        let raw = f64::from(raw);
        let offset = p5 + t * (p6 + t * (p7 + t * p8));
        let slope = p1 + t * (p2 + t * (p3 + t * p4));
        offset + raw * (slope + raw * (p9 + p10 * t + raw * p11))
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{refusals, sample, try_sample};

    #[test]
    fn the_two_chips_are_told_apart_and_start_values_are_none() {
        let error = try_sample("chip 0x77\n reg 0x00 50", "sensor = 'bmp390'").unwrap_err();
        assert!(error.words().contains("that of a BMP388"), "{error}");
        let unready = sample("chip 0x77\n reg 0x00 60\n reg 0x04 00 00 80 00 00 80\n or 0x03 60", "sensor = 'bmp390'");
        assert_eq!(refusals(&unready), ["measurement not_measured"]);
        let busy = sample("chip 0x77\n reg 0x00 50\n reg 0x04 01 02 03 04 05 06", "sensor = 'bmp388'");
        assert_eq!(refusals(&busy), ["measurement not_measured"]);
    }
}
