//! Where a spool lies, and how it behaves.

use std::path::PathBuf;

use crate::limits;

/// The two folders of a spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The state folder, on the disk that shall keep the readings. Made if it is missing.
    pub state: PathBuf,
    /// The base of the runtime folder, where unsynced readings survive a killed process. It counts only where it is a
    /// memory file system; each state folder gets a folder of its own below it. Without it, unsynced readings go
    /// through the page cache into a file of the state folder.
    pub runtime: Option<PathBuf>,
}

/// What gives way when the logs are over their bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFull {
    /// The oldest readings, counted. Never one of an input that can wait: then the newest of the others are refused.
    #[default]
    DropOldest,
    /// The newest readings are refused, counted.
    DropNewest,
}

/// How a spool behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The bound for all logs together, in bytes; at least 256 KB.
    pub max_size: u64,
    /// What gives way beyond it.
    pub on_full: OnFull,
    /// Each append is on disk before it counts. Only then may an append wait for the disk.
    pub sync_always: bool,
    /// The most memory, in bytes, that readings may take which are not on disk yet.
    pub memory: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_size: 64_000_000, on_full: OnFull::DropOldest, sync_always: false, memory: limits::MEMORY }
    }
}
