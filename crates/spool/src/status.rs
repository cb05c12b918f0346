//! What a spool says about itself. Plain data: nothing here may read a file or take a lock.

use streamer_reading::{BucketKey, Epoch};

/// The whole spool at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// One for each log, in order of bucket key.
    pub buckets: Vec<BucketStatus>,
    /// Bytes that all logs take together, on disk and in memory.
    pub bytes: u64,
    /// The bound for `bytes`.
    pub max_size: u64,
    /// Bytes that a power cut would take now.
    pub unsynced: u64,
    /// Whether the disk takes what it is given.
    pub disk: DiskState,
    /// Whether what is accepted now would survive a killed process.
    pub survives_a_kill: bool,
}

/// What became of the last attempt to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiskState {
    /// There is no disk: the spool was opened in memory, and promises nothing.
    None,
    /// The disk took all that it was given.
    Ok,
    /// The disk refuses; readings stay in memory until it takes them again.
    MemoryOnly {
        /// The epoch of the oldest reading that is in memory only, where there is one.
        since: Option<Epoch>,
        /// What the disk said.
        error: String,
        /// Whether a new attempt can help by itself: a full disk may be emptied, a format that is not ours may not.
        failures: u64,
    },
}

/// One bucket's log.
#[derive(Debug, Clone, PartialEq)]
pub struct BucketStatus {
    /// The bucket.
    pub bucket: BucketKey,
    /// Bytes that its log takes, on disk and in memory.
    pub bytes: u64,
    /// Its equal part of the bound.
    pub share: u64,
    /// Readings accepted since the spool was opened.
    pub accepted: u64,
    /// Readings refused since the spool was opened; they were never accepted, and are in nobody's books.
    pub refused: Refused,
    /// The output that inputs which can wait are waiting for, where they are.
    pub waits_for: Option<String>,
    /// One for each output, removed ones included.
    pub outputs: Vec<OutputStatus>,
}

/// Readings refused at the door, by cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Refused {
    /// The logs were over their bound, or the memory that stands in for a dead disk was full.
    pub full: u64,
    /// The append as a whole was too large.
    pub too_large: u64,
}

/// Accepted readings that an output will never get, by cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped {
    /// Cut because the logs were over their bound.
    pub full: u64,
    /// Taken by a fault of the disk, or with a folder that somebody removed.
    pub lost: u64,
    /// Given up with the cursor of an output that was removed.
    pub removed: u64,
}

impl Dropped {
    /// All causes together.
    pub const fn total(&self) -> u64 {
        self.full + self.lost + self.removed
    }
}

/// One output's books in one log: `accepted` is always `acknowledged + waiting + set_aside + dropped`.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputStatus {
    /// The output.
    pub output: String,
    /// Readings accepted since this output joined.
    pub accepted: u64,
    /// Readings that it acknowledged.
    pub acknowledged: u64,
    /// Readings that went to the dead letters instead.
    pub set_aside: u64,
    /// Readings that it will never get.
    pub dropped: Dropped,
    /// What is left.
    pub waiting: Waiting,
    /// Whether the next reading waits for a true clock.
    pub held: bool,
    /// Whether the output is no longer configured; its cursor is kept for a while.
    pub removed: bool,
}

/// What an output has still to get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// How many readings.
    pub readings: u64,
    /// Roughly how many bytes they take in the log.
    pub bytes: u64,
    /// The epoch of the oldest, as far as it is known without reading the disk.
    pub oldest: Option<Epoch>,
}
