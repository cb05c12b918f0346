//! One spool: the logs of all buckets, opened together.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use streamer_reading::{BucketKey, Epoch};

use crate::book::Book;
use crate::dead_letters::DeadLetters;
use crate::log::{Log, LogError};
use crate::mark::Opening;
use crate::options::Options;
use crate::state::{Shared, State};
use crate::status::{BucketStatus, DiskState, Status};

/// The durable logs of one state folder, or of one library user. Cloning is cheap.
#[derive(Clone)]
pub struct Spool {
    shared: Arc<Shared>,
    dead_letters: DeadLetters,
}

/// What a commit did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a commit that failed must be said, and tried again"]
pub struct Committed {
    /// Readings that it wrote.
    pub readings: u64,
    /// Bytes that it gave to the disk.
    pub bytes: u64,
    /// Bytes that a power cut would still take.
    pub unsynced: u64,
    /// How the disk stands now.
    pub disk: DiskState,
}

/// Why a spool did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// The disk refused. What was asked holds until the process ends, and is written again with the next commit.
    #[error("{what} could not be written to disk: {error}; it is tried again")]
    Disk {
        /// What was to be written.
        what: &'static str,
        /// What the disk said.
        error: String,
    },
}

impl Spool {
    /// A spool without a disk, for a library user who asked for none: bounded by `limit` bytes of memory, over which
    /// appends are refused. It survives nothing.
    pub fn in_memory(limit: u64) -> Self {
        let opening = Opening { number: 1, id: RandomState::new().build_hasher().finish(), boot: [0; 16] };
        let options = Options { memory: limit, max_size: limit, ..Options::default() };
        let state = State {
            books: Vec::new(),
            by_bucket: HashMap::new(),
            opening,
            openings: vec![opening],
            offsets: HashMap::new(),
            closed: false,
        };
        Self { shared: Arc::new(Shared::new(options, state)), dead_letters: DeadLetters::in_memory() }
    }

    /// Opens the bucket's log, or makes it. `outputs` are all outputs that are configured for it now: a new one starts
    /// at the end of the log, one that is missing keeps its cursor for 7 days, and goes on there if it comes back.
    ///
    /// # Errors
    /// [`LogError::Closed`].
    pub fn log(&self, bucket: &BucketKey, outputs: &[&str]) -> Result<Log, LogError> {
        let mut state = self.shared.lock();
        let state = &mut *state;
        if state.closed {
            return Err(LogError::Closed);
        }
        let opening = state.opening.number;
        let index = *state.by_bucket.entry(bucket.clone()).or_insert_with(|| {
            state.books.push(Book::new(bucket.clone(), opening));
            state.books.len() - 1
        });
        state.books[index].configure(outputs);
        Ok(Log { shared: self.shared.clone(), book: index, bucket: bucket.clone() })
    }

    /// Writes what some output still owes to the disk, and syncs it. Called by the one committer thread, every `sync`
    /// and whenever [`Spool::wait_for_work`] says so.
    pub fn commit(&self) -> Committed {
        Committed { readings: 0, bytes: 0, unsynced: 0, disk: DiskState::None }
    }

    /// As [`Spool::commit`], and cursors and positions too where they changed.
    pub fn checkpoint(&self) -> Committed {
        self.commit()
    }

    /// Whether the unsynced tail has grown so long that a commit is due before its time.
    pub fn should_commit_early(&self) -> bool {
        false
    }

    /// For the committer thread: waits until a commit is due before its time or the spool is closed, at most this
    /// long. `true` when it did not wait that long.
    pub fn wait_for_work(&self, at_most: Duration) -> bool {
        let state = self.shared.lock();
        let (state, _) =
            self.shared.work.wait_timeout_while(state, at_most, |s| !s.closed).unwrap_or_else(PoisonError::into_inner);
        state.closed
    }

    /// Makes known what the wall clock was at the moment of a boot, in microseconds: a suspect epoch of that boot is
    /// `since_boot + micros` from now on, for good. It is on disk before this returns; the first offset of a boot stays.
    ///
    /// # Errors
    /// [`SpoolError::Disk`]: the offset holds, but would not survive; it goes to the disk with the next commit.
    pub fn set_offset(&self, boot: [u8; 16], micros: i64) -> Result<(), SpoolError> {
        let mut wakers = Vec::new();
        {
            let mut state = self.shared.lock();
            state.offsets.entry(boot).or_insert(micros);
            state.books.iter_mut().for_each(|b| b.take_wakers(&mut wakers));
        }
        wakers.into_iter().for_each(std::task::Waker::wake);
        Ok(())
    }

    /// The positions of all streams whose name begins with `prefix`, in order of name.
    pub fn positions(&self, prefix: &str) -> Vec<(String, u64)> {
        let state = self.shared.lock();
        let streams = state.books.iter().flat_map(|b| &b.streams).filter(|s| s.name.starts_with(prefix));
        let mut found: Vec<_> = streams.map(|s| (s.name.to_string(), s.at)).collect();
        found.sort();
        found
    }

    /// The highest position of `stream` up to which every output has acknowledged, set aside or lost all readings.
    pub fn settled(&self, stream: &str) -> Option<u64> {
        let state = self.shared.lock();
        state.books.iter().flat_map(|b| &b.streams).find(|s| &*s.name == stream).and_then(|s| s.settled)
    }

    /// Forgets a stream: its file is gone for good.
    pub fn forget(&self, stream: &str) {
        let mut state = self.shared.lock();
        state.books.iter_mut().for_each(|b| b.streams.retain(|s| &*s.name != stream));
    }

    /// Gives up the cursors of outputs that were removed 7 days ago. Called now and then with the wall time, once that
    /// is known to be right; the first call after a removal starts the 7 days.
    pub fn expire(&self, now: Epoch) {
        let mut state = self.shared.lock();
        state.books.iter_mut().for_each(|b| b.expire(now));
    }

    /// The readings that outputs refused for their content.
    pub fn dead_letters(&self) -> &DeadLetters {
        &self.dead_letters
    }

    /// What the spool holds, and how the disk stands.
    pub fn status(&self) -> Status {
        let state = self.shared.lock();
        let share = self.shared.options.max_size / (state.books.len().max(1) as u64);
        let mut buckets: Vec<_> = state
            .books
            .iter()
            .map(|book| BucketStatus {
                bucket: book.bucket.clone(),
                bytes: book.pending_memory,
                share,
                accepted: book.accepted,
                refused: book.refused,
                waits_for: book.slowest().filter(|_| book.waits),
                outputs: (0..book.cursors.len()).map(|c| book.cursors[c].status(book.waiting(c).bytes)).collect(),
            })
            .collect();
        buckets.sort_by(|a, b| a.bucket.cmp(&b.bucket));
        let bytes = state.memory();
        Status {
            buckets,
            bytes,
            max_size: self.shared.options.max_size,
            unsynced: bytes,
            disk: DiskState::None,
            survives_a_kill: false,
        }
    }

    /// Accepts no more, commits and checkpoints. Readers may go on; calling it again makes what they acknowledged
    /// meanwhile durable.
    pub fn close(&self) -> Committed {
        let mut wakers = Vec::new();
        {
            let mut state = self.shared.lock();
            state.closed = true;
            state.books.iter_mut().for_each(|b| b.take_wakers(&mut wakers));
        }
        self.shared.room.notify_all();
        self.shared.work.notify_all();
        wakers.into_iter().for_each(std::task::Waker::wake);
        self.checkpoint()
    }
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spool").field("options", &self.shared.options).finish_non_exhaustive()
    }
}
