//! Where a line is, as a person wrote it: what is wrong with that, what it claims, and what it is called.

use streamer_plugin::Claim;
use streamer_plugin::options::{Faults, Pin};
use streamer_plugin::reading::word;

use crate::chips::is_header;
use crate::options::Backend;

/// The most lines that the header's chip of any Raspberry Pi has.
const MOST_LINES: u32 = 58;

/// A line, as it stands in a configuration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'o> {
    pub(crate) pin: Option<&'o Pin>,
    pub(crate) chip: Option<&'o str>,
    pub(crate) line: Option<&'o Pin>,
    pub(crate) backend: Backend,
}

impl<'o> Place<'o> {
    pub(crate) fn check(&self, faults: &mut Faults) {
        match (self.pin, self.chip, self.line) {
            (Some(_), None, None) | (None, Some(_), Some(_)) => {}
            (None, None, None) => {
                faults.add_with_help(
                    "pin",
                    "which line is missing",
                    "such as pin = 17, or chip = \"mcp23017\" and line = 3",
                );
            }
            (None, None, Some(_)) => {
                faults.add("line", "a line belongs to a `chip`; on the header of a Raspberry Pi it is called `pin`");
            }
            (None, Some(_), None) => faults.add("chip", "which `line` of the chip is missing"),
            (Some(_), Some(_), None) => faults.add("pin", "with `chip`, the option is called `line`"),
            (Some(_), _, Some(_)) => faults.add("line", "either `pin`, or `chip` and `line`"),
        }
        if let Some(number) = self.pin.and_then(Pin::number)
            && number >= MOST_LINES
        {
            faults.add_with_help(
                "pin",
                format!("no Raspberry Pi has a pin {number}"),
                "the header has the BCM numbers 0 to 27",
            );
        }
        if let Some(Pin::Header(_)) = self.line {
            faults.add("line", "only the header has places such as \"P11\"; give the line's number or name");
        }
        if self.backend == Backend::Rppal {
            if self.chip.is_some() {
                faults
                    .add("chip", "`backend` \"rppal\" knows the header's chip only, where the option is called `pin`");
            }
            if self.pin.is_some_and(|pin| pin.number().is_none()) {
                faults.add("pin", "`backend` \"rppal\" knows BCM numbers only, not the kernel's names");
            }
        }
    }

    /// The line and the chip it is on, where that can be said without looking.
    fn stands_at(&self) -> Option<(&'o str, &'o Pin)> {
        match (self.pin, self.chip, self.line) {
            (Some(pin), ..) => Some(("header", pin)),
            (None, Some(chip), Some(line)) => Some((if is_header(chip) { "header" } else { chip }, line)),
            _ => None,
        }
    }

    pub(crate) fn claims(&self) -> Vec<Claim> {
        let Some((chip, pin)) = self.stands_at() else { return Vec::new() };
        let claim = match pin.number() {
            Some(line) => Claim::Line { chip: chip.into(), line },
            None => Claim::Other(format!("the line {pin}")),
        };
        let to = if chip == "header" { "the header's GPIO chip".to_owned() } else { format!("the GPIO chip {chip}") };
        vec![claim, Claim::Way { to, by: self.backend.name().into() }]
    }

    pub(crate) fn natural_key(&self) -> String {
        match (self.stands_at(), self.chip) {
            (Some((_, line)), Some(chip)) => format!("{chip}-{line}"),
            (Some((_, pin)), None) => pin.number().map_or_else(|| pin.to_string(), |number| number.to_string()),
            (None, _) => String::new(),
        }
    }

    /// The key where none is given.
    pub(crate) fn default_key(&self) -> String {
        match self.pin {
            Some(Pin::Name(name)) if self.pin.and_then(Pin::number).is_none() => word(name),
            _ => word(&format!("gpio_{}", self.natural_key())),
        }
    }
}
