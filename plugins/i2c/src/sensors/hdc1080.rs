//! Texas Instruments HDC1080 and its elders HDC1000, HDC1008, HDC1010: temperature and humidity.
//!
//! Wiring: VDD to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. The HDC1080 is always at 0x40; ADR0 and ADR1
//! of its elders choose 0x40 to 0x43.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "hdc1080"
//! ```

use std::time::Duration;

use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::{Quantity, not_measured};
use crate::sensor::{Sensor, Wired, wired};
use crate::sensors::ti;

const TEMPERATURE: Quantity = Quantity::temperature((-40.0, 125.0), 3);
const HUMIDITY: Quantity = Quantity::humidity(3);
const MAKES: &[Made] = &[TEMPERATURE.made, HUMIDITY.made];

pub(crate) const HDC1080: Part = Part::of::<Hdc1080>("hdc1080", &[0x40..=0x43], MAKES).known_by(is_hdc1080);

wired! {
    /// Texas Instruments HDC1080, HDC1000, HDC1008, HDC1010: temperature, relative humidity.
    Hdc1080 at 0x40, "Address: 0x40, or up to 0x43 by ADR1 and ADR0 of a HDC1000, HDC1008 or HDC1010." {}
}

impl Wired for Hdc1080 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Hygrometer)
    }
}

struct Hygrometer;

fn is_hdc1080(chip: &mut Chip) -> Result<(), InputError> {
    // The elders say 0x1000; they count and convert alike.
    ti::expect(chip, "HDC1080", &[0x1050, 0x1000], 0)
}

impl Sensor for Hygrometer {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        is_hdc1080(chip)?;
        // Heater off, one quantity at a time, fourteen bits of each.
        chip.set_word(0x02, 0)
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        let temperature = measure(chip, 0)?;
        let humidity = measure(chip, 1)?;
        // The lowest two bits of a result are always zero.
        if (temperature | humidity) & 3 != 0 {
            not_measured(out, "all ones: the chip was pulled while it was read");
            return Ok(());
        }
        TEMPERATURE.put(out, f64::from(temperature) / 65536.0 * 165.0 - 40.0);
        HUMIDITY.put(out, f64::from(humidity) / 65536.0 * 100.0);
        Ok(())
    }
}

fn measure(chip: &mut Chip, register: u8) -> Result<u16, InputError> {
    chip.write(&[register])?;
    chip.rest(Duration::from_millis(8))?;
    chip.read().map(u16::from_be_bytes)
}
