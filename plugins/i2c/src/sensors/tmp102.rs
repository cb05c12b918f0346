//! Texas Instruments TMP102 and TMP112: temperature.
//!
//! Wiring: V+ to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. ADD0 to ground is 0x48, to V+ 0x49, to SDA
//! 0x4a, to SCL 0x4b.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "tmp102"
//! address = 0x48
//! ```

use std::time::Duration;

use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::{Quantity, not_measured};
use crate::sensor::{Sensor, Wired, wired};

const TEMPERATURE: Quantity = Quantity::temperature((-55.0, 150.0), 4);
const MAKES: &[Made] = &[TEMPERATURE.made];

pub(crate) const TMP102: Part = Part::of::<Tmp102>("tmp102", &[0x48..=0x4b], MAKES);

wired! {
    /// Texas Instruments TMP102 or TMP112: temperature.
    Tmp102 at 0x48, "Address: 0x48 to 0x4b, by what ADD0 is tied to." {
        /// Measures up to 150 °C instead of 128 °C.
        #[serde(default)]
        extended: bool,
    }
}

impl Wired for Tmp102 {
    fn sensor(&self) -> Box<dyn Sensor> {
        // Four conversions a second, twelve bits, the thermostat as after power-up.
        Box::new(Continuous { config: 0x60a0 | u16::from(self.extended) << 4 })
    }
}

const EXTENDED: u16 = 0x0010;
/// The bits of the configuration that are ours; the rest tells of an alert.
const OURS: u16 = 0x01d0;

struct Continuous {
    config: u16,
}

impl Sensor for Continuous {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        chip.set_word(1, self.config)?;
        // The first conversion takes at most 35 ms; until then the register holds 0 °C.
        chip.rest(Duration::from_millis(40))
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        let config = chip.word(1)?;
        if (config ^ self.config) & OURS != 0 {
            return Err(InputError::again(format!(
                "the chip at {} has lost its settings: it was without power, or another program uses it",
                chip.place()
            )));
        }
        let raw = chip.word(0)?;
        let extended = config & EXTENDED != 0;
        // The last bit says the mode, the others below the value are always zero.
        let (shift, zeros) = if extended { (3, 0x6) } else { (4, 0xe) };
        if raw & zeros != 0 || (raw & 1 == 1) != extended {
            not_measured(out, format_args!("{raw:#06x} is nothing that this chip says; check the wiring"));
            return Ok(());
        }
        TEMPERATURE.put(out, f64::from(raw.cast_signed() >> shift) / 16.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{refusals, sample};

    fn at(raw: &str, options: &str) -> Vec<String> {
        let chip = format!("chip 0x48\n width 16\n reg 0x00 {raw}");
        let readings = sample(&chip, &format!("sensor = 'tmp102'\n{options}"));
        readings.lines().into_iter().chain(refusals(&readings)).collect()
    }

    /// From the datasheet's tables of digital output against temperature, twelve and thirteen bits.
    #[test]
    fn both_formats_above_and_below_zero() {
        for (raw, degrees) in
            [("7f f0", "127.9375"), ("19 00", "25"), ("00 40", "0.25"), ("ff c0", "-0.25"), ("c9 00", "-55")]
        {
            assert_eq!(at(raw, ""), [format!("temperature {degrees}")], "{raw}");
        }
        for (raw, degrees) in
            [("4b 01", "150"), ("40 01", "128"), ("0c 81", "25"), ("ff e1", "-0.25"), ("e4 81", "-55")]
        {
            assert_eq!(at(raw, "extended = true"), [format!("temperature {degrees}")], "{raw}");
        }
    }

    #[test]
    fn all_ones_are_no_temperature() {
        assert_eq!(at("ff ff", ""), ["measurement not_measured"]);
        assert_eq!(at("ff ff", "extended = true"), ["measurement not_measured"]);
        assert_eq!(at("80 00", ""), ["temperature range"]);
    }
}
