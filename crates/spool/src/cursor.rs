//! One output's place in one log, with its books.

use std::sync::Arc;
use std::task::Waker;

use streamer_reading::Epoch;

use crate::item::SavedCursor;
use crate::mark::Mark;
use crate::status::{Dropped, OutputStatus, Waiting};

/// All readings up to and including `at` are settled for this output.
#[derive(Debug)]
pub(crate) struct Cursor {
    pub output: Arc<str>,
    pub at: Mark,
    /// Where it stands on disk, and where the commit under way puts it.
    pub saved: Mark,
    pub saving: Mark,
    pub accepted: u64,
    pub acknowledged: u64,
    pub set_aside: u64,
    pub dropped: Dropped,
    pub waiting: u64,
    /// Readings that the disk should have had at the start and had not.
    pub lost_at_start: u64,
    pub oldest: Option<Epoch>,
    /// The last reading that the reader was given and has not acknowledged.
    pub in_flight: Option<Mark>,
    pub held: bool,
    /// No longer configured; the epoch at which that was first noticed, once somebody told the time.
    pub removed: Option<Option<Epoch>>,
    pub has_reader: bool,
    /// Who is to be woken, and from how many waiting readings on.
    pub waker: Option<(Waker, u64)>,
}

impl Cursor {
    pub fn new(output: &str, at: Mark) -> Self {
        Self {
            output: output.into(),
            at,
            saved: Mark::START,
            saving: Mark::START,
            accepted: 0,
            acknowledged: 0,
            set_aside: 0,
            dropped: Dropped::default(),
            waiting: 0,
            lost_at_start: 0,
            oldest: None,
            in_flight: None,
            held: false,
            removed: None,
            has_reader: false,
            waker: None,
        }
    }

    /// As the disk keeps it; `waiting` are the readings behind it that are on disk.
    pub fn save(&self, waiting: u64) -> SavedCursor {
        SavedCursor {
            output: self.output.clone(),
            at: self.at,
            acknowledged: self.acknowledged,
            set_aside: self.set_aside,
            dropped: self.dropped,
            waiting,
            removed: self.removed,
        }
    }

    pub fn restore(&mut self, saved: &SavedCursor) {
        self.at = saved.at;
        self.acknowledged = saved.acknowledged;
        self.set_aside = saved.set_aside;
        self.dropped = saved.dropped;
        self.removed = saved.removed;
    }

    /// Readings that are done with, one way or another.
    pub fn done(&self) -> u64 {
        self.acknowledged + self.set_aside + self.dropped.total()
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
