//! Bosch BMP180 and BMP085: air pressure and temperature.
//!
//! Wiring: VIN to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. The address is always 0x77.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "bmp180"
//! ```
//!
//! The compensation is the datasheet's own integer arithmetic, in wider integers that cannot overflow.

use std::time::Duration;

use streamer_plugin::options::Faults;
use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::{Quantity, not_measured};
use crate::sensor::{Sensor, Wired, wired};
use crate::sensors::oversampling::Oversampling;

const TEMPERATURE: Quantity = Quantity::temperature((-40.0, 85.0), 1);
const PRESSURE: Quantity = Quantity::pressure((300.0, 1100.0));
const MAKES: &[Made] = &[TEMPERATURE.made, PRESSURE.made];

pub(crate) const BMP180: Part = Part::of::<Bmp180>("bmp180", &[0x77..=0x77], MAKES).known_by(is_bmp180);

wired! {
    /// Bosch BMP180 or BMP085: temperature, air pressure.
    Bmp180 at 0x77, "Address; the chip has no other than 0x77." {
        /// How many measurements the chip takes of the pressure and averages; 8 at most.
        #[serde(default = "eight")]
        oversampling: Oversampling,
    }
}

fn eight() -> Oversampling {
    Oversampling::Eight
}

impl Wired for Bmp180 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Barometer { oversampling: self.oversampling, calibration: None })
    }

    fn judge(&self, faults: &mut Faults) {
        if self.oversampling.times() > 8 {
            faults.add("oversampling", "a BMP180 averages 8 measurements at most");
        }
    }
}

struct Barometer {
    oversampling: Oversampling,
    calibration: Option<Calibration>,
}

const CONTROL: u8 = 0xf4;
/// Set while a conversion is running.
const BUSY: u8 = 0x20;

fn is_bmp180(chip: &mut Chip) -> Result<(), InputError> {
    let found = chip.byte(0xd0)?;
    chip.expect("BMP180", &[0x55], found.into())
}

impl Sensor for Barometer {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        is_bmp180(chip)?;
        let bytes = chip.ask::<22>(&[0xaa])?;
        // The datasheet's own check: no coefficient is 0 or FFFFh.
        if bytes.chunks(2).any(|word| matches!(word, [0, 0] | [0xff, 0xff])) {
            let words = format!("the factory's coefficients at {} cannot be read; check the wiring", chip.place());
            return Err(InputError::again(words));
        }
        self.calibration = Some(Calibration::new(bytes));
        Ok(())
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        let Some(calibration) = &self.calibration else { return Err(InputError::again("not started")) };
        let code = self.oversampling.code();
        let Some([high, low, _]) = convert(chip, 0x2e, Duration::from_micros(4500))? else {
            not_measured(out, "the chip does not finish measuring the temperature");
            return Ok(());
        };
        let temperature = i64::from(u16::from_be_bytes([high, low]));
        let takes = Duration::from_micros([4500, 7500, 13_500, 25_500][usize::from(code.min(3))]);
        let Some([high, low, last]) = convert(chip, 0x34 | code << 6, takes)? else {
            not_measured(out, "the chip does not finish measuring the pressure");
            return Ok(());
        };
        let pressure = i64::from(u32::from_be_bytes([0, high, low, last]) >> (8 - code));
        let Some(warmth) = calibration.warmth(temperature) else {
            not_measured(out, "the coefficients and the result do not fit together");
            return Ok(());
        };
        let celsius = celsius(warmth);
        TEMPERATURE.put(out, celsius);
        match calibration.pascal(pressure, warmth, code) {
            Some(pascal) if TEMPERATURE.holds(celsius) => PRESSURE.put(out, pascal / 100.0),
            _ => PRESSURE.refuse(out, "range", "no pressure can be computed"),
        }
        Ok(())
    }
}

fn convert(chip: &mut Chip, command: u8, takes: Duration) -> Result<Option<[u8; 3]>, InputError> {
    chip.set(CONTROL, command)?;
    chip.rest(takes)?;
    let done =
        chip.wait_for(Duration::from_millis(2), Duration::from_millis(50), |chip| Ok(chip.byte(CONTROL)? & BUSY == 0))?;
    let bytes = chip.ask(&[0xf6])?;
    Ok(done.then_some(bytes))
}

/// The coefficients under the datasheet's names.
struct Calibration {
    ac1: i64,
    ac2: i64,
    ac3: i64,
    ac4: i64,
    ac5: i64,
    ac6: i64,
    b1: i64,
    b2: i64,
    mc: i64,
    md: i64,
}

/// B5 of the datasheet in degrees.
#[expect(clippy::cast_precision_loss, reason = "a temperature in tenths of a degree")]
fn celsius(warmth: i64) -> f64 {
    ((warmth + 8) >> 4) as f64 / 10.0
}

impl Calibration {
    fn new(b: [u8; 22]) -> Self {
        let signed = |i: usize| i64::from(i16::from_be_bytes([b[2 * i], b[2 * i + 1]]));
        let unsigned = |i: usize| i64::from(u16::from_be_bytes([b[2 * i], b[2 * i + 1]]));
        Self {
            ac1: signed(0),
            ac2: signed(1),
            ac3: signed(2),
            ac4: unsigned(3),
            ac5: unsigned(4),
            ac6: unsigned(5),
            b1: signed(6),
            b2: signed(7),
            mc: signed(9),
            md: signed(10),
        }
    }

    /// B5 of the datasheet: the temperature in 160ths of a degree.
    fn warmth(&self, raw: i64) -> Option<i64> {
        let x1 = ((raw - self.ac6) * self.ac5) >> 15;
        let x2 = (self.mc << 11).checked_div(x1 + self.md)?;
        Some(x1 + x2)
    }

    #[expect(clippy::cast_precision_loss, reason = "a pressure in pascal")]
    fn pascal(&self, raw: i64, warmth: i64, oversampling: u8) -> Option<f64> {
        let b6 = warmth - 4000;
        let x1 = (self.b2 * ((b6 * b6) >> 12)) >> 11;
        let x2 = (self.ac2 * b6) >> 11;
        let b3 = (((self.ac1 * 4 + x1 + x2) << oversampling) + 2) / 4;
        let x1 = (self.ac3 * b6) >> 13;
        let x2 = (self.b1 * ((b6 * b6) >> 12)) >> 16;
        let x3 = (x1 + x2 + 2) >> 2;
        let b4 = (self.ac4 * (x3 + 32768)) >> 15;
        let b7 = (raw - b3) * (50000 >> oversampling);
        if b4 <= 0 || b7 < 0 {
            return None;
        }
        let p = if b7 < 0x8000_0000 { b7 * 2 / b4 } else { b7 / b4 * 2 };
        let x1 = (((p >> 8) * (p >> 8)) * 3038) >> 16;
        let x2 = (-7357 * p) >> 16;
        Some((p + ((x1 + x2 + 3791) >> 4)) as f64)
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{refusals, sample, try_sample};

    #[test]
    fn unread_coefficients_and_endless_conversions_give_nothing() {
        let error = try_sample("chip 0x77\n reg 0xd0 55", "sensor = 'bmp180'").unwrap_err();
        assert!(error.words().contains("coefficients"), "{error}");
        let chip = "chip 0x77\n reg 0xd0 55\n reg 0xaa 01 98 ff b8 c7 d1 7f e5 7f f5 5a 71 18 2e 00 04 80 01 dd f9 0b 34\n or 0xf4 20";
        assert_eq!(refusals(&sample(chip, "sensor = 'bmp180'")), ["measurement not_measured"]);
    }
}
