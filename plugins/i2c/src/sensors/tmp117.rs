//! Texas Instruments TMP117: temperature to a tenth of a degree.
//!
//! Wiring: V+ to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. ADD0 to ground is 0x48, to V+ 0x49, to SDA
//! 0x4a, to SCL 0x4b.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "tmp117"
//! ```

use std::time::Duration;

use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::{Quantity, not_measured};
use crate::sensor::{Sensor, Wired, wired};

const TEMPERATURE: Quantity = Quantity::temperature((-55.0, 150.0), 5);
const MAKES: &[Made] = &[TEMPERATURE.made];

pub(crate) const TMP117: Part = Part::of::<Tmp117>("tmp117", &[0x48..=0x4b], MAKES).known_by(is_tmp117);

wired! {
    /// Texas Instruments TMP117 or TMP119: temperature.
    Tmp117 at 0x48, "Address: 0x48 to 0x4b, by what ADD0 is tied to." {}
}

impl Wired for Tmp117 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Thermometer)
    }
}

struct Thermometer;

/// Eight measurements averaged, a result each second.
const CONFIG: u16 = 0x0220;
/// Mode, pause and averaging; the rest tells of alerts.
const OURS: u16 = 0x0fe0;

fn is_tmp117(chip: &mut Chip) -> Result<(), InputError> {
    let found = chip.word(0x0f)?;
    chip.expect("TMP117", &[0x117], (found & 0x0fff).into())
}

impl Sensor for Thermometer {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        is_tmp117(chip)?;
        chip.set_word(1, CONFIG)?;
        chip.rest(Duration::from_millis(140))
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        if (chip.word(1)? ^ CONFIG) & OURS != 0 {
            return Err(InputError::again(format!("the chip at {} has lost its settings", chip.place())));
        }
        let raw = chip.word(0)?;
        if raw == 0x8000 {
            not_measured(out, "the chip holds the value that it starts with; it has not measured");
            return Ok(());
        }
        TEMPERATURE.put(out, f64::from(raw.cast_signed()) / 128.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{refusals, sample};

    #[test]
    fn the_value_that_it_starts_with_is_none() {
        let chip = "chip 0x48\n width 16\n reg 0x0f 01 17\n reg 0x00 80 00";
        assert_eq!(refusals(&sample(chip, "sensor = 'tmp117'")), ["measurement not_measured"]);
    }
}
