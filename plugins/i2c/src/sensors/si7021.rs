//! Silicon Labs Si7021, Si7020, Si7013, and what speaks as they do (HTU21D, SHT21): temperature and humidity.
//!
//! Wiring: VDD to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. The address is always 0x40.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "si7021"
//! ```

use std::time::Duration;

use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::crc::crc8;
use crate::part::Part;
use crate::quantity::Quantity;
use crate::sensor::{Sensor, Wired, wired};

const TEMPERATURE: Quantity = Quantity::temperature((-40.0, 125.0), 3);
const HUMIDITY: Quantity = Quantity::humidity(3);
const MAKES: &[Made] = &[TEMPERATURE.made, HUMIDITY.made];

pub(crate) const SI7021: Part = Part::of::<Si7021>("si7021", &[0x40..=0x40], MAKES);

wired! {
    /// Silicon Labs Si7021, or HTU21D or SHT21: temperature, relative humidity.
    Si7021 at 0x40, "Address; the chip has no other than 0x40." {}
}

impl Wired for Si7021 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Hygrometer)
    }
}

struct Hygrometer;

impl Sensor for Hygrometer {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        chip.write(&[0xfe])?;
        chip.rest(Duration::from_millis(15))?;
        // Those that only speak as it does do not know this question, and refuse it.
        if let Ok([device, ..]) = chip.ask::<6>(&[0xfc, 0xc9]) {
            chip.expect("Si7021", &[0x00, 0x0d, 0x14, 0x15, 0xff], device.into())?;
        }
        Ok(())
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        let humidity = measure(chip, 0xf5, 30)?;
        let temperature = measure(chip, 0xf3, 50)?;
        match checked(temperature) {
            Some(u16::MAX) => TEMPERATURE.refuse(out, "range", "all ones: the chip was pulled while it was read"),
            Some(raw) => TEMPERATURE.put(out, f64::from(raw) * 175.72 / 65536.0 - 46.85),
            None => TEMPERATURE.refuse_crc(out, &temperature),
        }
        match checked(humidity) {
            Some(u16::MAX) => HUMIDITY.refuse(out, "range", "all ones: the chip was pulled while it was read"),
            // The formula reaches from -6 to 119 %; the datasheet cuts it at 0 and 100.
            Some(raw) => HUMIDITY.put(out, (f64::from(raw) * 125.0 / 65536.0 - 6.0).clamp(0.0, 100.0)),
            None => HUMIDITY.refuse_crc(out, &humidity),
        }
        Ok(())
    }
}

/// Without stretching the clock. The times are those of the slowest relative.
fn measure(chip: &mut Chip, command: u8, millis: u64) -> Result<[u8; 3], InputError> {
    chip.write(&[command])?;
    chip.rest(Duration::from_millis(millis))?;
    chip.read()
}

fn checked([high, low, crc]: [u8; 3]) -> Option<u16> {
    (crc8(0, &[high, low]) == crc).then(|| u16::from_be_bytes([high, low]))
}

#[cfg(test)]
mod tests {
    use crate::bench::{refusals, sample};

    #[test]
    fn a_wrong_checksum_costs_one_value() {
        // The lowest two bits of a humidity are 10.
        let chip = "chip 0x40\n cmd fe\n cmd f5 : 7c 82 00\n cmd f3 : 68 ac 00";
        assert_eq!(refusals(&sample(chip, "sensor = 'si7021'")), ["temperature crc", "humidity crc"]);
    }
}
