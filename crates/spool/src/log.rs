//! The writing end of one bucket's log. It cannot acknowledge.

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use streamer_reading::BucketKey;

use crate::book;
use crate::entry::{Entry, Position, Seq};
use crate::limits;
use crate::reader::Reader;
use crate::state::Shared;

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
    /// holds a lock while it does.
    ///
    /// # Errors
    /// [`AppendError`] says whether to try again later, wait for room, split, or give up.
    pub fn append(&self, entries: &[Entry<'_>], position: Option<Position<'_>>) -> Result<Seq, AppendError> {
        let bytes: u64 = entries.iter().map(|e| book::memory(e.key, e.value)).sum();
        let mut wakers = Vec::new();
        let seq = {
            let mut state = self.shared.lock();
            let state = &mut *state;
            if state.closed {
                return Err(AppendError::Closed);
            }
            if bytes > limits::APPEND {
                state.books[self.book].refused.too_large += entries.len() as u64;
                return Err(AppendError::TooLarge { bytes, limit: limits::APPEND });
            }
            let limit = self.shared.options.memory;
            let used = state.memory();
            let opening = state.opening;
            let book = &mut state.books[self.book];
            if entries.iter().any(|e| e.can_wait) && used + bytes > limit / 4 * 3 {
                book.waits = true;
                return Err(AppendError::Wait);
            }
            if !entries.is_empty() && used + bytes > limit {
                book.refused.full += entries.len() as u64;
                return Err(AppendError::Full(entries.len()));
            }
            for entry in entries {
                book.push(entry);
            }
            if let Some(Position { stream, at }) = position {
                book.place(stream, at);
            }
            book.settle();
            book.take_wakers(&mut wakers);
            Seq { opening: opening.id, count: book.last.count }
        };
        wakers.into_iter().for_each(std::task::Waker::wake);
        Ok(seq)
    }

    /// Waits until an input that can wait may append again, at most this long. `true` when there is room.
    pub fn wait_for_room(&self, at_most: Duration) -> bool {
        let limit = self.shared.options.memory / 4 * 3;
        let mut full = |state: &mut crate::state::State| !state.closed && state.memory() >= limit;
        let state = self.shared.lock();
        let (mut state, _) =
            self.shared.room.wait_timeout_while(state, at_most, &mut full).unwrap_or_else(PoisonError::into_inner);
        let room = !full(&mut state);
        if room {
            state.books[self.book].waits = false;
        }
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
