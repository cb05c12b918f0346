//! Sensirion SHT30, SHT31, SHT35 (and SHT85): temperature and humidity.
//!
//! Wiring: VDD to 3.3 V (pin 1), VSS to pin 6, SDA to pin 3, SCL to pin 5. ADDR low is 0x44, high 0x45.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "sht3x"
//! address = 0x44
//! ```
//!
//! Each value has a checksum of its own: one that is wrong costs that value only. A chip that is pulled while it is read
//! sends ones, whose checksum can be right: the datasheet's range catches those.

use std::time::Duration;

use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::crc;
use crate::part::Part;
use crate::quantity::Quantity;
use crate::sensor::{Sensor, Wired, wired};

const TEMPERATURE: Quantity = Quantity::temperature((-40.0, 125.0), 3);
const HUMIDITY: Quantity = Quantity::humidity(4);
const MAKES: &[Made] = &[TEMPERATURE.made, HUMIDITY.made];

pub(crate) const SHT3X: Part = Part::of::<Sht3x>("sht3x", &[0x44..=0x45], MAKES);

wired! {
    /// Sensirion SHT30, SHT31 or SHT35: temperature, relative humidity.
    Sht3x at 0x44, "Address: 0x44, or 0x45 where ADDR is high." {}
}

impl Wired for Sht3x {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Chip3x)
    }
}

/// Ends a periodic measurement that another program may have started; does nothing otherwise.
const BREAK: [u8; 2] = [0x30, 0x93];
/// One measurement with high repeatability, without stretching the clock.
const MEASURE: [u8; 2] = [0x24, 0x00];

struct Chip3x;

impl Sensor for Chip3x {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        chip.write(&BREAK)?;
        chip.rest(Duration::from_millis(1))
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        chip.write(&MEASURE)?;
        chip.rest(Duration::from_millis(16))?;
        let [a, b, c, d, e, f] = chip.read()?;
        match crc::word([a, b, c]) {
            Some(raw) => TEMPERATURE.put(out, 175.0 * f64::from(raw) / 65535.0 - 45.0),
            None => TEMPERATURE.refuse_crc(out, &[a, b, c]),
        }
        match crc::word([d, e, f]) {
            // The same ones that are out of range as a temperature would be 100 % here.
            Some(0xffff) if a == 0xff && b == 0xff => {
                HUMIDITY.refuse(out, "range", "all ones: the chip was pulled while it was read");
            }
            Some(raw) => HUMIDITY.put(out, 100.0 * f64::from(raw) / 65535.0),
            None => HUMIDITY.refuse_crc(out, &[d, e, f]),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{refusals, sample};

    /// The case of public reports on probes that are plugged and unplugged.
    #[test]
    fn a_pulled_probe_is_no_hot_and_wet_one() {
        let answer = |bytes: &str| sample(&format!("chip 0x44\n cmd 30 93\n cmd 24 00 : {bytes}"), "sensor = 'sht3x'");
        let frost = answer("33 33 88 9c 28 47");
        assert_eq!(frost.lines(), ["temperature -10", "humidity 60.9995"]);
        let half = answer("33 33 88 9c 28 46");
        assert_eq!(half.lines(), ["temperature -10"]);
        assert_eq!(refusals(&half), ["humidity crc"]);
        assert_eq!(refusals(&answer("ff ff ff ff ff ff")), ["temperature crc", "humidity crc"]);
        let ones = answer("ff ff ac ff ff ac");
        assert!(ones.is_empty());
        assert_eq!(refusals(&ones), ["temperature range", "humidity range"]);
    }
}
