//! The reading end of one bucket's log: one output's cursor. It cannot append.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::task::Waker;

use streamer_reading::{Epoch, Reading};

use crate::book::Pending;
use crate::entry::{Quality, Record, Seq};
use crate::log::Log;
use crate::mark::{Mark, Opening};
use crate::scan::{Fetch, Scan};
use crate::state::State;
use crate::status::Waiting;
use crate::unread::Unread;

/// How often the disk may fail to give a frame before the rest of its segment is given up.
const PATIENCE: u32 = 3;

/// The most that one batch may hold; a batch has at least one reading where one waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// How many readings.
    pub events: usize,
    /// Roughly how many bytes, in a form of text that names key, value and epoch of each.
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
    /// Readings from disk that are not settled yet: a frame is read once, however small the batches are.
    ahead: VecDeque<Pending>,
    scan: Option<Scan>,
    cuts: u64,
    failures: u32,
}

/// A batch under construction.
#[derive(Default)]
struct Gathered {
    records: Vec<Record>,
    bytes: usize,
    standing: Option<Standing>,
    last: Option<Mark>,
    first_epoch: Option<Epoch>,
    full: bool,
}

impl Reader {
    pub(crate) fn new(log: Log, output: Arc<str>) -> Self {
        Self { log, output, ahead: VecDeque::new(), scan: None, cuts: 0, failures: 0 }
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
    ///
    /// It waits for the disk where they have to be read; [`Reader::at_hand`] does not.
    pub fn next(&mut self, limit: Limit) -> Next {
        loop {
            let unread = match self.at_hand(limit) {
                Ok(next) => return next,
                Err(unread) => unread,
            };
            if !self.have_read(unread.read()) {
                return Next::Nothing;
            }
        }
    }

    /// As [`Reader::next`], where that needs no disk; else what has to be read first. That can be done on another thread,
    /// and dropped if it takes too long: [`Reader::have_read`] takes what came of it, then this is to be called again.
    ///
    /// # Errors
    /// [`Unread`], if readings have to be read.
    pub fn at_hand(&mut self, limit: Limit) -> Result<Next, Box<Unread>> {
        loop {
            let fetch = match self.gather(limit) {
                Ok(next) => return Ok(next),
                Err(fetch) => fetch,
            };
            let Some(disk) = self.log.shared.disk.clone() else { return Ok(Next::Nothing) };
            let (ahead, scan) = (std::mem::take(&mut self.ahead), self.scan.take());
            let read = Unread::new(fetch, disk, ahead, scan, limit.events).at_hand()?;
            if !self.have_read(read) {
                return Ok(Next::Nothing);
            }
        }
    }

    /// Takes what was read. `false`: the disk does not give it now.
    #[must_use]
    pub fn have_read(&mut self, read: Box<Unread>) -> bool {
        let Unread { fetch, ahead, scan, result, .. } = *read;
        (self.ahead, self.scan) = (ahead, scan);
        match result {
            Ok(true) => self.failures = 0,
            // The frame is damaged, or the file is no longer the one that it was.
            Ok(false) => self.give_up(&fetch),
            Err(error) if error.kind() == io::ErrorKind::NotFound || self.failures >= PATIENCE => {
                self.failures = 0;
                self.give_up(&fetch);
            }
            Err(_) => {
                self.failures += 1;
                self.scan = None;
                return false;
            }
        }
        true
    }

    /// Builds the next batch from what is in memory, or says which segment must be read first.
    fn gather(&mut self, limit: Limit) -> Result<Next, Box<Fetch>> {
        let mut state = self.log.shared.lock();
        let book = &state.books[self.log.book];
        let Some(index) = book.cursor(&self.output) else { return Ok(Next::Nothing) };
        if book.cuts != self.cuts {
            self.cuts = book.cuts;
            self.ahead.clear();
            self.scan = None;
        }
        let (at, in_flight) = (book.cursors[index].at, book.cursors[index].in_flight);
        while self.ahead.pop_front_if(|p| p.mark <= at).is_some() {}
        let through = in_flight.unwrap_or(Mark::END);
        let waiting = usize::try_from(book.cursors[index].waiting).unwrap_or(usize::MAX);
        let mut gathered = Gathered::default();
        for pending in self.ahead.iter().take_while(|p| p.mark <= through) {
            if !gathered.take(&state, pending, limit, waiting) {
                break;
            }
        }
        if !gathered.full {
            let after = self.ahead.back().map_or(at, |p| p.mark);
            if after < through
                && let Some(segment) = book.segments.iter().find(|s| s.runs.after(after) > 0)
                && segment.runs.first().is_some_and(|first| first <= through)
            {
                return Err(Box::new(Fetch { bucket: book.bucket.clone(), segment: segment.clone(), after }));
            }
            let start = book.pending.partition_point(|p| p.mark <= after);
            for pending in book.pending.range(start..).take_while(|p| p.mark <= through) {
                if !gathered.take(&state, pending, limit, waiting) {
                    break;
                }
            }
        }
        let first = gathered.first_epoch;
        let cursor = &mut state.books[self.log.book].cursors[index];
        cursor.held = gathered.standing == Some(Standing::Held);
        cursor.oldest = first.or(cursor.oldest);
        if cursor.in_flight.is_none() {
            cursor.in_flight = gathered.last;
        }
        let batch = Batch { records: gathered.records };
        Ok(match gathered.standing {
            None => Next::Nothing,
            Some(Standing::Known) => Next::Batch(batch),
            Some(Standing::Held) => Next::Held,
            Some(Standing::NeverKnown) => Next::NeverKnown(batch),
        })
    }

    /// What cannot be read of a segment is lost, and counted.
    fn give_up(&mut self, fetch: &Fetch) {
        self.scan = None;
        let mut state = self.log.shared.lock();
        let book = &mut state.books[self.log.book];
        if book.cuts != self.cuts {
            return;
        }
        let after = self.ahead.back().map_or(fetch.after, |p| p.mark);
        book.lose(fetch.segment.number, after);
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

    /// Notes that so many of the readings which were set aside have been delivered after all.
    pub fn acknowledge_late(&mut self, count: u64) {
        {
            let mut state = self.log.shared.lock();
            let book = &mut state.books[self.log.book];
            let Some(index) = book.cursor(&self.output) else { return };
            let cursor = &mut book.cursors[index];
            let count = count.min(cursor.set_aside);
            cursor.set_aside -= count;
            cursor.acknowledged += count;
            book.changes += 1;
            state.note_cursor(self.log.book, index);
        }
        self.log.shared.flush_tail_queue();
    }

    fn settle(&mut self, through: Seq, aside: u64) {
        {
            let mut state = self.log.shared.lock();
            let Some(opening) = state.opening_of(through.opening) else { return };
            let book = &mut state.books[self.log.book];
            let Some(cursor) = book.cursor(&self.output) else { return };
            let through = Mark { opening, count: through.count };
            let ahead = self.ahead.get(self.ahead.partition_point(|p| p.mark <= through)).map(|p| p.epoch);
            if !book.acknowledge(cursor, through, aside, ahead) {
                return;
            }
            state.note_cursor(self.log.book, cursor);
        }
        self.log.shared.flush_tail_queue();
        self.log.shared.room.notify_all();
    }

    /// What this output has still to get, the batch in flight included.
    pub fn waiting(&self) -> Waiting {
        let state = self.log.shared.lock();
        let book = &state.books[self.log.book];
        book.cursor(&self.output).map_or_else(Waiting::default, |c| book.waiting(c))
    }

    /// How many readings wait: [`Waiting::readings`] without the rest, which has to be added up.
    pub fn owed(&self) -> u64 {
        let state = self.log.shared.lock();
        let book = &state.books[self.log.book];
        book.cursor(&self.output).map_or(0, |cursor| book.cursors[cursor].waiting)
    }

    /// Whether readings that can wait give way until what this output owes is taken: nothing need be gathered then.
    pub fn is_awaited(&self) -> bool {
        let state = self.log.shared.lock();
        let book = &state.books[self.log.book];
        let cursor = book.cursor(&self.output).map(|cursor| &book.cursors[cursor]);
        cursor.is_some_and(|cursor| cursor.waiting > 0 && cursor.at < book.awaited)
    }

    /// Wakes `waker` once, at the next append, offset record or close. Register first, then look with
    /// [`Reader::next`]: so nothing is missed in between.
    pub fn register(&self, waker: &Waker) {
        self.register_at(waker, 0);
    }

    /// As [`Reader::register`], but an append wakes only once at least so many readings wait, or once it gives way to
    /// this output: who gathers a batch need not be told of each of them.
    pub fn register_at(&self, waker: &Waker, readings: u64) {
        let mut state = self.log.shared.lock();
        let book = &mut state.books[self.log.book];
        if let Some(cursor) = book.cursor(&self.output) {
            book.cursors[cursor].waker = Some((waker.clone(), readings));
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
        let suspect = |standing| (pending.epoch, Quality::Suspect, standing);
        let (epoch, quality, standing) = match pending.quality {
            Quality::Suspect => match self.offsets.get(&boot) {
                Some(offset) => {
                    let since_boot = i64::try_from(pending.since_boot).unwrap_or(i64::MAX);
                    (Epoch::from_micros(since_boot).plus_micros(*offset), Quality::Trusted, Standing::Known)
                }
                None if boot == self.opening.boot => suspect(Standing::Held),
                None => suspect(Standing::NeverKnown),
            },
            quality => (pending.epoch, quality, Standing::Known),
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

impl Gathered {
    /// Adds a reading where it still fits and is of the same kind; `false` ends the batch. So many wait at most.
    fn take(&mut self, state: &State, pending: &Pending, limit: Limit, waiting: usize) -> bool {
        let size = weight(pending);
        self.first_epoch.get_or_insert(pending.epoch);
        let fits = self.records.is_empty() || (self.records.len() < limit.events && self.bytes + size <= limit.bytes);
        let (record, standing) = if fits { state.stamp(pending) } else { return self.end() };
        if *self.standing.get_or_insert(standing) != standing || standing == Standing::Held {
            return self.end();
        }
        if self.records.is_empty() {
            // Grown step by step, many records are moved as often as they are gathered.
            self.records.reserve(waiting.min(limit.events).min(limit.bytes / size + 1));
        }
        self.bytes += size;
        self.records.push(record);
        self.last = Some(pending.mark);
        if self.records.len() >= limit.events { self.end() } else { true }
    }

    fn end(&mut self) -> bool {
        self.full = true;
        false
    }
}

/// As the forms of text go that outputs write: a batch that is larger than its call is sent in two.
fn weight(pending: &Pending) -> usize {
    let value = if let streamer_reading::Value::Text(text) = &pending.value { text.as_str().len() + 2 } else { 24 };
    pending.key.as_str().len() + value + 56
}
