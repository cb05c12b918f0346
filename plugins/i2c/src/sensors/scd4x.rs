//! Sensirion SCD40 and SCD41: carbon dioxide, temperature and humidity.
//!
//! Wiring: VDD to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. The address is always 0x62.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "scd4x"
//! interval = "10s"
//! ```
//!
//! The chip measures by itself every five seconds; a round that comes before has nothing new to tell.

use std::time::Duration;

use streamer_plugin::clock::SinceBoot;
use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::crc;
use crate::part::Part;
use crate::quantity::{Quantity, not_measured};
use crate::sensor::{Sensor, Wired, wired};

const CO2: Quantity = Quantity::new("co2", "ppm", "carbon dioxide", (1.0, 40_000.0), 0);
const TEMPERATURE: Quantity = Quantity::temperature((-10.0, 60.0), 3);
const HUMIDITY: Quantity = Quantity::humidity(3);
const MAKES: &[Made] = &[CO2.made, TEMPERATURE.made, HUMIDITY.made];

pub(crate) const SCD4X: Part = Part::of::<Scd4x>("scd4x", &[0x62..=0x62], MAKES);

wired! {
    /// Sensirion SCD40 or SCD41: carbon dioxide, temperature, relative humidity.
    Scd4x at 0x62, "Address; the chip has no other than 0x62." {}
}

impl Wired for Scd4x {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(AirMonitor { last: None, first: true })
    }
}

struct AirMonitor {
    /// When there was something new, or would have been at the earliest.
    last: Option<SinceBoot>,
    /// Whether nothing was read yet: then it is worth waiting.
    first: bool,
}

/// How long nothing new is nothing strange.
const PATIENCE: Duration = Duration::from_secs(15);

impl Sensor for AirMonitor {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        // It takes no other command while it measures, which it may do since another run.
        chip.write(&[0x3f, 0x86])?;
        chip.rest(Duration::from_millis(500))?;
        chip.write(&[0x21, 0xb1])?;
        (self.last, self.first) = (None, true);
        Ok(())
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        let now = out.began().boot;
        let last = *self.last.get_or_insert(now);
        let wait = if self.first { Duration::from_millis(5500) } else { Duration::ZERO };
        let mut checked = true;
        let fresh = chip.wait_for(Duration::from_millis(250), wait, |chip| {
            let bytes = question(chip, [0xe4, 0xb8])?;
            let word = crc::word(bytes);
            checked = word.is_some();
            Ok(word.is_none_or(|word| word & 0x07ff != 0))
        })?;
        self.first = false;
        if !checked {
            CO2.refuse(out, "crc", "wrong checksum: a long cable, a bad contact or weak pull-ups");
            return Ok(());
        }
        if !fresh {
            if now.since(last) > PATIENCE {
                not_measured(out, "the chip has had nothing new for a quarter of a minute");
                return Err(InputError::again(format!(
                    "the chip at {} does not measure; it is started anew",
                    chip.place()
                )));
            }
            return Err(InputError::skip("nothing new: the chip measures every five seconds"));
        }
        self.last = Some(now);
        let [a, b, c, d, e, f, g, h, i] = question(chip, [0xec, 0x05])?;
        match crc::word([a, b, c]) {
            Some(raw) => CO2.put(out, raw.into()),
            None => CO2.refuse_crc(out, &[a, b, c]),
        }
        match crc::word([d, e, f]) {
            Some(raw) => TEMPERATURE.put(out, 175.0 * f64::from(raw) / 65535.0 - 45.0),
            None => TEMPERATURE.refuse_crc(out, &[d, e, f]),
        }
        match crc::word([g, h, i]) {
            Some(raw) => HUMIDITY.put(out, 100.0 * f64::from(raw) / 65535.0),
            None => HUMIDITY.refuse_crc(out, &[g, h, i]),
        }
        Ok(())
    }
}

fn question<const N: usize>(chip: &mut Chip, command: [u8; 2]) -> Result<[u8; N], InputError> {
    chip.write(&command)?;
    chip.rest(Duration::from_millis(2))?;
    chip.read()
}

#[cfg(test)]
mod tests {
    use crate::bench::{built, refusals, sample};
    use streamer_plugin::InputError;

    #[test]
    fn the_first_measurement_is_waited_for_and_between_two_there_is_nothing() {
        let chip = "chip 0x62\n cmd 3f 86\n cmd 21 b1\n cmd e4 b8 : 80 00 a2\n cmd e4 b8 : 80 06 04\n cmd e4 b8 : 80 00 a2\n\
                    cmd ec 05 : 01 f4 33 66 67 a2 5e b9 3c";
        let (mut input, _) = built(chip, "sensor = 'scd4x'").unwrap();
        let first = input.sample().unwrap();
        assert_eq!(first.lines(), ["co2 500", "temperature 25.003", "humidity 37.002"]);
        assert!(matches!(input.sample(), Err(InputError::Skip(_))));
    }

    #[test]
    fn damaged_answers_are_counted() {
        let chip = "chip 0x62\n cmd 3f 86\n cmd 21 b1\n cmd e4 b8 : ff ff ff";
        assert_eq!(refusals(&sample(chip, "sensor = 'scd4x'")), ["co2 crc"]);
    }
}
