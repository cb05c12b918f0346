//! Maxim MAX17048 and MAX17049: the charge of a lithium cell.
//!
//! Wiring: CELL to the battery, GND to its minus and to pin 6, SDA to pin 3, SCL to pin 5. The chip lives from the cell.
//! The address is always 0x36.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "max17048"
//! ```

use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::Quantity;
use crate::sensor::{Sensor, Wired, wired};

const VOLTAGE: Quantity = Quantity::new("voltage", "V", "voltage of the cell", (0.0, 5.0), 4);
const CHARGE: Quantity =
    Quantity::new("charge", "%", "state of charge; a full cell may show a little over 100", (0.0, 110.0), 2);
const RATE: Quantity =
    Quantity::new("charge_rate", "%/h", "change of the charge; negative while the cell empties", (-6816.0, 6816.0), 3);
const MAKES: &[Made] = &[VOLTAGE.made, CHARGE.made, RATE.made];

pub(crate) const MAX17048: Part = Part::of::<Max17048>("max17048", &[0x36..=0x36], MAKES).known_by(is_max17048);

wired! {
    /// Maxim MAX17048: voltage, charge and charging rate of a lithium cell.
    Max17048 at 0x36, "Address; the chip has no other than 0x36." {}
}

impl Wired for Max17048 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(FuelGauge)
    }
}

struct FuelGauge;

fn is_max17048(chip: &mut Chip) -> Result<(), InputError> {
    let version = chip.word(0x08)?;
    chip.expect("MAX17048", &[0x001], (version >> 4).into())
}

impl Sensor for FuelGauge {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        is_max17048(chip)
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        // Each round, for a chip without its cell reads as ones.
        self.start(chip)?;
        VOLTAGE.put(out, f64::from(chip.word(0x02)?) * 78.125e-6);
        CHARGE.put(out, f64::from(chip.word(0x04)?) / 256.0);
        RATE.put(out, f64::from(chip.word(0x16)?.cast_signed()) * 0.208);
        Ok(())
    }
}
