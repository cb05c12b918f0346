//! Aosong AHT20 and AHT21 (also within AM2301B and DHT20): temperature and humidity.
//!
//! Wiring: VDD to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. The address is always 0x38.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "aht20"
//! ```

use std::time::Duration;

use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::crc::crc8;
use crate::part::Part;
use crate::quantity::{Quantity, not_measured};
use crate::sensor::{Sensor, Wired, wired};

const TEMPERATURE: Quantity = Quantity::temperature((-40.0, 85.0), 3);
const HUMIDITY: Quantity = Quantity::humidity(3);
const MAKES: &[Made] = &[TEMPERATURE.made, HUMIDITY.made];

pub(crate) const AHT20: Part = Part::of::<Aht20>("aht20", &[0x38..=0x38], MAKES);

wired! {
    /// Aosong AHT20, AHT21 or DHT20: temperature, relative humidity.
    Aht20 at 0x38, "Address; the chip has no other than 0x38." {}
}

impl Wired for Aht20 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Hygrometer)
    }
}

struct Hygrometer;

const MEASURE: [u8; 3] = [0xac, 0x33, 0x00];
const TAKES: Duration = Duration::from_millis(80);
const BUSY: u8 = 0x80;
const CALIBRATED: u8 = 0x08;

impl Sensor for Hygrometer {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        // A measurement that nobody reads: the first one after power-up is not to be trusted.
        chip.write(&MEASURE)?;
        chip.rest(TAKES)
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        chip.write(&MEASURE)?;
        chip.rest(TAKES)?;
        let mut data = [0; 7];
        let done = chip.wait_for(Duration::from_millis(10), Duration::from_millis(60), |chip| {
            data = chip.read()?;
            Ok(data[0] & BUSY == 0)
        })?;
        let [status, a, b, c, d, e, crc] = data;
        if !done {
            not_measured(out, "the chip says that it is measuring and does not come to an end");
            return Ok(());
        }
        if crc8(0xff, &data[..6]) != crc {
            TEMPERATURE.refuse_crc(out, &data);
            HUMIDITY.refuse_crc(out, &data);
            return Ok(());
        }
        if status & CALIBRATED == 0 {
            chip.write(&[0xbe, 0x08, 0x00])?;
            chip.rest(Duration::from_millis(10))?;
            not_measured(out, "the chip had not loaded its calibration; it was told to");
            return Ok(());
        }
        if [a, b, c, d, e] == [0; 5] {
            not_measured(out, "the chip has not measured since it woke up");
            return Ok(());
        }
        let humidity = u32::from_be_bytes([0, a, b, c]) >> 4;
        let temperature = u32::from_be_bytes([0, c & 0x0f, d, e]);
        TEMPERATURE.put(out, f64::from(temperature) * 200.0 / 1_048_576.0 - 50.0);
        HUMIDITY.put(out, f64::from(humidity) * 100.0 / 1_048_576.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{refusals, sample};

    #[test]
    fn busy_uncalibrated_and_damaged_answers_are_refused_each_by_its_cause() {
        let answer =
            |bytes: &str| refusals(&sample(&format!("chip 0x38\n cmd ac * : {bytes}\n cmd be *"), "sensor = 'aht20'"));
        assert_eq!(answer("ff ff ff ff ff ff ff"), ["measurement not_measured"]);
        assert_eq!(answer("00 00 00 00 00 00 00"), ["temperature crc", "humidity crc"]);
        assert_eq!(answer("1c 7f 00 05 aa bb 00"), ["temperature crc", "humidity crc"]);
        // After a start it says nothing but zeros, which public reports show as -50 °C and 0 %. The last byte is the CRC-8
        // of the six before it, by the datasheet's polynomial 31h from FFh.
        assert_eq!(answer("1c 00 00 00 00 00 58"), ["measurement not_measured"]);
    }
}
