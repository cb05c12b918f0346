//! A GPIO line as inputs see it, whichever way it is reached.

use std::io;
use std::os::fd::BorrowedFd;

/// Contact with one GPIO line that is an input.
pub trait Contact: Send {
    /// Where the kernel's records of its edges are read: each a `struct gpio_v2_line_event`. It does not block.
    fn source(&self) -> BorrowedFd<'_>;

    /// Whether it is active now.
    ///
    /// # Errors
    /// The system's.
    fn active(&mut self) -> io::Result<bool>;
}

/// An edge as the kernel writes it, a `struct gpio_v2_line_event`: at `nanos` of the monotonic clock, to active or to
/// inactive, with the number that it has among the edges of its line.
///
/// `timestamp_ns` stands at byte 0, `id` at 8, `offset` at 12, `seqno` at 16, `line_seqno` at 20; the rest is padding.
pub fn line_event(nanos: u64, active: bool, number: u32) -> [u8; 48] {
    let mut bytes = [0; 48];
    bytes[..8].copy_from_slice(&nanos.to_ne_bytes());
    bytes[8..12].copy_from_slice(&(if active { 1_u32 } else { 2 }).to_ne_bytes());
    bytes[16..20].copy_from_slice(&number.to_ne_bytes());
    bytes[20..24].copy_from_slice(&number.to_ne_bytes());
    bytes
}
