//! Simulated chips on an I2C bus, described in a few lines of text. They answer what the text says and compute nothing,
//! but for two models whose answers depend on what was written.

use std::collections::BTreeMap;

use embedded_hal::i2c::Operation;

use crate::{BusError, Wire};

/// Chips that answer as a text describes. One statement a line, `#` begins a comment, lists are bytes in hexadecimal:
///
/// ```text
/// chip 0x76                    a chip begins
/// width 16                     registers of 16 bits; without it, of 8
/// ptrmask 0x0f                 the bits of the first written byte that choose a register
/// reg 0x88 6e 70               contents from that register on
/// or 0xf3 08                   bits that are always set when it is read
/// clear 0xf4 20                bits that are never set when it is read
/// when 0xf4 mask 0xff is 0x2e set 0xf6 82 dc     a write that changes other registers
/// cmd 24 * : be ef 92          after a write that begins so, a read gives this; several lines are given in turn. Without
///                              the star nothing may follow, without an answer nothing can be read. A chip with `cmd`
///                              takes no other writes
/// wakes 35 17                  it sleeps, and answers to nobody before this write
/// sleeps b0 98                 after this write it sleeps again
/// model ina219                 current and power out of the calibration that was written
/// model pcf8591 10 20 30 40    four voltages behind one converter, each conversion read one byte late
/// nack_after 5                 after five transfers nobody answers
/// stuck_after 5                after five transfers the bus is stuck
/// ```
///
/// ```
/// use embedded_hal::i2c::Operation;
/// use streamer_plugin::{Chips, Wire};
///
/// let mut chips = Chips::parse("chip 0x48 \n width 16 \n reg 0x00 19 80")?;
/// let mut bytes = [0; 2];
/// chips.transfer(0x48, &mut [Operation::Write(&[0]), Operation::Read(&mut bytes)])?;
/// assert_eq!(bytes, [0x19, 0x80]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Chips(BTreeMap<u8, Chip>);

#[derive(Debug, Clone)]
struct Chip {
    /// Bytes of one register.
    width: usize,
    mask: u8,
    pointer: u8,
    contents: Vec<u8>,
    set: Vec<u8>,
    clear: Vec<u8>,
    rules: Vec<Rule>,
    commands: Vec<Command>,
    asked: Option<usize>,
    /// What wakes it and what lets it sleep; empty where it never sleeps.
    wakes: Vec<u8>,
    sleeps: Vec<u8>,
    asleep: bool,
    model: Model,
    nack_after: Option<u32>,
    stuck_after: Option<u32>,
}

#[derive(Debug, Clone)]
struct Rule {
    register: u8,
    mask: u32,
    is: u32,
    at: u8,
    bytes: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Command {
    begins: Vec<u8>,
    /// Whether more bytes may follow.
    open: bool,
    answers: Vec<Vec<u8>>,
    turn: usize,
}

#[derive(Debug, Clone)]
enum Model {
    Registers,
    Ina219,
    Pcf8591 { volts: Vec<u8>, control: u8, last: u8 },
}

impl Chips {
    /// Chips as `text` describes them.
    ///
    /// # Errors
    /// The first line that says nothing known.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut chips = Self::default();
        let mut address = None;
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let words: Vec<&str> = line.split_whitespace().collect();
            let Some((first, rest)) = words.split_first() else { continue };
            let wrong = || format!("what is {line:?}? Bytes in lists are two hexadecimal digits, without 0x");
            if *first == "chip" {
                let new = number(rest.first()).ok_or_else(wrong)?;
                address = Some(new);
                chips.0.insert(new, Chip::default());
                continue;
            }
            let chip = address.and_then(|address| chips.0.get_mut(&address)).ok_or_else(wrong)?;
            chip.statement(first, rest).ok_or_else(wrong)?;
        }
        Ok(chips)
    }

    /// The bytes from a register on, as they would be read now.
    pub fn contents(&mut self, address: u8, register: u8, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        if let Some(chip) = self.0.get_mut(&address) {
            chip.pointer = register;
            chip.registers(&mut bytes);
        }
        bytes
    }
}

fn number<T: TryFrom<u32>>(word: Option<&&str>) -> Option<T> {
    let word = word?;
    let number = match word.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => word.parse(),
    };
    T::try_from(number.ok()?).ok()
}

fn shown(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// Two hexadecimal digits each.
fn bytes(words: &[&str]) -> Option<Vec<u8>> {
    words.iter().map(|word| u8::from_str_radix(word, 16).ok()).collect()
}

impl Default for Chip {
    fn default() -> Self {
        Self {
            width: 1,
            mask: 0xff,
            pointer: 0,
            contents: vec![0; 512],
            set: vec![0; 512],
            clear: vec![0; 512],
            rules: Vec::new(),
            commands: Vec::new(),
            asked: None,
            wakes: Vec::new(),
            sleeps: Vec::new(),
            asleep: false,
            model: Model::Registers,
            nack_after: None,
            stuck_after: None,
        }
    }
}

impl Chip {
    fn statement(&mut self, first: &str, rest: &[&str]) -> Option<()> {
        let register = || number::<u8>(rest.first());
        match first {
            "width" => self.width = number::<usize>(rest.first())? / 8,
            "ptrmask" => self.mask = register()?,
            "reg" => put(&mut self.contents, self.width, register()?, &bytes(&rest[1..])?),
            "or" => put(&mut self.set, self.width, register()?, &bytes(&rest[1..])?),
            "clear" => put(&mut self.clear, self.width, register()?, &bytes(&rest[1..])?),
            "wakes" => (self.wakes, self.asleep) = (bytes(rest)?, true),
            "sleeps" => self.sleeps = bytes(rest)?,
            "nack_after" => self.nack_after = Some(number(rest.first())?),
            "stuck_after" => self.stuck_after = Some(number(rest.first())?),
            "when" => {
                let [_, "mask", mask, "is", is, "set", at, list @ ..] = rest else { return None };
                self.rules.push(Rule {
                    register: register()?,
                    mask: number(Some(mask))?,
                    is: number(Some(is))?,
                    at: number(Some(at))?,
                    bytes: bytes(list)?,
                });
            }
            "cmd" => {
                let colon = rest.iter().position(|word| *word == ":").unwrap_or(rest.len());
                let (written, answer) = rest.split_at(colon);
                let open = written.last() == Some(&"*");
                let begins = bytes(&written[..written.len() - usize::from(open)])?;
                let answer = bytes(answer.get(1..).unwrap_or_default())?;
                match self.commands.iter_mut().find(|c| c.begins == begins) {
                    Some(command) => command.answers.push(answer),
                    None => self.commands.push(Command { begins, open, answers: vec![answer], turn: 0 }),
                }
            }
            "model" => match *rest.first()? {
                "ina219" => self.model = Model::Ina219,
                "pcf8591" => self.model = Model::Pcf8591 { volts: bytes(&rest[1..])?, control: 0, last: 0x80 },
                _ => return None,
            },
            _ => return None,
        }
        Some(())
    }

    /// Whether it is still there for one more transfer.
    fn answers(&mut self) -> Result<(), BusError> {
        for (left, error) in [(&mut self.stuck_after, BusError::Stuck), (&mut self.nack_after, BusError::NoAnswer)] {
            if let Some(left) = left {
                *left = left.checked_sub(1).ok_or(error)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, written: &[u8]) -> Result<(), BusError> {
        if !self.wakes.is_empty() && (written == self.wakes || written == self.sleeps) {
            self.asleep = written == self.sleeps;
            return Ok(());
        }
        if self.asleep {
            return Err(BusError::NoAnswer);
        }
        let Some((&first, data)) = written.split_first() else { return Ok(()) };
        if let Model::Pcf8591 { control, .. } = &mut self.model {
            *control = first;
        } else if !self.commands.is_empty() {
            let known = |c: &Command| written.starts_with(&c.begins) && (c.open || written.len() == c.begins.len());
            self.asked = self.commands.iter().position(known);
            if self.asked.is_none() {
                return Err(BusError::Other(format!("no `cmd` of this simulated chip is {}", shown(written))));
            }
        } else {
            self.pointer = first & self.mask;
            if data.is_empty() {
                return Ok(());
            }
            let kept = if self.width == 2 { data.len().min(2) } else { data.len() };
            put(&mut self.contents, self.width, self.pointer, &data[..kept]);
            let value = data.iter().take(self.width).fold(0, |value, byte| value << 8 | u32::from(*byte));
            for rule in &self.rules {
                if rule.register == self.pointer && value & rule.mask == rule.is {
                    put(&mut self.contents, self.width, rule.at, &rule.bytes);
                }
            }
        }
        Ok(())
    }

    fn read(&mut self, into: &mut [u8]) -> Result<(), BusError> {
        if self.asleep {
            return Err(BusError::NoAnswer);
        }
        match &mut self.model {
            Model::Pcf8591 { volts, control, last } => {
                let mut channel = usize::from(*control & 3);
                for byte in into {
                    *byte = std::mem::replace(last, volts.get(channel).copied().unwrap_or(0));
                    channel = if *control & 4 == 0 { channel } else { (channel + 1) % 4 };
                }
                return Ok(());
            }
            Model::Ina219 => self.compute_ina219(),
            Model::Registers => {}
        }
        if self.commands.is_empty() {
            self.registers(into);
            return Ok(());
        }
        let command = self.asked.and_then(|asked| self.commands.get_mut(asked)).ok_or(BusError::NoAnswer)?;
        let answer = &command.answers[command.turn];
        let Some(answer) = answer.get(..into.len()) else {
            return Err(BusError::Other(format!(
                "the `cmd {}` of this simulated chip answers {} bytes, and {} are read",
                shown(&command.begins),
                answer.len(),
                into.len()
            )));
        };
        into.copy_from_slice(answer);
        command.turn = (command.turn + 1).min(command.answers.len() - 1);
        Ok(())
    }

    /// Registers of 8 bits follow one another; one of 16 bits repeats itself.
    fn registers(&self, into: &mut [u8]) {
        for (i, byte) in into.iter_mut().enumerate() {
            let pointer = usize::from(self.pointer);
            let at = if self.width == 2 { pointer * 2 + i % 2 } else { (pointer + i) % 256 };
            *byte = (self.contents[at] | self.set[at]) & !self.clear[at];
        }
    }

    fn word(&self, register: usize) -> u16 {
        u16::from_be_bytes([self.contents[register * 2], self.contents[register * 2 + 1]])
    }

    /// Current = shunt × calibration / 4096, power = current × bus / 5000; beyond 16 bits the overflow bit is set.
    fn compute_ina219(&mut self) {
        let (shunt, bus) = (i64::from(self.word(1).cast_signed()), i64::from(self.word(2) >> 3));
        let current = shunt * i64::from(self.word(5) & 0xfffe) / 4096;
        let power = (current * bus / 5000).abs();
        let overflow = i16::try_from(current).is_err() || power > 32767;
        let (low, high) = (i64::from(i16::MIN), i64::from(i16::MAX));
        for (register, value) in [(4, current.clamp(low, high)), (3, power.min(high))] {
            let [.., high, low] = value.to_be_bytes();
            self.contents[register * 2..][..2].copy_from_slice(&[high, low]);
        }
        self.contents[5] = self.contents[5] & 0xf8 | 2 | u8::from(overflow);
    }
}

fn put(contents: &mut [u8], width: usize, register: u8, bytes: &[u8]) {
    for (i, byte) in bytes.iter().enumerate() {
        contents[(usize::from(register) * width + i) % (256 * width)] = *byte;
    }
}

impl Wire for Chips {
    fn transfer(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), BusError> {
        let chip = self.0.get_mut(&address).ok_or(BusError::NoAnswer)?;
        for operation in operations {
            chip.answers()?;
            match operation {
                Operation::Write(bytes) => chip.write(bytes)?,
                Operation::Read(bytes) => chip.read(bytes)?,
            }
        }
        Ok(())
    }
}
