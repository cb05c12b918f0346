//! The spool's own limits, in one place.

/// The most memory that readings not yet on disk may take, in bytes: what a dead disk can cost.
pub const MEMORY: u64 = 4 * 1024 * 1024;
/// The unsynced tail from which on a commit is due at once, in bytes.
pub const UNSYNCED: u64 = 1024 * 1024;
/// So many quarters of that may be unsynced before readings that can wait give the outputs time.
pub const CROWDED: u64 = 2;
/// The largest append, in bytes: all of it is accepted or nothing, so it must fit into the memory that is promised.
pub const APPEND: u64 = 1024 * 1024;
/// The smallest bound for all logs together, in bytes.
pub const MAX_SIZE_FLOOR: u64 = 256 * 1024;
/// The most that dead letters may take, in bytes.
pub const DEAD_LETTERS: u64 = 4 * 1024 * 1024;
/// How long the cursor of a removed output is kept, in microseconds: 7 days.
pub const REMOVED_FOR: i64 = 7 * 24 * 3600 * 1_000_000;
/// Blocks of a segment are written ahead in pieces of this size, in bytes.
pub const CHUNK: u64 = 64 * 1024;
/// The longest that a frame of readings grows, in bytes: what a reader holds at a time.
pub const FRAME: usize = 16 * 1024;
/// What is left free on the disk for others, in bytes.
pub const RESERVE: u64 = 4 * 1024 * 1024;
/// How far a tail grows at least before it is begun anew, in bytes.
pub const TAIL: u64 = 1024 * 1024;
/// The bounds of a segment's size, in bytes.
pub const SEGMENT: std::ops::RangeInclusive<u64> = 64 * 1024..=512 * 1024;
/// How many inputs' ids a log keeps at hand.
pub const INPUTS: usize = 4096;
/// Of so many checkpoints one writes cursors although only their counts have changed.
pub const COUNTS_EVERY: u32 = 12;
