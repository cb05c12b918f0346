//! What the kernel says of one edge, and the queue from which its records are read.
//!
//! A record is a `struct gpio_v2_line_event` of the kernel's header, 48 bytes in the byte order of the machine. This file
//! knows bytes and file descriptors; what an edge means is the follower's affair.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::io::Errno;

/// One edge, as the kernel saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Nanoseconds of the kernel's monotonic clock.
    pub nanos: u64,
    /// Whether the line became active; else it became inactive.
    pub active: bool,
    /// Counts the edges of this line since it was asked for; the first is 1.
    pub number: u32,
}

impl Record {
    /// Bytes of a record.
    pub const SIZE: usize = 48;

    /// Reads a record; none where it tells of no edge.
    ///
    /// `timestamp_ns` stands at byte 0, `id` at 8, `offset` at 12, `seqno` at 16, `line_seqno` at 20; the rest is padding.
    pub fn decode(bytes: &[u8; Self::SIZE]) -> Option<Self> {
        let word = |at: usize| u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let active = match word(8) {
            1 => true,
            2 => false,
            _ => return None,
        };
        let (stamp, _) = bytes.split_at(8);
        Some(Self { nanos: stamp.try_into().map(u64::from_ne_bytes).ok()?, active, number: word(20) })
    }
}

/// Room for the records of one read.
const ROOM: usize = 64 * Record::SIZE;

/// What one read brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Took {
    /// Records, and there may be more.
    Some,
    /// All that there is for now.
    All,
    /// The other end is gone.
    Gone,
}

/// The queue of a line's records. It never waits.
#[derive(Debug)]
pub struct Queue {
    room: Box<[u8; ROOM]>,
    /// Bytes of a record whose rest has not come yet. The kernel writes whole records, a pipe may cut them.
    filled: usize,
}

impl Default for Queue {
    fn default() -> Self {
        Self { room: Box::new([0; ROOM]), filled: 0 }
    }
}

impl Queue {
    /// Reads once from `source`, which must not block, and hands out what came. Where the records tell of no edge, none is
    /// handed out; the next record's number tells that there was one.
    ///
    /// # Errors
    /// The system's, but for those that say that there is nothing or nobody there.
    pub fn take(&mut self, source: BorrowedFd<'_>, each: &mut dyn FnMut(Record)) -> io::Result<Took> {
        let read = match rustix::io::read(source, &mut self.room[self.filled..]) {
            Ok(0) | Err(Errno::NODEV) => return Ok(Took::Gone),
            Ok(read) => read,
            Err(Errno::AGAIN | Errno::INTR) => return Ok(Took::All),
            Err(error) => return Err(error.into()),
        };
        let end = self.filled + read;
        let (records, rest) = self.room[..end].as_chunks::<{ Record::SIZE }>();
        records.iter().filter_map(Record::decode).for_each(each);
        let (whole, left) = (end - rest.len(), rest.len());
        self.room.copy_within(whole..end, 0);
        self.filled = left;
        Ok(if end == ROOM { Took::Some } else { Took::All })
    }
}
