//! What an input needs for itself alone, so that two inputs on one pin are found before the start.

use std::fmt;
use std::path::PathBuf;

/// Something that only one input may have.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Claim {
    /// A line of a GPIO chip: the chip as it was named in the options, and the line's number.
    Line {
        /// Chip label, or `header` for the chip that carries the 40-pin header.
        chip: String,
        /// The line's number; on a Pi's header the BCM number.
        line: u32,
    },
    /// A device on an I2C bus.
    I2c {
        /// Number of the bus.
        bus: u8,
        /// Seven-bit address.
        address: u8,
    },
    /// A network port that is listened on.
    Port(u16),
    /// A file, or a glob, whose position is kept.
    File(PathBuf),
    /// A thing that many may use, as long as all go the same way to it.
    Way {
        /// The thing, in words that stand in a message.
        to: String,
        /// The way.
        by: String,
    },
    /// Anything else, in words that stand in a message.
    Other(String),
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { chip, line } if chip == "header" => write!(f, "pin {line}"),
            Self::Line { chip, line } => write!(f, "line {line} of {chip}"),
            Self::I2c { bus, address } => write!(f, "address 0x{address:02x} on I2C bus {bus}"),
            Self::Port(port) => write!(f, "port {port}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Way { to, by } => write!(f, "{to} by {by}"),
            Self::Other(words) => f.write_str(words),
        }
    }
}
