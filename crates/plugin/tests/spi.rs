//! An input on an SPI device, on a scripted one: a converter of ten bits, as an author would write it.

use streamer_plugin::embedded_hal::spi::{MODE_0, SpiDevice as _};
use streamer_plugin::testkit::{Bench, SpiScript};
use streamer_plugin::{Input, InputError, Kind, Options, Plugin, Readings, Sampler, Site, SpiDevice};

/// Microchip MCP3008: the voltage at its first channel.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Mcp3008 {
    /// The chip select that the converter is wired to.
    #[serde(default)]
    select: u8,
}

impl Options for Mcp3008 {
    fn build(&self, site: &Site) -> Result<Input, InputError> {
        Ok(Input::sampler(Converter(site.spi(0, self.select, MODE_0, 1_000_000)?)))
    }
}

struct Converter(SpiDevice);

impl Sampler for Converter {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        self.0.until(out.deadline());
        let mut answer = [0; 3];
        self.0.transfer(&mut answer, &[0x01, 0x80, 0x00]).map_err(InputError::again)?;
        out.put("voltage", f64::from(u16::from_be_bytes([answer[1] & 3, answer[2]])) * 3.3 / 1024.0);
        Ok(())
    }
}

const PLUGIN: Plugin = Plugin::new("mcp3008", "a converter", &[Kind::of::<Mcp3008>("")]);

#[test]
fn what_the_device_answers_becomes_a_reading_and_what_it_does_not_expect_an_error() {
    let script = "01 80 00 : ff fe 00 \n 01 80 00 : 00 01 00 \n 01 90 00 : 00 00 00";
    let bench = Bench::new("/").with_spi(0, 1, SpiScript::parse(script).unwrap());
    let mut input = bench.build(&PLUGIN, "select = 1").unwrap();
    assert_eq!(input.sample().unwrap().lines(), ["voltage 1.65"]);
    assert_eq!(input.sample().unwrap().lines(), ["voltage 0.825"]);
    let error = input.sample().unwrap_err();
    assert!(error.words().contains("the script expects [01, 90, 00]"), "{error}");
}

#[test]
fn a_device_that_is_not_there_is_gone_with_the_cure() {
    let root = tempfile::tempdir().unwrap();
    let error = Bench::new(root.path()).build(&PLUGIN, "").err().unwrap().to_string();
    assert!(error.contains("spidev0.0 is not there") && error.contains("raspi-config nonint do_spi 0"), "{error}");
}

/// A sampler that lets its time pass before it asks.
struct Slow(SpiDevice);

impl Sampler for Slow {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        use streamer_plugin::embedded_hal::delay::DelayNs;
        self.0.until(out.deadline());
        // It waits no longer than there is time.
        self.0.delay_ms(60_000);
        self.0.write(&[0x01, 0x80, 0x00]).map_err(InputError::again)
    }
}

/// The same, late.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct SlowOptions {}

impl Options for SlowOptions {
    fn build(&self, site: &Site) -> Result<Input, InputError> {
        Ok(Input::sampler(Slow(site.spi(0, 0, MODE_0, 1_000_000)?)))
    }
}

#[test]
fn a_transaction_past_the_deadline_is_refused() {
    const SLOW: Plugin = Plugin::new("slow", "late", &[Kind::of::<SlowOptions>("")]);
    let bench = Bench::new("/").with_spi(0, 0, SpiScript::parse("01 80 00").unwrap());
    let began = bench.clock().boot();
    let error = bench.build(&SLOW, "").unwrap().sample().unwrap_err();
    assert_eq!(error, InputError::again("no time left in this round"));
    assert_eq!(bench.clock().boot().since(began).as_secs(), 10);
}
