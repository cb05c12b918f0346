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
        // No question for the identity: where a Si7021 tells what it is, its relatives tell any part of their serial number.
        // The checksum of each value is what gives a stranger away.
        chip.rest(Duration::from_millis(15))
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        let humidity = measure(chip, 0xf5, 30)?;
        let temperature = measure(chip, 0xf3, 86)?;
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

/// Without stretching the clock: a chip that is asked too early answers nothing. The times are those of the slowest
/// relative, the SHT21: 29 ms for a humidity, 85 ms for a temperature at most.
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

    /// The maker's own program for the HTU21D reads part of a serial number where a Si7021 has its identity. Values and
    /// checksums are the examples of Sensirion's application note on the checksum of the SHT2x.
    #[test]
    fn a_relative_tells_a_serial_number_where_the_si7021_tells_what_it_is() {
        let chip = "chip 0x40\n cmd fe\n cmd fc c9 : 32 5b f5 48 54 8c\n cmd f5 : 68 3a 7c\n cmd f3 : 4e 85 6b";
        let lines = sample(chip, "sensor = 'si7021'").lines();
        assert_eq!(lines, ["temperature 7.046", "humidity 44.892"]);
    }

    #[test]
    fn a_wrong_checksum_costs_one_value() {
        // The lowest two bits of a humidity are 10.
        let chip = "chip 0x40\n cmd fe\n cmd f5 : 7c 82 00\n cmd f3 : 68 ac 00";
        assert_eq!(refusals(&sample(chip, "sensor = 'si7021'")), ["temperature crc", "humidity crc"]);
    }
}
