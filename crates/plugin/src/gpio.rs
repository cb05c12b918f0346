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
