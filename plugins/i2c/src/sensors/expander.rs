//! Microchip MCP23017 (16 lines) and NXP PCF8574 (8 lines): lines of an expander as inputs.
//!
//! Wiring: VDD to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5, RESET of the MCP23017 to VDD. A2, A1, A0 choose
//! 0x20 to 0x27; a PCF8574A is at 0x38 to 0x3f.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "mcp23017"
//! lines = ["a0", "a1", "b7"]
//! pull_up = true
//! ```
//!
//! Lines are looked at once each round: what happens between two rounds is not seen. For doors and pulses use a pin of
//! the board itself and `[[inputs.gpio]]`.

use streamer_plugin::options::Faults;
use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::sensor::{Sensor, Wired, wired};

const MAKES_16: &[Made] =
    &[Made { key: "aN", unit: "", about: "level of GPAN" }, Made { key: "bN", unit: "", about: "level of GPBN" }];
const MAKES_8: &[Made] = &[Made { key: "pN", unit: "", about: "level of PN" }];

pub(crate) const MCP23017: Part = Part::of::<Mcp23017>("mcp23017", &[0x20..=0x27], MAKES_16);
pub(crate) const PCF8574: Part = Part::of::<Pcf8574>("pcf8574", &[0x20..=0x27, 0x38..=0x3f], MAKES_8);

const LINES_16: [&str; 16] =
    ["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7"];
const LINES_8: [&str; 8] = ["p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"];

wired! {
    /// Microchip MCP23017: up to sixteen lines as inputs.
    Mcp23017 at 0x20, "Address: 0x20 to 0x27, by A2, A1 and A0." {
        /// Which lines are inputs: `"a0"` to `"a7"` and `"b0"` to `"b7"`. The others are left as they are.
        #[serde(default = "all_16")]
        lines: Vec<String>,
        /// Pulls these lines up within the chip, for switches to ground.
        #[serde(default)]
        pull_up: bool,
    }
}

wired! {
    /// NXP PCF8574: up to eight lines as inputs.
    Pcf8574 at 0x20, "Address: 0x20 to 0x27, by A2, A1 and A0; a PCF8574A is at 0x38 to 0x3f." {
        /// Which lines to tell: `"p0"` to `"p7"`. All eight become inputs, for the chip does not tell one from another.
        #[serde(default = "all_8")]
        lines: Vec<String>,
    }
}

fn all_16() -> Vec<String> {
    LINES_16.map(str::to_owned).into()
}

fn all_8() -> Vec<String> {
    LINES_8.map(str::to_owned).into()
}

/// The bits of the lines that were named.
fn bits(names: &[&str], lines: &[String]) -> u16 {
    names.iter().enumerate().filter(|(_, name)| lines.iter().any(|l| l == *name)).fold(0, |bits, (i, _)| bits | 1 << i)
}

fn judge(names: &[&str], lines: &[String], faults: &mut Faults) {
    for line in lines {
        if !names.contains(&line.as_str()) {
            let (first, last) = (names[0], names[names.len() - 1]);
            faults.add("lines", format!("there is no line {line:?}: they are called {first:?} to {last:?}"));
        }
    }
    if lines.is_empty() {
        faults.add("lines", "nothing to read: name at least one line");
    }
}

fn put(out: &mut Readings, names: &[&str], lines: u16, levels: u16) {
    for (i, name) in names.iter().enumerate() {
        if lines & 1 << i != 0 {
            out.put(*name, levels & 1 << i != 0);
        }
    }
}

impl Wired for Mcp23017 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Sixteen { lines: bits(&LINES_16, &self.lines), pull_up: self.pull_up })
    }

    fn judge(&self, faults: &mut Faults) {
        judge(&LINES_16, &self.lines, faults);
    }
}

impl Wired for Pcf8574 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Eight { lines: bits(&LINES_8, &self.lines) })
    }

    fn judge(&self, faults: &mut Faults) {
        judge(&LINES_8, &self.lines, faults);
    }
}

struct Sixteen {
    lines: u16,
    pull_up: bool,
}

const DIRECTION: u8 = 0x00;
const INVERTED: u8 = 0x02;
const PULL_UP: u8 = 0x0c;
const LEVELS: u8 = 0x12;

impl Sixteen {
    /// Sets or clears the bits of our lines in a pair of registers.
    fn change(&self, chip: &mut Chip, register: u8, set: bool) -> Result<(), InputError> {
        let before = u16::from_le_bytes(chip.ask(&[register])?);
        let [low, high] = (if set { before | self.lines } else { before & !self.lines }).to_le_bytes();
        chip.write(&[register, low, high])
    }
}

impl Sensor for Sixteen {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        self.change(chip, DIRECTION, true)?;
        self.change(chip, INVERTED, false)?;
        self.change(chip, PULL_UP, self.pull_up)
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        let direction = u16::from_le_bytes(chip.ask(&[DIRECTION])?);
        let pull_up = u16::from_le_bytes(chip.ask(&[PULL_UP])?);
        let pulled = if self.pull_up { self.lines } else { 0 };
        if direction & self.lines != self.lines || pull_up & self.lines != pulled {
            return Err(InputError::again(format!("the chip at {} has lost its settings", chip.place())));
        }
        let levels = u16::from_le_bytes(chip.ask(&[LEVELS])?);
        put(out, &LINES_16, self.lines, levels);
        Ok(())
    }
}

struct Eight {
    lines: u16,
}

impl Sensor for Eight {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        chip.write(&[0xff])
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        let [levels] = chip.read()?;
        put(out, &LINES_8, self.lines, levels.into());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{built, sample};

    #[test]
    fn only_the_lines_that_were_named() {
        let chip = "chip 0x20\n reg 0x12 a5 80";
        let lines = sample(chip, "sensor = 'mcp23017'\nlines = ['a0', 'a1', 'b7']\npull_up = true").lines();
        assert_eq!(lines, ["a0 true", "a1 false", "b7 true"]);
        let error = built(chip, "sensor = 'mcp23017'\nlines = ['c1']").err().unwrap().to_string();
        assert!(error.contains("\"a0\" to \"b7\""), "{error}");
    }
}
