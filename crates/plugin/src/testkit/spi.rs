//! A simulated SPI device that knows beforehand what it will be sent.

use embedded_hal::spi::Operation;

use crate::BusError;

/// What an SPI device is sent and answers, one transaction a line, in turn and then from the first one again: the bytes
/// that go out in hexadecimal, a colon, and those that come in.
///
/// ```text
/// 01 80 00 : 00 02 9a      a converter: start, channel 0 alone, and ten bits in what comes meanwhile
/// 8f : 33                  a register: its number goes out, then its contents come in
/// ```
#[derive(Debug, Clone, Default)]
pub struct SpiScript {
    turns: Vec<(Vec<u8>, Vec<u8>)>,
    next: usize,
}

impl SpiScript {
    /// A script as `text` describes it.
    ///
    /// # Errors
    /// The first line that says nothing known.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bytes = |words: &str| words.split_whitespace().map(|word| u8::from_str_radix(word, 16)).collect();
        let turn = |line: &str| {
            let (sent, answer) = line.split_once(':').unwrap_or((line, ""));
            match (bytes(sent), bytes(answer)) {
                (Ok(sent), Ok(answer)) => Ok((sent, answer)),
                _ => Err(format!("what is {line:?}?")),
            }
        };
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Ok(Self { turns: lines.map(turn).collect::<Result<_, _>>()?, next: 0 })
    }

    pub(crate) fn exchange(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), BusError> {
        let sent: Vec<u8> = operations.iter().flat_map(|operation| outgoing(operation).iter().copied()).collect();
        let Some((expected, answer)) = self.turns.get(self.next) else {
            return Err(BusError::Other("the script is empty".into()));
        };
        if *expected != sent {
            return Err(BusError::Other(format!("sent {sent:02x?}, and the script expects {expected:02x?}")));
        }
        self.next = (self.next + 1) % self.turns.len();
        let mut answer = answer.iter();
        for operation in operations {
            let into: &mut [u8] = match operation {
                Operation::Read(into) | Operation::Transfer(into, _) | Operation::TransferInPlace(into) => into,
                Operation::Write(_) | Operation::DelayNs(_) => &mut [],
            };
            // A line that nobody drives reads as ones.
            into.iter_mut().for_each(|byte| *byte = answer.next().copied().unwrap_or(0xff));
        }
        Ok(())
    }
}

fn outgoing<'o>(operation: &'o Operation<'_, u8>) -> &'o [u8] {
    match operation {
        Operation::Write(bytes) | Operation::Transfer(_, bytes) => bytes,
        Operation::TransferInPlace(bytes) => bytes,
        Operation::Read(_) | Operation::DelayNs(_) => &[],
    }
}
