//! Sensirion SHT40, SHT41, SHT45: temperature and humidity.
//!
//! Wiring: VDD to 3.3 V (pin 1), VSS to pin 6, SDA to pin 3, SCL to pin 5. The address is part of the type: mostly 0x44.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "sht4x"
//! ```

use std::time::Duration;

use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::crc;
use crate::part::Part;
use crate::quantity::Quantity;
use crate::sensor::{Sensor, Wired, wired};

const TEMPERATURE: Quantity = Quantity::temperature((-40.0, 125.0), 3);
const HUMIDITY: Quantity = Quantity::humidity(3);
const MAKES: &[Made] = &[TEMPERATURE.made, HUMIDITY.made];

pub(crate) const SHT4X: Part = Part::of::<Sht4x>("sht4x", &[0x44..=0x46], MAKES).known_by(is_sht4x);

wired! {
    /// Sensirion SHT40, SHT41 or SHT45: temperature, relative humidity.
    Sht4x at 0x44, "Address: 0x44, or 0x45 or 0x46 by the chip's type." {}
}

impl Wired for Sht4x {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Hygrometer)
    }
}

struct Hygrometer;

/// Its serial number, in two words with a checksum each, is a question that only this family answers.
fn is_sht4x(chip: &mut Chip) -> Result<(), InputError> {
    chip.write(&[0x89])?;
    chip.rest(Duration::from_millis(10))?;
    let [a, b, c, d, e, f] = chip.read()?;
    let checked = crc::word([a, b, c]).and(crc::word([d, e, f]));
    checked.map(drop).ok_or_else(|| chip.stranger("SHT4x", a.into(), ""))
}

impl Sensor for Hygrometer {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        // Soft reset: ends a heating that another program may have begun.
        chip.write(&[0x94])?;
        chip.rest(Duration::from_millis(1))
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        chip.write(&[0xfd])?;
        chip.rest(Duration::from_millis(10))?;
        let [a, b, c, d, e, f] = chip.read()?;
        match crc::word([a, b, c]) {
            Some(raw) => TEMPERATURE.put(out, 175.0 * f64::from(raw) / 65535.0 - 45.0),
            None => TEMPERATURE.refuse_crc(out, &[a, b, c]),
        }
        match crc::word([d, e, f]) {
            Some(0xffff) if a == 0xff && b == 0xff => {
                HUMIDITY.refuse(out, "range", "all ones: the chip was pulled while it was read");
            }
            // The formula reaches from -6 to 119 % so that the ends are sharp; the datasheet cuts it at 0 and 100.
            Some(raw) => HUMIDITY.put(out, (125.0 * f64::from(raw) / 65535.0 - 6.0).clamp(0.0, 100.0)),
            None => HUMIDITY.refuse_crc(out, &[d, e, f]),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{refusals, sample};

    #[test]
    fn each_half_has_its_own_checksum() {
        let answer = |bytes: &str| sample(&format!("chip 0x44\n cmd 94\n cmd fd : {bytes}"), "sensor = 'sht4x'");
        assert_eq!(refusals(&answer("33 33 89 9c 28 47")), ["temperature crc"]);
        assert_eq!(refusals(&answer("33 33 88 9c 28 46")), ["humidity crc"]);
        assert_eq!(refusals(&answer("ff ff ac ff ff ac")), ["temperature range", "humidity range"]);
    }
}
