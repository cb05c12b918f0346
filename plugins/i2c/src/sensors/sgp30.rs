//! Sensirion SGP30 and SGP40: volatile organic compounds in air.
//!
//! Wiring: VDD to the board's supply (the bare chips want 1.8 V), GND to pin 6, SDA to pin 3, SCL to pin 5. SGP30 is
//! always 0x58, SGP40 always 0x59.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "sgp30"
//! interval = "1s"
//! ```
//!
//! The SGP30 learns what clean air is from being asked once a second, so that is the interval to give it; for its first
//! 15 seconds it says 400 ppm and 0 ppb. The SGP40 gives a raw signal, of which only changes mean something.

use std::time::Duration;

use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::crc;
use crate::part::Part;
use crate::quantity::Quantity;
use crate::sensor::{Sensor, Wired, wired};

const ECO2: Quantity =
    Quantity::new("eco2", "ppm", "carbon dioxide as the chip guesses it from other gases", (400.0, 60_000.0), 0);
const TVOC: Quantity = Quantity::new("tvoc", "ppb", "volatile organic compounds", (0.0, 60_000.0), 0);
const RAW: Quantity =
    Quantity::new("voc_raw", "", "raw signal, lower in worse air; computed for 25 °C and 50 %", (1.0, 65_534.0), 0);
const MAKES: &[Made] = &[ECO2.made, TVOC.made];
const MAKES_RAW: &[Made] = &[RAW.made];

pub(crate) const SGP30: Part = Part::of::<Sgp30>("sgp30", &[0x58..=0x58], MAKES);
pub(crate) const SGP40: Part = Part::of::<Sgp40>("sgp40", &[0x59..=0x59], MAKES_RAW);

wired! {
    /// Sensirion SGP30: volatile organic compounds and what they suggest of carbon dioxide.
    Sgp30 at 0x58, "Address; the chip has no other than 0x58." {}
}

wired! {
    /// Sensirion SGP40: raw signal of volatile organic compounds.
    Sgp40 at 0x59, "Address; the chip has no other than 0x59." {}
}

impl Wired for Sgp30 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(AirQuality)
    }
}

impl Wired for Sgp40 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(RawSignal)
    }
}

/// Asks for the set of features, which tells the chips apart.
fn features(chip: &mut Chip, name: &str, known: &[u32]) -> Result<(), InputError> {
    let bytes = question(chip, &[0x20, 0x2f], 10)?;
    let Some(word) = crc::word(bytes) else {
        return Err(InputError::again(format!(
            "wrong checksum from {} in {bytes:02x?}; check the wiring",
            chip.place()
        )));
    };
    chip.expect(name, known, (word >> 8).into())
}

fn question<const N: usize>(chip: &mut Chip, command: &[u8], millis: u64) -> Result<[u8; N], InputError> {
    chip.write(command)?;
    chip.rest(Duration::from_millis(millis))?;
    chip.read()
}

struct AirQuality;

impl Sensor for AirQuality {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        features(chip, "SGP30", &[0x00])?;
        chip.write(&[0x20, 0x03])?;
        chip.rest(Duration::from_millis(10))
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        let [a, b, c, d, e, f] = question(chip, &[0x20, 0x08], 12)?;
        match crc::word([a, b, c]) {
            Some(raw) => ECO2.put(out, raw.into()),
            None => ECO2.refuse_crc(out, &[a, b, c]),
        }
        match crc::word([d, e, f]) {
            Some(raw) => TVOC.put(out, raw.into()),
            None => TVOC.refuse_crc(out, &[d, e, f]),
        }
        Ok(())
    }
}

struct RawSignal;

impl Sensor for RawSignal {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        features(chip, "SGP40", &[0x32])
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        let mut command = vec![0x26, 0x0f];
        // 50 % and 25 °C in the chip's own steps.
        command.extend(crc::with_crc(0x8000));
        command.extend(crc::with_crc(0x6666));
        let bytes = question(chip, &command, 32)?;
        match crc::word(bytes) {
            Some(raw) => RAW.put(out, raw.into()),
            None => RAW.refuse_crc(out, &bytes),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{refusals, sample, try_sample};
    use crate::crc::with_crc;

    #[test]
    fn the_two_are_told_apart_and_each_value_has_its_own_checksum() {
        let hex = |word: u16| with_crc(word).map(|byte| format!("{byte:02x}")).join(" ");
        let chip = |address: &str, features: u16, answer: String| {
            format!(
                "chip {address}\n cmd 20 2f : {}\n cmd 20 03\n cmd 20 08 : {answer}\n cmd 26 0f * : {answer}",
                hex(features)
            )
        };
        let half = chip("0x58", 0x0022, format!("{} 00 07 00", hex(450)));
        assert_eq!(sample(&half, "sensor = 'sgp30'").lines(), ["eco2 450"]);
        assert_eq!(refusals(&sample(&half, "sensor = 'sgp30'")), ["tvoc crc"]);
        assert_eq!(sample(&chip("0x59", 0x3220, hex(30_000)), "sensor = 'sgp40'").lines(), ["voc_raw 30000"]);
        let wrong = try_sample(&chip("0x58", 0x3220, hex(1)), "sensor = 'sgp30'").unwrap_err();
        assert!(wrong.words().contains("is no SGP30"), "{wrong}");
    }
}
