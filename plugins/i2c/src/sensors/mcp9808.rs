//! Microchip MCP9808: temperature.
//!
//! Wiring: VDD to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. A2, A1, A0 choose 0x18 to 0x1f.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "mcp9808"
//! address = 0x18
//! ```

use std::time::Duration;

use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::Quantity;
use crate::sensor::{Sensor, Wired, wired};

const TEMPERATURE: Quantity = Quantity::temperature((-40.0, 125.0), 4);
const MAKES: &[Made] = &[TEMPERATURE.made];

pub(crate) const MCP9808: Part = Part::of::<Mcp9808>("mcp9808", &[0x18..=0x1f], MAKES).known_by(is_mcp9808);

wired! {
    /// Microchip MCP9808: temperature.
    Mcp9808 at 0x18, "Address: 0x18 to 0x1f, by A2, A1 and A0." {}
}

impl Wired for Mcp9808 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Thermometer)
    }
}

const CONFIG: u8 = 1;
const ASLEEP: u16 = 0x0100;

struct Thermometer;

fn is_mcp9808(chip: &mut Chip) -> Result<(), InputError> {
    let maker = chip.word(6)?;
    chip.expect("MCP9808", &[0x0054], maker.into())?;
    let device = chip.word(7)?;
    chip.expect("MCP9808", &[0x04], (device >> 8).into())
}

impl Sensor for Thermometer {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        is_mcp9808(chip)?;
        let config = chip.word(CONFIG)?;
        chip.set_word(CONFIG, config & !ASLEEP)?;
        // The finest steps take 250 ms; until the first result the register holds 0 °C.
        chip.set(8, 3)?;
        chip.rest(Duration::from_millis(260))
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        if chip.word(CONFIG)? & ASLEEP != 0 {
            return Err(InputError::again(format!("the chip at {} was put to sleep by another program", chip.place())));
        }
        // The three upper bits tell of the alarm's limits; the fourth is the sign.
        let raw = (chip.word(5)? << 3).cast_signed() >> 3;
        TEMPERATURE.put(out, f64::from(raw) / 16.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{refusals, sample, try_sample};
    use streamer_plugin::InputError;

    #[test]
    fn flags_are_no_part_of_the_temperature() {
        let at = |raw: &str| {
            let chip = format!("chip 0x18\n width 16\n reg 0x06 00 54\n reg 0x07 04 00\n reg 0x05 {raw}");
            let readings = sample(&chip, "sensor = 'mcp9808'");
            readings.lines().into_iter().chain(refusals(&readings)).collect::<Vec<_>>().concat()
        };
        for (raw, expected) in [
            ("c1 94", "temperature 25.25"),
            ("e1 94", "temperature 25.25"),
            ("1f f0", "temperature -1"),
            ("fe 6c", "temperature -25.25"),
            ("0f ff", "temperature range"),
        ] {
            assert_eq!(at(raw), expected, "{raw}");
        }
    }

    #[test]
    fn another_chip_at_the_address_is_named() {
        let error = try_sample("chip 0x18\n width 16\n reg 0x06 01 02", "sensor = 'mcp9808'").unwrap_err();
        assert!(matches!(&error, InputError::Misconfigured(words) if words.contains("0x18 on I2C bus 1")), "{error}");
        let ones = try_sample("chip 0x18\n width 16\n reg 0x06 ff ff", "sensor = 'mcp9808'").unwrap_err();
        assert!(matches!(ones, InputError::Gone(_)));
    }
}
