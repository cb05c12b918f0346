//! `[[inputs.template]]`: an input of your own.
//!
//! As it stands it counts how often it was asked, or reads register 0 of a chip. Put in what yours reads.

use streamer_plugin::embedded_hal::i2c::I2c;
use streamer_plugin::options::Address;
use streamer_plugin::{Claim, I2cDevice, Input, InputError, Kind, Made, Options, Plugin, Readings, Sampler, Site};

/// What the agent's list takes.
pub const PLUGIN: Plugin =
    Plugin::new("template", "an input of your own", &[Kind::of::<Template>("").makes(MAKES).chips(CHIP)]);

/// What stands on an I2C bus where there is none: in tests, and in a run with `--simulate`.
pub const CHIP: &str = "chip 0x48\nreg 0x00 2a";

const MAKES: &[Made] = &[Made { key: "value", unit: "", about: "register 0 of the chip, or how often it was asked" }];

streamer_plugin::options! {
    /// One reading each interval.
    pub struct Template {
        /// The chip's address on I2C bus 1. Without one there is no chip, and the rounds are counted.
        #[schemars(example = 0x48)]
        address: Option<Address>,
    }
}

impl Options for Template {
    /// Opens the device. Called again after a failure, so it must not keep what it opened anywhere else.
    fn build(&self, site: &Site) -> Result<Input, InputError> {
        let Some(address) = self.address else { return Ok(Input::sampler(Rounds(0))) };
        Ok(Input::sampler(Chip { device: site.i2c(1)?.device(site.clock()), address: address.get() }))
    }

    /// Two inputs at one address are told before the start.
    fn claims(&self) -> Vec<Claim> {
        self.address.map(|address| Claim::I2c { bus: 1, address: address.get() }).into_iter().collect()
    }
}

struct Rounds(u32);

impl Sampler for Rounds {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        self.0 += 1;
        out.put("value", self.0);
        Ok(())
    }
}

struct Chip {
    device: I2cDevice,
    address: u8,
}

impl Sampler for Chip {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        self.device.until(out.deadline());
        let mut register = [0];
        self.device.write_read(self.address, &[0], &mut register)?;
        out.put("value", register[0]);
        Ok(())
    }
}
