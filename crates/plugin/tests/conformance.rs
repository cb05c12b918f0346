//! The suite finds what is wrong: an input that does everything badly, and each of its faults in the words of the suite.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::panic::catch_unwind;

use streamer_plugin::embedded_hal::i2c::I2c;
use streamer_plugin::testkit::{Bench, Chips, Example, conformance};
use streamer_plugin::{
    Epoch, I2cDevice, Input, InputError, Kind, Made, Options, Plugin, Readings, Sampler, Site, When,
};

/// Options without words, which let slips of the finger pass.
#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Bad {
    #[serde(default)]
    #[expect(dead_code, reason = "it is there to be found")]
    interval: u8,
    /// Which fault it has.
    fault: String,
}

impl Options for Bad {
    fn build(&self, site: &Site) -> Result<Input, InputError> {
        let bus = site.i2c(1)?;
        if self.fault == "leak" {
            std::mem::forget(bus.clone());
        }
        Ok(Input::sampler(Chip { device: bus.device(site.clock()), fault: self.fault.clone(), last: 7 }))
    }
}

struct Chip {
    device: I2cDevice,
    fault: String,
    last: u8,
}

impl Sampler for Chip {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        let mut byte = [0];
        let rounds = if self.fault == "late" { 100 } else { 1 };
        if self.fault != "late" {
            self.device.until(out.deadline());
        }
        for _ in 0..rounds {
            match self.device.write_read(0x20, &[3], &mut byte) {
                Ok(()) => self.last = byte[0],
                Err(_) if self.fault == "made up" => {}
                Err(error) => return Err(InputError::again(error)),
            }
        }
        assert!(self.fault != "panics" || self.last == 5, "what is {}?", self.last);
        out.put("value", i64::from(self.last));
        match self.fault.as_str() {
            "twice" => out.put("value", 1),
            "stranger" => out.put("stranger", 1),
            "epochs" => out.put_at("other", 1, When::Epoch(Epoch::ZERO)),
            "refuses" => out.put("value 2", f64::NAN),
            _ => {}
        }
        Ok(())
    }
}

const MAKES: &[Made] =
    &[Made { key: "value", unit: "", about: "a register" }, Made { key: "other", unit: "", about: "another" }];

const BAD: Plugin = Plugin::new("bad", "Bad.", &[Kind::of::<Bad>("").makes(MAKES)]);

#[track_caller]
fn finds(fault: &str, words: &str) {
    let toml = format!("fault = {fault:?}");
    let example = || Example::new(toml, || Bench::new("/").with_i2c(1, Chips::parse("chip 0x20\nreg 3 05").unwrap()));
    let said = catch_unwind(|| conformance(&BAD, &[example()])).unwrap_err();
    let said = said.downcast_ref::<String>().cloned().unwrap_or_default();
    assert!(said.contains(words), "{fault}: {words:?} is not in\n{said}");
}

#[test]
fn every_fault_is_found() {
    finds("none", "the option `interval` wants a doc comment");
    finds("none", "the option `interval` has the name of a key that every input has");
    finds("none", "deny_unknown_fields");
    finds("none", "an unknown key is not told with its place");
    finds("none", "is no line about it");
    finds("leak", "something still holds its bus");
    finds("late", "on a slow bus");
    finds("made up", "without its device it reads [\"value 7\"]");
    finds("made up", "while nobody answers it reads");
    finds("panics", "it panics on what means nothing");
    finds("twice", "the key value comes twice in one round");
    finds("stranger", "the key stranger is not among those that its kind makes");
    finds("epochs", "other has another epoch");
    finds("refuses", "a good round refuses value 2");
}

#[test]
fn a_kind_without_an_example_is_found() {
    let said = catch_unwind(|| conformance(&BAD, &[])).unwrap_err();
    assert!(said.downcast_ref::<String>().is_some_and(|said| said.contains("has no example here")));
}
