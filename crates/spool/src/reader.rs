//! The reading end of one bucket's log: one output's cursor. It cannot append.

use std::fmt;
use std::sync::Arc;
use std::task::Waker;

use streamer_reading::{Epoch, Reading};

use crate::book::{Book, Pending};
use crate::entry::{Quality, Record, Seq};
use crate::log::Log;
use crate::mark::{Mark, Opening};
use crate::state::State;
use crate::status::Waiting;

/// The most that one batch may hold; a batch has at least one reading where one waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// How many readings.
    pub events: usize,
    /// Roughly how many bytes of keys and values.
    pub bytes: usize,
}

impl Limit {
    /// Bounds the number of readings alone.
    pub const fn events(events: usize) -> Self {
        Self { events, bytes: usize::MAX }
    }
}

/// What comes next for an output.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Readings to deliver, oldest first.
    Batch(Batch),
    /// All that was accepted is settled.
    Nothing,
    /// The next reading waits until the clock of this boot is known to be right.
    Held,
    /// Readings of a boot that ended before its clock was right: for the dead letters. Their epochs are what the wrong
    /// clock said, their order is true.
    NeverKnown(Batch),
}

/// Readings in order of acceptance; never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The readings.
    pub records: Vec<Record>,
}

impl Batch {
    /// The place of the last reading: what to acknowledge when all of them are delivered.
    pub fn last(&self) -> Seq {
        self.records.last().map_or(Seq { opening: 0, count: 0 }, |r| r.seq)
    }
}

/// One output's reading end of one log. Dropping it gives up the batch in flight, which then comes again.
pub struct Reader {
    log: Log,
    output: Arc<str>,
}

impl Reader {
    pub(crate) fn new(log: Log, output: Arc<str>) -> Self {
        Self { log, output }
    }

    /// The output whose cursor this is.
    pub fn output(&self) -> &str {
        &self.output
    }

    /// The log that it reads.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The readings after the cursor. The cursor stays: without an acknowledgement, the same call gives the same
    /// readings, whatever was accepted meanwhile. They are in flight then, and are never cut.
    pub fn next(&mut self, limit: Limit) -> Next {
        let mut state = self.log.shared.lock();
        let state = &mut *state;
        let Some(cursor) = state.books[self.log.book].cursor(&self.output) else { return Next::Nothing };
        let (from, in_flight) = {
            let cursor = &state.books[self.log.book].cursors[cursor];
            (cursor.at, cursor.in_flight)
        };
        let mut records = Vec::new();
        let mut bytes = 0;
        let mut kind = None;
        let book = &state.books[self.log.book];
        let start = book.pending.partition_point(|p| p.mark <= from);
        for pending in book.pending.range(start..) {
            if in_flight.is_some_and(|last| pending.mark > last) || records.len() >= limit.events.max(1) {
                break;
            }
            let size = weight(pending);
            if !records.is_empty() && bytes + size > limit.bytes {
                break;
            }
            let (record, standing) = state.stamp(pending);
            if *kind.get_or_insert(standing) != standing {
                break;
            }
            if standing == Standing::Held {
                break;
            }
            bytes += size;
            records.push((pending.mark, record));
        }
        let last = records.last().map(|(mark, _)| *mark);
        let cursor = &mut state.books[self.log.book].cursors[cursor];
        cursor.held = kind == Some(Standing::Held);
        if cursor.in_flight.is_none() {
            cursor.in_flight = last;
        }
        let batch = Batch { records: records.into_iter().map(|(_, record)| record).collect() };
        match kind {
            None => Next::Nothing,
            Some(Standing::Known) => Next::Batch(batch),
            Some(Standing::Held) => Next::Held,
            Some(Standing::NeverKnown) => Next::NeverKnown(batch),
        }
    }

    /// Settles all readings up to and including `through`: they were delivered. Only what [`Reader::next`] gave can be
    /// settled; more than that is ignored.
    pub fn ack(&mut self, through: Seq) {
        self.settle(through, 0);
    }

    /// Settles all readings up to and including `through`, of which the last `aside` are now among the dead letters
    /// and the rest was delivered.
    pub fn set_aside(&mut self, through: Seq, aside: u64) {
        self.settle(through, aside);
    }

    fn settle(&mut self, through: Seq, aside: u64) {
        {
            let mut state = self.log.shared.lock();
            let Some(opening) = state.opening_of(through.opening) else { return };
            let book = &mut state.books[self.log.book];
            let Some(cursor) = book.cursor(&self.output) else { return };
            book.acknowledge(cursor, Mark { opening, count: through.count }, aside);
        }
        self.log.shared.room.notify_all();
    }

    /// What this output has still to get, the batch in flight included.
    pub fn waiting(&self) -> Waiting {
        let state = self.log.shared.lock();
        let book = &state.books[self.log.book];
        book.cursor(&self.output).map_or_else(Waiting::default, |c| book.waiting(c))
    }

    /// Wakes `waker` once, at the next append, offset record or close. Register first, then look with
    /// [`Reader::next`]: so nothing is missed in between.
    pub fn register(&self, waker: &Waker) {
        let mut state = self.log.shared.lock();
        let book = &mut state.books[self.log.book];
        if let Some(cursor) = book.cursor(&self.output) {
            book.cursors[cursor].waker = Some(waker.clone());
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.log.shared.lock();
        let book = &mut state.books[self.log.book];
        if let Some(cursor) = book.cursor(&self.output) {
            let cursor = &mut book.cursors[cursor];
            cursor.has_reader = false;
            cursor.in_flight = None;
            cursor.waker = None;
        }
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("bucket", &self.log.bucket).field("output", &self.output).finish_non_exhaustive()
    }
}

/// Whether a reading's epoch can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Known,
    Held,
    NeverKnown,
}

impl State {
    /// The record as the output sees it: corrected where the clock of its boot is known.
    fn stamp(&self, pending: &Pending) -> (Record, Standing) {
        let Opening { id, boot, .. } = self.opening_by_number(pending.mark.opening);
        let (epoch, quality, standing) = match (pending.quality, self.offsets.get(&boot)) {
            (Quality::Suspect, Some(offset)) => {
                let since_boot = i64::try_from(pending.since_boot).unwrap_or(i64::MAX);
                (Epoch::from_micros(since_boot).plus_micros(*offset), Quality::Trusted, Standing::Known)
            }
            (Quality::Suspect, None) if boot == self.opening.boot => (pending.epoch, Quality::Suspect, Standing::Held),
            (Quality::Suspect, None) => (pending.epoch, Quality::Suspect, Standing::NeverKnown),
            (quality, _) => (pending.epoch, quality, Standing::Known),
        };
        let record = Record {
            seq: Seq { opening: id, count: pending.mark.count },
            reading: Reading::new(pending.key.clone(), pending.value.clone(), epoch),
            quality,
            input: pending.input.clone(),
            since_boot: pending.since_boot,
            boot,
        };
        (record, standing)
    }
}

impl Book {
    pub(crate) fn waiting(&self, cursor: usize) -> Waiting {
        let cursor = &self.cursors[cursor];
        let start = self.pending.partition_point(|p| p.mark <= cursor.at);
        let bytes = self.pending.range(start..).map(|p| weight(p) as u64).sum();
        Waiting { readings: cursor.waiting, bytes, oldest: if cursor.waiting > 0 { cursor.oldest } else { None } }
    }
}

fn weight(pending: &Pending) -> usize {
    let value = if let streamer_reading::Value::Text(text) = &pending.value { text.as_str().len() } else { 8 };
    pending.key.as_str().len() + value
}
