//! A line that was asked for: its level, its queue, and what to say when it fails.

use std::fmt;
use std::io;
use std::os::fd::BorrowedFd;

use rustix::io::Errno;
use streamer_plugin::{Contact, InputError};

/// A line in use.
pub(crate) struct Line {
    contact: Box<dyn Contact>,
    place: String,
}

impl Line {
    /// A line that stands at `place`: `pin 17`, `line 3 of mcp23017`.
    pub(crate) fn new(contact: Box<dyn Contact>, place: String) -> Self {
        Self { contact, place }
    }

    pub(crate) fn source(&self) -> BorrowedFd<'_> {
        self.contact.source()
    }

    pub(crate) fn active(&mut self) -> Result<bool, InputError> {
        self.contact.active().map_err(|error| self.failed(&error))
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// What an error of the system means for a line that worked before.
    pub(crate) fn failed(&self, error: &io::Error) -> InputError {
        if matches!(Errno::from_io_error(error), Some(Errno::NODEV | Errno::NXIO)) {
            return self.gone();
        }
        InputError::again(format!("{}: {error}", self.place))
    }

    pub(crate) fn gone(&self) -> InputError {
        InputError::gone(format!("{}: its GPIO chip is gone; plug it in again, and it goes on by itself", self.place))
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}
