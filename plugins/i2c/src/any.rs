//! Any chip with plain registers, described in the configuration: for what is not on the list.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "any"
//! address = 0x48
//! registers = [
//!     { key = "temperature", register = 0x00, bits = 16, signed = true, shift = 4, scale = 0.0625, unit = "°C", min = -55, max = 150 },
//! ]
//! ```
//!
//! A value is ((raw >> shift) & mask) × scale + offset. Bits are taken before the sign is looked at: with `shift = 4` of
//! 16 bits the sign is that of the twelve that are left.

use std::collections::BTreeSet;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use streamer_plugin::options::{Address, Faults, Period};
use streamer_plugin::{Claim, Input, InputError, Key, Kind, Made, Options, Readings, Site};

use crate::chip::Chip;
use crate::place::Place;
use crate::recorded;
use crate::sensor::{self, Sensor};

const MAKES: &[Made] = &[Made { key: "KEY", unit: "", about: "each `key` in `registers`, in its own unit" }];

pub(crate) const ANY: Kind = Kind::of::<Any>("any").makes(MAKES);

/// Which byte comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Endian {
    /// The high byte.
    #[default]
    Big,
    /// The low byte.
    Little,
}

/// One register that becomes a reading.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Register {
    /// The reading's key.
    key: String,
    /// The register's number, as the datasheet has it.
    register: u8,
    /// Its width: 8, 16, 24 or 32 bits.
    #[serde(default = "eight")]
    bits: u8,
    /// Which byte comes first: `"big"` the high one, `"little"` the low one.
    #[serde(default)]
    endian: Endian,
    /// Whether it is two's complement.
    #[serde(default)]
    signed: bool,
    /// How many of the lowest bits are no part of the value.
    #[serde(default)]
    shift: u8,
    /// Which bits are the value, after the shift; all of them where it is left out.
    mask: Option<u32>,
    /// What one step is worth.
    #[serde(default = "one")]
    scale: f64,
    /// What is added at the end.
    #[serde(default)]
    offset: f64,
    /// The unit, for people who read messages.
    #[serde(default)]
    unit: String,
    /// What is below is refused.
    min: Option<f64>,
    /// What is above is refused.
    max: Option<f64>,
}

/// A register whose content says which chip this is.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Identity {
    /// The register's number, as the datasheet has it.
    register: u8,
    /// What must stand there.
    value: u8,
}

/// Any chip with plain registers.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Any {
    /// Number of the I2C bus: 1 is `/dev/i2c-1`, on pins 3 (SDA) and 5 (SCL) of a Raspberry Pi's header.
    #[serde(default = "crate::place::first_bus")]
    bus: u8,
    /// Address of the chip on the bus; `streamer scan` shows which ones answer.
    address: Address,
    /// A register that must hold a value, so that another chip is noticed.
    identity: Option<Identity>,
    /// Bytes to write when the chip is opened, one list for each write: a register's number, then what goes there.
    #[serde(default)]
    setup: Vec<Vec<u8>>,
    /// Bytes to write before each round, such as a command to measure.
    #[serde(default)]
    before: Vec<Vec<u8>>,
    /// How long to wait after that.
    #[serde(default = "no_wait")]
    wait: Period,
    /// What to read.
    registers: Vec<Register>,
}

fn eight() -> u8 {
    8
}

fn one() -> f64 {
    1.0
}

fn no_wait() -> Period {
    Period(Duration::ZERO)
}

impl Any {
    fn place(&self) -> Place {
        Place { bus: self.bus, address: self.address.get() }
    }
}

impl Options for Any {
    fn build(&self, site: &Site) -> Result<Input, InputError> {
        sensor::build(site, self.place(), Box::new(self.clone()))
    }

    fn simulated(&self, _: &Kind, site: &Site) -> Result<Input, InputError> {
        let identity = self.identity.iter().map(|known| format!("cmd {:02x} : {:02x}\n", known.register, known.value));
        let read = |written: &[u8]| {
            let known = self.identity.iter().map(|known| known.register);
            matches!(written, [one] if known.chain(self.registers.iter().map(|r| r.register)).any(|r| r == *one))
        };
        let written: BTreeSet<&[u8]> = self.setup.iter().chain(&self.before).map(Vec::as_slice).collect();
        let taken =
            written.into_iter().filter(|written| !read(written)).map(|written| format!("cmd{}\n", described(written)));
        let chip: String = identity.chain(self.registers.iter().map(Register::simulated)).chain(taken).collect();
        self.build(&recorded::with_chip(site, self.place(), &chip)?)
    }

    fn check(&self, faults: &mut Faults) {
        if self.registers.is_empty() {
            faults.add("registers", "nothing to read: describe at least one register");
        }
        for (i, register) in self.registers.iter().enumerate() {
            let key = &register.key;
            let mut wrong = |words: String| faults.add("registers", format!("{key:?}: {words}"));
            if let Err(error) = Key::try_from(key.as_str()) {
                wrong(error.to_string());
            }
            if self.registers[..i].iter().any(|other| other.key == *key) {
                wrong("two registers have this key".into());
            }
            if !matches!(register.bits, 8 | 16 | 24 | 32) {
                wrong(format!("bits is {}, and must be 8, 16, 24 or 32", register.bits));
            } else if register.shift >= register.bits {
                wrong(format!("a shift of {} leaves nothing of {} bits", register.shift, register.bits));
            }
            if register.mask == Some(0) {
                wrong("a mask of 0 leaves nothing".into());
            }
            if register.min.zip(register.max).is_some_and(|(min, max)| min > max) {
                wrong("min is above max".into());
            }
        }
        if self.setup.iter().chain(&self.before).any(Vec::is_empty) {
            faults.add("setup", "a write of nothing");
        }
    }

    fn claims(&self) -> Vec<Claim> {
        sensor::claims(self.place(), &[])
    }

    fn natural_key(&self) -> String {
        let Place { bus, address } = self.place();
        format!("{bus}-{address:02x}")
    }
}

impl Sensor for Any {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        if let Some(Identity { register, value }) = self.identity {
            let found = chip.byte(register)?;
            chip.expect("chip as described", &[value.into()], found.into())?;
        }
        self.setup.iter().try_for_each(|bytes| chip.write(bytes))
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        self.before.iter().try_for_each(|bytes| chip.write(bytes))?;
        chip.rest(self.wait.0)?;
        for register in &self.registers {
            let raw = register.raw(chip)?;
            register.put(out, register.value(raw));
        }
        Ok(())
    }
}

impl Register {
    /// The bits as they stand there, the highest first.
    fn raw(&self, chip: &mut Chip) -> Result<u32, InputError> {
        // A chip with wide registers repeats one that is read on and on, so exactly the width is read.
        let mut bytes = match self.bits {
            8 => chip.ask::<1>(&[self.register])?.to_vec(),
            16 => chip.ask::<2>(&[self.register])?.to_vec(),
            24 => chip.ask::<3>(&[self.register])?.to_vec(),
            _ => chip.ask::<4>(&[self.register])?.to_vec(),
        };
        if self.endian == Endian::Little {
            bytes.reverse();
        }
        Ok(bytes.into_iter().fold(0, |raw, byte| raw << 8 | u32::from(byte)))
    }

    /// A value between `min` and `max`, or about 20, as it would stand in the register.
    fn simulated(&self) -> String {
        let wanted = self.min.zip(self.max).map_or(20.0, |(min, max)| f64::midpoint(min, max));
        #[expect(
            clippy::cast_possible_truncation,
            reason = "what is too large for the register loses its highest bits"
        )]
        let raw = ((wanted - self.offset) / self.scale).round() as i64;
        let mask = self.mask.unwrap_or(u32::MAX >> (32 - u32::from(self.bits - self.shift)));
        let [.., a, b, c, d] = ((raw & i64::from(mask)) << self.shift).to_be_bytes();
        let mut bytes = [a, b, c, d][4 - usize::from(self.bits / 8)..].to_vec();
        if self.endian == Endian::Little {
            bytes.reverse();
        }
        format!("cmd {:02x} :{}\n", self.register, described(&bytes))
    }

    fn value(&self, raw: u32) -> f64 {
        let mask = self.mask.unwrap_or(u32::MAX >> (32 - u32::from(self.bits - self.shift)));
        let raw = raw >> self.shift & mask;
        let number = if self.signed {
            let unused = mask.leading_zeros();
            f64::from((raw << unused).cast_signed() >> unused)
        } else {
            f64::from(raw)
        };
        number * self.scale + self.offset
    }

    fn put(&self, out: &mut Readings, value: f64) {
        let Self { key, unit, min, max, .. } = self;
        if min.is_some_and(|min| value < min) || max.is_some_and(|max| value > max) {
            out.refuse(key, "range", format_args!("{value} {unit} is beyond what the description allows"));
        } else {
            out.put(key, value);
        }
    }
}

/// As the description of a simulated chip has them.
fn described(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!(" {byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use crate::bench::{built, refusals, sample, try_sample};
    use streamer_plugin::InputError;

    fn one(bytes: &str, description: &str) -> String {
        let options =
            format!("sensor = 'any'\naddress = 0x20\nregisters = [{{ key = 'x', register = 3, {description} }}]");
        let readings = sample(&format!("chip 0x20\n reg 0x03 {bytes}"), &options);
        readings.lines().into_iter().chain(refusals(&readings)).collect::<Vec<_>>().concat()
    }

    #[test]
    fn widths_order_sign_bits_scale_and_limits() {
        assert_eq!(one("f6", "bits = 8"), "x 246");
        assert_eq!(one("f6", "bits = 8, signed = true"), "x -10");
        assert_eq!(one("12 34", "bits = 16"), "x 4660");
        assert_eq!(one("12 34", "bits = 16, endian = 'little'"), "x 13330");
        assert_eq!(one("e7 00", "bits = 16, signed = true, shift = 4, scale = 0.0625"), "x -25");
        assert_eq!(one("ff ff fe", "bits = 24, signed = true, offset = 0.5"), "x -1.5");
        assert_eq!(one("ff ff ff ff", "bits = 32"), "x 4294967295");
        assert_eq!(one("a5", "shift = 4, mask = 0x3"), "x 2");
        assert_eq!(one("fc 6c", "bits = 16, mask = 0x1fff, signed = true, scale = 0.0625"), "x -57.25");
        assert_eq!(one("ff", "max = 100"), "x range");
    }

    #[test]
    fn every_mistake_of_a_description_is_told() {
        let error = built(
            "",
            "sensor = 'any'\naddress = 3\nregisters = [{ key = '', register = 0, bits = 9 }, { key = 'a', register = 1, shift = 8, mask = 0 }]",
        );
        let words = error.err().unwrap().to_string();
        for word in ["must be 8, 16, 24 or 32", "leaves nothing of 8 bits", "a mask of 0"] {
            assert!(words.contains(word), "{words}");
        }
    }

    #[test]
    fn it_is_set_up_when_opened_and_another_chip_is_noticed() {
        let chip = "chip 0x20\n reg 0x0f 33\n when 0x20 mask 0xff is 0x57 set 0x28 40 01";
        let options = "sensor = 'any'\naddress = 0x20\nidentity = { register = 0x0f, value = 0x33 }\nsetup = [[0x20, 0x57]]\n\
                       registers = [{ key = 'x', register = 0x28, bits = 16, endian = 'little' }]";
        assert_eq!(sample(chip, options).lines(), ["x 320"]);
        let error = try_sample("chip 0x20\n reg 0x0f 44", options).unwrap_err();
        assert!(matches!(error, InputError::Misconfigured(_)), "{error}");
    }
}
