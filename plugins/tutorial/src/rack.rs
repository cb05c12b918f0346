//! `[[inputs.rack]]`: a published driver as an input. The `lm75` crate knows the chip; this gives it a bus.
use lm75::{Lm75, ic};
use streamer_plugin::options::Address;
use streamer_plugin::{I2cDevice, Input, InputError, Kind, Options, Plugin, Readings, Sampler, Site};

/// What the agent's list takes.
pub const PLUGIN: Plugin = Plugin::new("rack", "an LM75 through its driver", &[Kind::of::<Rack>("")]);

streamer_plugin::options! {
    /// Reads the temperature.
    pub struct Rack {
        /// The chip's address on I2C bus 1, from 0x48 to 0x4f.
        address: Address,
    }
}

impl Options for Rack {
    fn build(&self, site: &Site) -> Result<Input, InputError> {
        let device = site.i2c(1)?.device(site.clock());
        Ok(Input::sampler(Chip { driver: Lm75::new(device.clone(), self.address.get()), device }))
    }
}

struct Chip {
    driver: Lm75<I2cDevice, ic::Lm75>,
    device: I2cDevice,
}

impl Sampler for Chip {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        self.device.until(out.deadline());
        match self.driver.read_temperature() {
            Ok(celsius) => out.put("temperature", f64::from(celsius)),
            Err(lm75::Error::I2C(error)) => return Err(error.into()),
            Err(error) => return Err(InputError::again(format!("{error:?}"))),
        }
        Ok(())
    }
}

#[test]
fn the_driver_reads_the_scripted_chip() {
    use streamer_plugin::testkit::{Bench, Chips, Example, conformance};
    let bench = || Bench::new("/").with_i2c(1, Chips::parse("chip 0x48 \n width 16 \n reg 0x00 19 80").unwrap());
    assert_eq!(bench().build(&PLUGIN, "address = 0x48").unwrap().sample().unwrap().lines(), ["temperature 25.5"]);
    conformance(&PLUGIN, &[Example::new("address = 0x48", bench)]);
}
