//! `[[inputs.thermocouple]]`: a thermocouple behind an MCP9600, written from its datasheet.
use streamer_plugin::{I2cDevice, Input, InputError, Kind, Options, Plugin, Readings, Sampler, Site};
use streamer_plugin::{embedded_hal::i2c::I2c, options::Address};
/// What the agent's list takes.
pub const PLUGIN: Plugin = Plugin::new("thermocouple", "an MCP9600", &[Kind::of::<Thermocouple>("").chips(CHIP)]);
const CHIP: &str = "chip 0x60 \n reg 0x00 01 91";

streamer_plugin::options! {
    /// Reads the temperature of the hot junction.
    pub struct Thermocouple {
        /// The chip's address on I2C bus 1, from 0x60 to 0x67.
        #[schemars(example = 0x60)]
        address: Address,
    }
}

impl Options for Thermocouple {
    fn build(&self, site: &Site) -> Result<Input, InputError> {
        Ok(Input::sampler(Chip(site.i2c(1)?.device(site.clock()), self.address.get())))
    }
}

struct Chip(I2cDevice, u8);
impl Sampler for Chip {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        self.0.until(out.deadline());
        let mut bytes = [0; 2];
        self.0.write_read(self.1, &[0x00], &mut bytes)?;
        out.put("temperature", f64::from(i16::from_be_bytes(bytes)) * 0.0625);
        Ok(())
    }
}

#[test]
fn it_reads_what_the_datasheet_says() {
    use streamer_plugin::testkit::{Bench, Example, conformance};
    assert_eq!(Bench::simulated(&PLUGIN, "address = 0x60").unwrap().sample().unwrap().lines(), ["temperature 25.0625"]);
    conformance(&PLUGIN, &[Example::new("address = 0x60", || Bench::new("/").with_chips(1, CHIP))]);
}
