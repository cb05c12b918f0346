//! One output's place in one log, with its books.

use std::sync::Arc;
use std::task::Waker;

use streamer_reading::Epoch;

use crate::mark::Mark;
use crate::status::{Dropped, OutputStatus, Waiting};

/// All readings up to and including `at` are settled for this output.
#[derive(Debug)]
pub(crate) struct Cursor {
    pub output: Arc<str>,
    pub at: Mark,
    pub accepted: u64,
    pub acknowledged: u64,
    pub set_aside: u64,
    pub dropped: Dropped,
    pub waiting: u64,
    pub oldest: Option<Epoch>,
    /// The last reading that the reader was given and has not acknowledged.
    pub in_flight: Option<Mark>,
    pub held: bool,
    /// No longer configured; the epoch at which that was first noticed, once somebody told the time.
    pub removed: Option<Option<Epoch>>,
    pub has_reader: bool,
    pub waker: Option<Waker>,
}

impl Cursor {
    pub fn new(output: &str, at: Mark) -> Self {
        Self {
            output: output.into(),
            at,
            accepted: 0,
            acknowledged: 0,
            set_aside: 0,
            dropped: Dropped::default(),
            waiting: 0,
            oldest: None,
            in_flight: None,
            held: false,
            removed: None,
            has_reader: false,
            waker: None,
        }
    }

    pub fn status(&self, bytes: u64) -> OutputStatus {
        OutputStatus {
            output: self.output.to_string(),
            accepted: self.accepted,
            acknowledged: self.acknowledged,
            set_aside: self.set_aside,
            dropped: self.dropped,
            waiting: Waiting {
                readings: self.waiting,
                bytes,
                oldest: if self.waiting > 0 { self.oldest } else { None },
            },
            held: self.held && self.waiting > 0,
            removed: self.removed.is_some(),
        }
    }
}
