//! ScioSense (ams) CCS811: volatile organic compounds in air.
//!
//! Wiring: VIN to 3.3 V (pin 1), GND and WAKE to pin 6, SDA to pin 3, SCL to pin 5. ADDR low is 0x5a, high 0x5b.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "ccs811"
//! ```
//!
//! The chip holds the clock for long, which the Pi 1 to 3 do wrong at full speed: `dtparam=i2c_arm_baudrate=10000` in
//! config.txt cures it.

use std::time::Duration;

use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::{Quantity, not_measured};
use crate::sensor::{Sensor, Wired, wired};

const ECO2: Quantity =
    Quantity::new("eco2", "ppm", "carbon dioxide as the chip guesses it from other gases", (400.0, 32_768.0), 0);
const TVOC: Quantity = Quantity::new("tvoc", "ppb", "volatile organic compounds", (0.0, 32_768.0), 0);
const MAKES: &[Made] = &[ECO2.made, TVOC.made];

pub(crate) const CCS811: Part = Part::of::<Ccs811>("ccs811", &[0x5a..=0x5b], MAKES).known_by(is_ccs811);

wired! {
    /// ScioSense CCS811: volatile organic compounds and what they suggest of carbon dioxide.
    Ccs811 at 0x5a, "Address: 0x5a, or 0x5b where ADDR is high." {}
}

impl Wired for Ccs811 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(AirQuality)
    }
}

struct AirQuality;

const STATUS: u8 = 0x00;
const FAILED: u8 = 0x01;
const FRESH: u8 = 0x08;
const RUNNING: u8 = 0x80;
const MODE: u8 = 0x01;
/// A measurement each second.
const EACH_SECOND: u8 = 0x10;

fn is_ccs811(chip: &mut Chip) -> Result<(), InputError> {
    let found = chip.byte(0x20)?;
    chip.expect("CCS811", &[0x81], found.into())
}

impl Sensor for AirQuality {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        is_ccs811(chip)?;
        if chip.byte(STATUS)? & RUNNING == 0 {
            // From its loader into its program.
            chip.write(&[0xf4])?;
            chip.rest(Duration::from_millis(100))?;
        }
        if chip.byte(STATUS)? & RUNNING == 0 {
            return Err(InputError::again(format!("the chip at {} does not start its program", chip.place())));
        }
        chip.set(MODE, EACH_SECOND)
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        let status = chip.byte(STATUS)?;
        if status & RUNNING == 0 {
            return Err(InputError::again(format!("the chip at {} has lost its settings", chip.place())));
        }
        if status & FAILED != 0 {
            let code = chip.byte(0xe0)?;
            return Err(InputError::again(format!(
                "the chip at {} says that it failed, code {code:#04x}",
                chip.place()
            )));
        }
        if status & FRESH == 0 {
            return Err(InputError::skip("nothing new: the chip measures each second"));
        }
        let [a, b, c, d] = chip.ask(&[0x02])?;
        let eco2 = u16::from_be_bytes([a, b]);
        if eco2 == 0 {
            not_measured(out, "the chip has not measured yet");
            return Ok(());
        }
        ECO2.put(out, eco2.into());
        TVOC.put(out, u16::from_be_bytes([c, d]).into());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::try_sample;
    use streamer_plugin::InputError;

    #[test]
    fn failed_and_stale_are_told_apart() {
        let chip = |status: &str| {
            try_sample(&format!("chip 0x5a\n reg 0x20 81\n reg 0x00 {status}\n reg 0xe0 04"), "sensor = 'ccs811'")
        };
        assert!(matches!(chip("90"), Err(InputError::Skip(_))));
        assert!(matches!(chip("91"), Err(InputError::Again(words)) if words.contains("0x04")));
        assert!(matches!(chip("10"), Err(InputError::Gone(_))));
    }
}
