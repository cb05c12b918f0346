//! A place in a log as the log itself orders it.

/// The number of the opening, then the count within it. `Mark::START` is before every reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Mark {
    pub opening: u32,
    pub count: u64,
}

impl Mark {
    pub const START: Self = Self { opening: 0, count: 0 };
    pub const END: Self = Self { opening: u32::MAX, count: u64::MAX - 1 };
}

/// One opening of the spool: its number orders it, its random id names it to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opening {
    pub number: u32,
    pub id: u64,
    pub boot: [u8; 16],
}

impl Opening {
    /// One that a reading belongs to and no file names: still another one than every other.
    pub const fn unknown(number: u32) -> Self {
        Self { number, id: number as u64, boot: [0; 16] }
    }
}
