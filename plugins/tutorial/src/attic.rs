//! `[[inputs.attic]]`: a chip that sleeps, takes commands, needs its time and sends checksums: the SHTC3.
use std::time::Duration;

use streamer_plugin::embedded_hal::i2c::I2c;
use streamer_plugin::{Claim, I2cDevice, Input, InputError, Kind, Made, Options, Plugin, Readings, Sampler, Site};

/// What the agent's list takes.
pub const PLUGIN: Plugin = Plugin::new("attic", "an SHTC3", &[Kind::of::<Attic>("").makes(MAKES).chips(CHIP)]);

/// What `inputs attic` lists; no other key may be put.
const MAKES: &[Made] = &[
    Made { key: "temperature", unit: "°C", about: "of the air" },
    Made { key: "humidity", unit: "%", about: "of the air, relative" },
];

/// Its answer is the datasheet's example of a checksum, twice.
const CHIP: &str = "chip 0x70
    wakes 35 17
    sleeps b0 98
    cmd 78 66 : be ef 92 be ef 92
    cmd 60 9c : be ef 92 be ef 92";
const ADDRESS: u8 = 0x70;

streamer_plugin::options! {
    /// Reads temperature and humidity.
    pub struct Attic {
        /// The I2C bus on which it sits.
        #[serde(default = "first")]
        bus: u8,
        /// How it measures.
        #[serde(default)]
        mode: Mode,
    }
}

streamer_plugin::options! {
    /// How it measures.
    #[derive(Default)]
    pub enum Mode {
        /// In 12 ms.
        #[default]
        Exact,
        /// In 0.8 ms, for less current.
        Quick,
    }
}

fn first() -> u8 {
    1
}

impl Options for Attic {
    fn build(&self, site: &Site) -> Result<Input, InputError> {
        Ok(Input::sampler(Chip { device: site.i2c(self.bus)?.device(site.clock()), mode: self.mode }))
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim::I2c { bus: self.bus, address: ADDRESS }]
    }
}

struct Chip {
    device: I2cDevice,
    mode: Mode,
}

impl Sampler for Chip {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        let (command, takes) = match self.mode {
            Mode::Exact => ([0x78, 0x66], Duration::from_micros(12_100)),
            Mode::Quick => ([0x60, 0x9c], Duration::from_micros(800)),
        };
        self.device.until(out.deadline());
        self.device.write(ADDRESS, &[0x35, 0x17])?;
        self.device.rest(Duration::from_micros(240))?;
        self.device.write(ADDRESS, &command)?;
        self.device.rest(takes)?;
        let mut bytes = [0; 6];
        self.device.read(ADDRESS, &mut bytes)?;
        self.device.write(ADDRESS, &[0xb0, 0x98])?;
        let word = |at: usize| match checksum([bytes[at], bytes[at + 1]]) == bytes[at + 2] {
            true => Ok(f64::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]))),
            false => Err(InputError::again("the checksum is wrong: bytes were lost on the way")),
        };
        let (temperature, humidity) = (word(0)?, word(3)?);
        out.put("temperature", -45.0 + 175.0 * temperature / 65536.0);
        out.put("humidity", 100.0 * humidity / 65536.0);
        Ok(())
    }
}

/// CRC-8 with the polynomial 31h, from FFh on.
fn checksum(bytes: [u8; 2]) -> u8 {
    let bit = |crc: u8| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x31 };
    bytes.into_iter().fold(0xff, |crc, byte| (0..8).fold(crc ^ byte, |crc, _| bit(crc)))
}

#[cfg(test)]
mod tests {
    use streamer_plugin::testkit::{Bench, Example, conformance};

    #[test]
    fn it_wakes_measures_and_sleeps() {
        assert_eq!(super::checksum([0xbe, 0xef]), 0x92);
        let bench = || Bench::new("/").with_chips(1, super::CHIP);
        let lines = bench().build(&super::PLUGIN, "").unwrap().sample().unwrap().lines();
        assert_eq!(lines, ["temperature 85.52101135253906", "humidity 74.58343505859375"]);
        conformance(&super::PLUGIN, &[Example::new("bus = 1", bench), Example::new("mode = 'quick'", bench)]);
    }
}
