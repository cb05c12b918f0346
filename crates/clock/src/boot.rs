//! Which boot of the machine a time since boot belongs to, and how it is made wall time once the clock is right.

use std::fmt;
use std::hash::{BuildHasher, RandomState};

use streamer_reading::Epoch;

use crate::{Moment, SinceBoot};

/// One boot of one machine: no two have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BootId([u8; 16]);

impl BootId {
    /// From its sixteen bytes, as [`BootId::bytes`] gave them.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The sixteen bytes, for a file.
    pub const fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// From the kernel's spelling, `b7e5…-…` with or without its dashes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits: String = text.trim().chars().filter(|c| *c != '-').collect();
        // The sign that `from_str_radix` would accept is no digit.
        if digits.len() != 32 || digits.starts_with('+') {
            return None;
        }
        u128::from_str_radix(&digits, 16).ok().map(|id| Self(id.to_be_bytes()))
    }

    /// An id that nothing else has: where the kernel does not tell the boot, each process counts as a boot of its own,
    /// because two boots taken for one would give readings a false time.
    pub(crate) fn unknown() -> Self {
        let half = || u128::from(RandomState::new().hash_one(0_u8));
        Self((half() << 64 | half()).to_be_bytes())
    }
}

/// In the kernel's spelling: `1b671a64-40d5-491e-99b0-da01ff1f3341`.
impl fmt::Display for BootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            let dash = if matches!(place, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}

/// What turns a time since one boot into wall time: `wall = since boot + micros`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    /// The boot that it holds for.
    pub boot: BootId,
    /// Microseconds to add.
    pub micros: i64,
}

impl Offset {
    /// The offset that a moment of a right clock shows.
    pub fn of(boot: BootId, moment: Moment) -> Self {
        Self { boot, micros: moment.wall_ahead() }
    }

    /// The wall time of an instant of this boot.
    ///
    /// ```
    /// use streamer_clock::{BootId, Offset, SinceBoot};
    /// let offset = Offset { boot: BootId::from_bytes([7; 16]), micros: 1_790_000_000_000_000 };
    /// assert_eq!(offset.wall(SinceBoot::from_micros(5)).to_string(), "1790000000.000005");
    /// ```
    pub fn wall(self, at: SinceBoot) -> Epoch {
        Epoch::from_micros(i64::try_from(at.micros()).unwrap_or(i64::MAX)).plus_micros(self.micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_spelling_comes_back() {
        let text = "1b671a64-40d5-491e-99b0-da01ff1f3341";
        assert_eq!(BootId::parse(&format!("{text}\n")).unwrap().to_string(), text);
        assert_eq!(BootId::parse("+b671a64-40d5-491e-99b0-da01ff1f3341"), None);
        assert_eq!(BootId::parse(""), None);
    }

    #[test]
    fn unknown_boots_are_never_one() {
        assert_ne!(BootId::unknown(), BootId::unknown());
    }
}
