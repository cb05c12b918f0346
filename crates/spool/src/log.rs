//! The writing end of one bucket's log. It cannot acknowledge.

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::task::Waker;
use std::time::Duration;

use streamer_reading::BucketKey;

use crate::book;
use crate::bound::NoRoom;
use crate::entry::{Entry, Position, Seq};
use crate::limits;
use crate::mark::Mark;
use crate::reader::Reader;
use crate::state::{Early, Shared, State};

/// The writing end. Cloning is cheap; all clones write into the same log.
#[derive(Clone)]
pub struct Log {
    pub(crate) shared: Arc<Shared>,
    pub(crate) book: usize,
    pub(crate) bucket: BucketKey,
}

/// Why readings were not accepted. None of the append was: it is all or nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// There is no room, and nothing may be cut to make some. The refusal is counted.
    #[error("the spool is full; {0} readings were refused")]
    Full(usize),
    /// The log is three quarters full, and these readings can wait: see [`Log::wait_for_room`].
    #[error("the log is three quarters full; wait for room and append again")]
    Wait,
    /// The append as a whole is over the limit: it must be split.
    #[error("the append takes {bytes} bytes; the limit is {limit}, so split it")]
    TooLarge {
        /// What it would take, in bytes.
        bytes: u64,
        /// The most that an append may take.
        limit: u64,
    },
    /// The spool was closed.
    #[error("the spool is closed")]
    Closed,
}

impl AppendError {
    /// Whether the same append can succeed later.
    pub const fn later(&self) -> bool {
        matches!(self, Self::Full(_) | Self::Wait)
    }
}

/// Why a log or a reader cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// Each output has one reader at a time.
    #[error("output {0} of this log has a reader already; drop that one first")]
    HasReader(String),
    /// The log was opened without this output.
    #[error("this log has no output {0}; open the log with it first")]
    NoOutput(String),
    /// The spool was closed.
    #[error("the spool is closed")]
    Closed,
}

/// What is left to do once readings were accepted, without the lock.
struct Accepted {
    seq: Seq,
    mark: Mark,
    /// A tail that has something to be written, and up to where.
    tail: Option<(u64, u64)>,
    /// Whether the committer must hear of it.
    tell: bool,
    /// Whether the outputs get time to take it before it goes to the disk.
    way: bool,
}

impl Log {
    /// The bucket whose log this is.
    pub fn bucket(&self) -> &BucketKey {
        &self.bucket
    }

    /// Accepts readings, together with their input's position: all of it or nothing.
    ///
    /// When this returns `Ok`, the readings survive a killed process at once and a power cut from the next commit on,
    /// except as [`crate::Status::survives_a_kill`] says. An append without entries moves the position alone. The
    /// sequence is the last entry's (or, without one, that of the newest reading of the log).
    ///
    /// It never waits for a disk, unless [`crate::Options::sync_always`] is set or there is no runtime folder; it never
    /// holds a lock while it does. Where much is unsynced, readings that can wait give the outputs time to take it
    /// before it goes to the disk: a second at most, and a moment where the slowest does not come on.
    ///
    /// # Errors
    /// [`AppendError`] says whether to try again later, wait for room, split, or give up.
    pub fn append(&self, entries: &[Entry<'_>], position: Option<Position<'_>>) -> Result<Seq, AppendError> {
        let mut wakers = Vec::new();
        let accepted = self.accept(entries, position, &mut wakers)?;
        if accepted.tail.is_some() {
            self.shared.flush_tail(accepted.tail);
        }
        wakers.into_iter().for_each(Waker::wake);
        if accepted.tell {
            self.shared.work.notify_all();
        }
        if self.shared.options.sync_always {
            self.shared.commit_through(self.book, accepted.mark);
        } else if accepted.way {
            self.shared.give_way(self.book);
        }
        Ok(accepted.seq)
    }

    /// What happens under the lock: nothing here waits for anything. Who is to be woken is noted for later.
    fn accept(
        &self,
        entries: &[Entry<'_>],
        position: Option<Position<'_>>,
        wakers: &mut Vec<Waker>,
    ) -> Result<Accepted, AppendError> {
        let memory: u64 = entries.iter().map(|e| book::memory(e.value)).sum();
        let bytes: u64 = entries.iter().map(|e| book::on_disk(e.value)).sum();
        let mut guard = self.shared.lock();
        let state = &mut *guard;
        if state.closed {
            return Err(AppendError::Closed);
        }
        if let Err(refused) = self.make_room(state, entries, bytes, memory) {
            // Something may have been cut on the way to there being no room all the same.
            drop(guard);
            self.shared.flush_tail_queue();
            return Err(refused);
        }
        let State { books, tail, opening, tick, .. } = &mut *state;
        let book = &mut books[self.book];
        let first = book.pending.len();
        book.push_all(entries);
        let stream = position.map(|Position { stream, at }| {
            *tick += 1;
            book.place(stream, at, *tick)
        });
        if let Some(tail) = tail {
            tail.frame(|encoder, out| {
                encoder.bucket(out, self.bucket.as_str());
                book.pending.range(first..).for_each(|record| encoder.record(out, record));
                stream.iter().for_each(|stream| encoder.stream(out, stream));
            });
        }
        if position.is_some() || book.cursors.is_empty() {
            book.settle();
        }
        book.take_wakers_due(wakers);
        let mark = book.last;
        let seq = Seq { opening: opening.id, count: mark.count };
        let tail = state.tail.as_ref().filter(|t| t.written < t.at).map(|t| (t.number, t.at));
        let early = self.shared.untold(state);
        let crowded = self.shared.is_crowded(state);
        if !crowded {
            state.way.is_free();
        }
        let way = crowded && entries.iter().any(|e| e.can_wait);
        let tell = early.is_some() && !(way && early == Some(Early::Commit));
        state.told |= tell;
        Ok(Accepted { seq, mark, tail, tell, way })
    }

    fn make_room(&self, state: &mut State, entries: &[Entry<'_>], bytes: u64, memory: u64) -> Result<(), AppendError> {
        let options = &self.shared.options;
        let count = entries.len();
        if memory > limits::APPEND.min(options.memory) {
            state.books[self.book].refused.too_large += count as u64;
            return Err(AppendError::TooLarge { bytes: memory, limit: limits::APPEND.min(options.memory) });
        }
        if count == 0 {
            return Ok(());
        }
        let mut cuts = Vec::new();
        let room = if entries.iter().any(|e| e.can_wait) && state.must_wait(self.book, options, &mut cuts) {
            Err(NoRoom::Wait)
        } else {
            state.make_room(self.book, bytes, memory, options, &mut cuts)
        };
        state.note_cuts(&cuts);
        let book = &mut state.books[self.book];
        match room {
            Ok(()) => {
                book.waits = book.waits && !entries.iter().any(|e| e.can_wait);
                Ok(())
            }
            // An input that can wait is never told that its readings are refused.
            Err(NoRoom::Full) if entries.iter().all(|e| !e.can_wait) => {
                book.refused.full += count as u64;
                Err(AppendError::Full(count))
            }
            Err(_) => {
                book.waits = true;
                Err(AppendError::Wait)
            }
        }
    }

    /// Waits until an input that can wait may append again, at most this long. `true` when there is room.
    pub fn wait_for_room(&self, at_most: Duration) -> bool {
        let full = |state: &mut State| {
            let mut cuts = Vec::new();
            let full = !state.closed && state.must_wait(self.book, &self.shared.options, &mut cuts);
            state.note_cuts(&cuts);
            full
        };
        let state = self.shared.lock();
        let (mut state, _) =
            self.shared.room.wait_timeout_while(state, at_most, |s| full(s)).unwrap_or_else(PoisonError::into_inner);
        let room = !full(&mut state);
        if room {
            state.books[self.book].waits = false;
        }
        drop(state);
        self.shared.flush_tail_queue();
        room
    }

    /// The reading end for one output of this log; there is one at a time.
    ///
    /// # Errors
    /// [`LogError::HasReader`], [`LogError::NoOutput`].
    pub fn reader(&self, output: &str) -> Result<Reader, LogError> {
        let mut state = self.shared.lock();
        let book = &mut state.books[self.book];
        let Some(cursor) = book.cursor(output) else { return Err(LogError::NoOutput(output.into())) };
        let cursor = &mut book.cursors[cursor];
        if cursor.has_reader {
            return Err(LogError::HasReader(output.into()));
        }
        cursor.has_reader = true;
        Ok(Reader::new(self.clone(), cursor.output.clone()))
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("bucket", &self.bucket).finish_non_exhaustive()
    }
}
