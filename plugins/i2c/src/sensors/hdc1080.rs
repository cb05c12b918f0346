//! Texas Instruments HDC1080: temperature and humidity.
//!
//! Wiring: VDD to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. The address is always 0x40.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "hdc1080"
//! ```

use std::time::Duration;

use streamer_plugin::{InputError, Kind, Made, Readings};

use crate::chip::Chip;
use crate::quantity::{Quantity, not_measured};
use crate::sensor::{Sensor, Wired, wired};

const TEMPERATURE: Quantity = Quantity::temperature((-40.0, 125.0), 3);
const HUMIDITY: Quantity = Quantity::humidity(3);
const MAKES: &[Made] = &[TEMPERATURE.made, HUMIDITY.made];

pub(crate) const HDC1080: Kind = Kind::of::<Hdc1080>("hdc1080").makes(MAKES);

wired! {
    /// Texas Instruments HDC1080: temperature, relative humidity.
    Hdc1080 at 0x40, "Address; the chip has no other than 0x40." {}
}

impl Wired for Hdc1080 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Hygrometer)
    }
}

struct Hygrometer;

impl Sensor for Hygrometer {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        let (maker, device) = (chip.word(0xfe)?, chip.word(0xff)?);
        chip.expect("HDC1080", &[0x5449], maker.into())?;
        chip.expect("HDC1080", &[0x1050], device.into())?;
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
