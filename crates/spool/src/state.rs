//! What the whole spool knows in memory, behind one lock that no one may hold while waiting for a disk.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use streamer_reading::BucketKey;

use crate::book::Book;
use crate::bound::Cutted;
use crate::committer::{Committer, Extent, Written};
use crate::disk;
use crate::item::Cutting;
use crate::limits;
use crate::mark::{Mark, Opening};
use crate::options::Options;
use crate::scan::ReadDisk;
use crate::tail::Tail;
use crate::way::Way;

/// How long an append waits for another one that writes for both, before it goes on without being safe from a kill.
const PATIENCE: Duration = Duration::from_millis(200);

/// Shared by every handle of one spool.
#[derive(Debug)]
pub(crate) struct Shared {
    pub options: Options,
    state: Mutex<State>,
    /// Something left the spool, or it was closed.
    pub room: Condvar,
    /// A commit is due before its time, or the spool was closed.
    pub work: Condvar,
    /// A piece of the tail was written.
    tail_written: Condvar,
    /// None: the spool is in memory. Whoever holds this may wait for the disk, and must not hold the state then.
    pub committer: Option<Mutex<Committer>>,
    /// Where readers read.
    pub disk: Option<ReadDisk>,
}

/// What the disk said when it last refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub error: String,
    pub failures: u64,
}

/// What the committer is woken for before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Early {
    Commit,
    /// All that is in the tail may have been delivered long ago.
    Tail,
}

#[derive(Debug)]
pub(crate) struct State {
    pub books: Vec<Book>,
    pub by_bucket: HashMap<BucketKey, usize>,
    pub opening: Opening,
    /// In order of their numbers.
    pub openings: Vec<Opening>,
    /// Wall clock minus time since boot, for the boots of which that is known.
    pub offsets: HashMap<[u8; 16], i64>,
    /// The size of a segment, in bytes; 0 where there is no disk.
    pub segment_size: u64,
    pub tail: Option<Tail>,
    /// The tail speaks of readings that are gone.
    pub tail_stale: bool,
    /// Orders the places of streams.
    pub tick: u64,
    /// The committer thread was told already that a commit is due, and has not come yet.
    pub told: bool,
    pub way: Way,
    pub fault: Option<Fault>,
    pub closed: bool,
}

impl Shared {
    pub fn new(options: Options, state: State, committer: Option<Committer>) -> Self {
        let disk = committer.as_ref().map(|c| ReadDisk { disk: c.home.disk.clone(), spool: c.home.spool.clone() });
        Self {
            options,
            disk,
            state: Mutex::new(state),
            room: Condvar::new(),
            work: Condvar::new(),
            tail_written: Condvar::new(),
            committer: committer.map(Mutex::new),
        }
    }

    /// A panic under this lock is a bug of ours, but the readings behind it are still the user's: go on with them.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commits, and notes how the disk stands.
    pub fn commit(&self, extent: Extent) -> Written {
        let Some(committer) = &self.committer else { return Written::default() };
        let mut committer = committer.lock().unwrap_or_else(PoisonError::into_inner);
        self.commit_with(&mut committer, extent)
    }

    /// Commits, and brings cursors and positions to the disk as far as this checkpoint has to.
    pub fn checkpoint(&self) -> Written {
        let Some(committer) = &self.committer else { return Written::default() };
        let mut committer = committer.lock().unwrap_or_else(PoisonError::into_inner);
        let extent = committer.next_checkpoint(self);
        self.commit_with(&mut committer, extent)
    }

    /// Commits until the reading is on disk: whoever comes first commits for all that came meanwhile.
    pub fn commit_through(&self, book: usize, mark: Mark) {
        let Some(committer) = &self.committer else { return };
        let mut committer = committer.lock().unwrap_or_else(PoisonError::into_inner);
        if self.lock().books[book].pending.front().is_some_and(|p| p.mark <= mark) {
            self.commit_with(&mut committer, Extent::Owed);
        }
    }

    fn commit_with(&self, committer: &mut Committer, extent: Extent) -> Written {
        let (written, error) = committer.commit(self, extent);
        let mut state = self.lock();
        state.fault = error.map(|error| {
            let failures = state.fault.as_ref().map_or(0, |f| f.failures) + 1;
            Fault { error: error.to_string(), failures }
        });
        written
    }

    /// What the committer thread must be woken for before its time: once, until it comes.
    pub fn untold(&self, state: &State) -> Option<Early> {
        if self.committer.is_some() && !state.told { state.early(&self.options) } else { None }
    }

    /// Writes what the tail has queued, where it is not in memory.
    pub fn flush_tail_queue(&self) {
        let waiting = {
            let state = self.lock();
            state.tail.as_ref().filter(|t| t.written < t.at).map(|t| (t.number, t.at))
        };
        if waiting.is_some() {
            self.flush_tail(waiting);
        }
    }

    /// Sees to it that the frames which end at `mine` are written, where the tail is not in memory: whoever comes first
    /// writes for all, without the lock, and the others wait for a while.
    pub fn flush_tail(&self, mine: Option<(u64, u64)>) {
        let mut state = self.lock();
        let mut waited = false;
        loop {
            let Some(tail) = &mut state.tail else { return };
            let written = match mine {
                Some((number, end)) if number == tail.number => tail.written >= end,
                // A newer tail began with all that the older one had to keep.
                _ => tail.written >= tail.snapshot,
            };
            if written || tail.broken.is_some() || waited {
                return;
            }
            if let Some(piece) = tail.take_queue() {
                let number = tail.number;
                drop(state);
                let result = disk::write_all(&*piece.file, &piece.bytes, piece.at);
                state = self.lock();
                if let Some(tail) = state.tail.as_mut().filter(|t| t.number == number) {
                    tail.wrote(piece.at + piece.bytes.len() as u64, result);
                }
                self.tail_written.notify_all();
            } else {
                let (back, timeout) =
                    self.tail_written.wait_timeout(state, PATIENCE).unwrap_or_else(PoisonError::into_inner);
                state = back;
                waited = timeout.timed_out();
            }
        }
    }
}

impl State {
    pub fn opening_of(&self, id: u64) -> Option<u32> {
        self.openings.iter().rev().find(|o| o.id == id).map(|o| o.number)
    }

    pub fn opening_by_number(&self, number: u32) -> Opening {
        // Asked for each reading, and there is one for each start whose readings still wait.
        self.openings
            .binary_search_by_key(&number, |o| o.number)
            .map_or(Opening::unknown(number), |at| self.openings[at])
    }

    /// What readings take that are not on disk, in bytes of memory.
    pub fn memory(&self) -> u64 {
        self.books.iter().map(|b| b.pending_memory).sum()
    }

    /// Whether readings that are not on disk take half of the memory that they may.
    pub fn is_half_full(&self, options: &Options) -> bool {
        self.memory() >= options.memory / 2
    }

    /// Whether so many quarters of what may be unsynced are, in bytes or in memory, and the disk does not refuse it.
    pub fn is_unsynced(&self, quarters: u64, options: &Options) -> bool {
        let much = self.unsynced() >= limits::UNSYNCED / 4 * quarters || self.memory() >= options.memory / 8 * quarters;
        much && self.fault.is_none()
    }

    /// What all logs take, in bytes.
    pub fn bytes(&self) -> u64 {
        self.books.iter().map(Book::bytes).sum()
    }

    /// What a power cut would take, in bytes.
    pub fn unsynced(&self) -> u64 {
        self.books.iter().map(|b| b.pending_bytes).sum()
    }

    /// Whether a commit must not wait for its time. A disk that refuses is not asked more often for that.
    pub fn commit_is_due(&self, options: &Options) -> bool {
        self.is_unsynced(4, options) && !self.books.iter().any(|b| b.committing.is_some())
    }

    /// What must not wait for its time.
    pub fn early(&self, options: &Options) -> Option<Early> {
        let long = |tail: &Tail| tail.broken.is_none() && tail.is_long();
        if self.commit_is_due(options) {
            Some(Early::Commit)
        } else {
            self.tail.as_ref().is_some_and(long).then_some(Early::Tail)
        }
    }

    /// Notes cuts in the tail, with the cursors that they concern.
    pub fn note_cuts(&mut self, cuts: &[Cutted]) {
        let Self { books, tail: Some(tail), .. } = self else { return };
        for Cutted { book, cutting } in cuts {
            let book = &books[*book];
            tail.frame(|encoder, out| {
                encoder.bucket(out, book.bucket.as_str());
                encoder.cut(out, *cutting);
                book.cursors.iter().for_each(|c| encoder.cursor(out, &c.save(c.waiting)));
            });
        }
    }

    /// Notes one cursor in the tail.
    pub fn note_cursor(&mut self, book: usize, cursor: usize) {
        let Self { books, tail: Some(tail), .. } = self else { return };
        let (book, cursor) = (&books[book], &books[book].cursors[cursor]);
        tail.frame(|encoder, out| {
            encoder.bucket(out, book.bucket.as_str());
            encoder.cursor(out, &cursor.save(cursor.waiting));
        });
    }

    /// Notes all cursors of a log, and what it forgot.
    pub fn note_book(&mut self, book: usize) {
        let Self { books, tail: Some(tail), .. } = self else { return };
        let book = &books[book];
        tail.frame(|encoder, out| {
            encoder.bucket(out, book.bucket.as_str());
            book.cursors.iter().for_each(|c| encoder.cursor(out, &c.save(c.waiting)));
            book.forgotten.iter().for_each(|f| encoder.forget(out, f));
        });
    }

    /// Begins a tail with all that the disk does not have. `known` is an opening that the disk has for certain.
    pub fn snapshot(&self, tail: &mut Tail, known: Option<Opening>) {
        tail.frame(|encoder, out| {
            encoder.opening(out, &self.opening);
            known.iter().for_each(|known| encoder.opening(out, known));
            self.openings.iter().for_each(|opening| encoder.opening(out, opening));
            self.offsets.iter().for_each(|(boot, micros)| encoder.offset(out, *boot, *micros));
        });
        for book in &self.books {
            // In one frame: readings and places are there together or not at all. The cursors come after all that they
            // count as waiting.
            tail.frame(|encoder, out| {
                encoder.bucket(out, book.bucket.as_str());
                // Grown step by step, it would take twice the room.
                out.reserve(usize::try_from(book.pending_bytes).unwrap_or(0));
                book.pending.iter().for_each(|record| encoder.record(out, record));
                for gone in &book.cut {
                    encoder.cut(out, Cutting { segment: gone.number, first: Mark::END, last: Mark::START });
                }
                book.cursors.iter().for_each(|c| encoder.cursor(out, &c.save(c.waiting)));
                book.streams.iter().for_each(|s| encoder.stream(out, &s.save()));
                book.forgotten.iter().for_each(|f| encoder.forget(out, f));
            });
        }
        // Now it speaks for itself, whatever older ones are still there.
        tail.close();
    }
}
