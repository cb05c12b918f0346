//! The spool's own limits, in one place.

/// The most memory that readings not yet on disk may take, in bytes: what a dead disk can cost.
pub const MEMORY: u64 = 4 * 1024 * 1024;
/// The unsynced tail from which on a commit is due at once, in bytes.
pub const UNSYNCED: u64 = 1024 * 1024;
/// The largest append, in bytes: all of it is accepted or nothing, so it must fit into the memory that is promised.
pub const APPEND: u64 = 1024 * 1024;
/// The smallest bound for all logs together, in bytes.
pub const MAX_SIZE_FLOOR: u64 = 256 * 1024;
/// The most that dead letters may take, in bytes.
pub const DEAD_LETTERS: u64 = 4 * 1024 * 1024;
/// How long the cursor of a removed output is kept, in microseconds: 7 days.
pub const REMOVED_FOR: i64 = 7 * 24 * 3600 * 1_000_000;
