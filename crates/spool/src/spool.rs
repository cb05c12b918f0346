//! One spool: the logs of all buckets, opened together.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use streamer_reading::{BucketKey, Epoch};

use crate::book::{Book, Stream};
use crate::committer::{Extent, Written};
use crate::dead_letters::DeadLetters;
use crate::home::random;
use crate::item::Forgotten;
use crate::log::{Log, LogError};
use crate::mark::Opening;
use crate::options::{OnFull, Options};
use crate::state::{Early, Shared, State};
use crate::status::{BucketStatus, DiskState, Status};
use crate::way::Way;

/// The durable logs of one state folder, or of one library user. Cloning is cheap.
#[derive(Clone)]
pub struct Spool {
    pub(crate) shared: Arc<Shared>,
    pub(crate) dead_letters: DeadLetters,
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

/// What the committer thread has to do, see [`Spool::wait_for_work`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// The time is up, and nothing is due before its time.
    Nothing,
    /// [`Spool::commit`]: much is unsynced.
    Commit,
    /// [`Spool::renew_tail`]: the tail has grown long, though most of what it speaks of may be settled.
    Tail,
    /// The spool was closed: to go home.
    Closed,
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
        let opening = Opening { number: 1, id: random(), boot: [0; 16] };
        let on_full = OnFull::DropNewest;
        let options = Options { memory: limit, max_size: limit, on_full, ..Options::default() };
        let state = State {
            books: Vec::new(),
            by_bucket: HashMap::new(),
            opening,
            openings: vec![opening],
            offsets: HashMap::new(),
            segment_size: 0,
            tail: None,
            tail_stale: false,
            tick: 0,
            told: false,
            way: Way::default(),
            fault: None,
            closed: false,
        };
        Self { shared: Arc::new(Shared::new(options, state, None)), dead_letters: DeadLetters::in_memory() }
    }

    /// Opens the bucket's log, or makes it. `outputs` are all outputs that are configured for it now: a new one starts
    /// at the end of the log, one that is missing keeps its cursor for 7 days, and goes on there if it comes back.
    ///
    /// # Errors
    /// [`LogError::Closed`].
    pub fn log(&self, bucket: &BucketKey, outputs: &[&str]) -> Result<Log, LogError> {
        let mut guard = self.shared.lock();
        let state = &mut *guard;
        if state.closed {
            return Err(LogError::Closed);
        }
        let (opening, segment_size) = (state.opening.number, state.segment_size);
        let index = *state.by_bucket.entry(bucket.clone()).or_insert_with(|| {
            let mut book = Book::new(bucket.clone(), opening);
            book.segment_size = segment_size;
            state.books.push(book);
            state.books.len() - 1
        });
        state.books[index].configure(outputs);
        state.note_book(index);
        drop(guard);
        self.shared.flush_tail_queue();
        Ok(Log { shared: self.shared.clone(), book: index, bucket: bucket.clone() })
    }

    /// Writes all readings that some output still owes to the disk, and syncs them.
    pub fn commit(&self) -> Committed {
        self.committed(Extent::Owed)
    }

    /// As [`Spool::commit`], but only where a reading is owed that was there already at the last commit of any kind.
    ///
    /// Called by the committer thread every half `sync`: a reading is on disk at the latest `sync` after it was
    /// accepted, and one that all its outputs acknowledged within half of that is never written.
    pub fn commit_due(&self) -> Committed {
        self.committed(Extent::Due)
    }

    /// As [`Spool::commit_due`], and cursors and positions too where a start would go on from an earlier place without
    /// them.
    ///
    /// Where the disk never had the readings that a cursor passed, only its counts have changed: those are written every
    /// twelfth time, for each write wears the card.
    pub fn checkpoint(&self) -> Committed {
        self.told(self.shared.checkpoint())
    }

    fn committed(&self, extent: Extent) -> Committed {
        self.told(self.shared.commit(extent))
    }

    fn told(&self, Written { readings, bytes }: Written) -> Committed {
        let state = self.shared.lock();
        Committed { readings, bytes, unsynced: state.unsynced(), disk: self.disk_state(&state) }
    }

    fn disk_state(&self, state: &State) -> DiskState {
        match (&self.shared.committer, &state.fault) {
            (None, _) => DiskState::None,
            (Some(_), None) => DiskState::Ok,
            (Some(_), Some(fault)) => DiskState::MemoryOnly {
                since: state.books.iter().filter_map(|b| b.pending.front()).map(|p| p.epoch).min(),
                error: fault.error.clone(),
                failures: fault.failures,
            },
        }
    }

    /// For a program that accepts without a committer beside it: commits where so much is unsynced that it must not wait
    /// for its time.
    pub fn commit_if_full(&self) {
        if self.shared.lock().commit_is_due(&self.shared.options) {
            drop(self.commit());
        }
    }

    /// Whether readings come so much faster than the disk takes them that memory would have to let some go, although the
    /// disk does not refuse: who can wait for a moment should.
    pub fn is_overrun(&self) -> bool {
        let state = self.shared.lock();
        self.shared.committer.is_some() && state.fault.is_none() && state.is_half_full(&self.shared.options)
    }

    /// For the committer thread: waits until something is due before its time or the spool is closed, at most this long.
    pub fn wait_for_work(&self, at_most: Duration) -> Work {
        let mut state = self.shared.lock();
        state.told = false;
        let idle = |s: &mut State| !s.closed && s.early(&self.shared.options).is_none();
        let (state, _) =
            self.shared.work.wait_timeout_while(state, at_most, idle).unwrap_or_else(PoisonError::into_inner);
        match state.early(&self.shared.options) {
            _ if state.closed => Work::Closed,
            Some(Early::Commit) => Work::Commit,
            Some(Early::Tail) => Work::Tail,
            None => Work::Nothing,
        }
    }

    /// For the committer thread: begins a new tail with what is still owed. Nothing of the spool's disk is touched where
    /// the tail is in memory.
    pub fn renew_tail(&self) {
        if let Some(committer) = &self.shared.committer {
            committer.lock().unwrap_or_else(PoisonError::into_inner).renew_tail(&self.shared);
        }
    }

    /// Makes known what the wall clock was at the moment of a boot, in microseconds: a suspect epoch of that boot is
    /// `since_boot + micros` from now on, for good. It is on disk before this returns; the first offset of a boot stays.
    ///
    /// # Errors
    /// [`SpoolError::Disk`]: the offset holds, but would not survive a power cut; it goes to the disk with the next
    /// commit.
    pub fn set_offset(&self, boot: [u8; 16], micros: i64) -> Result<(), SpoolError> {
        let mut result = Ok(());
        if let Some(committer) = &self.shared.committer {
            let mut committer = committer.lock().unwrap_or_else(PoisonError::into_inner);
            // On disk first: no reading may leave with an epoch that a power cut could still change.
            if let Err(error) = committer.write_offset(&self.shared, boot, micros) {
                result = Err(SpoolError::Disk { what: "the clock's offset", error: error.to_string() });
            }
        }
        let mut wakers = Vec::new();
        {
            let mut state = self.shared.lock();
            let first = *state.offsets.entry(boot).or_insert(micros);
            if let Some(tail) = &mut state.tail {
                tail.frame(|encoder, out| encoder.offset(out, boot, first));
            }
            state.books.iter_mut().for_each(|b| b.take_wakers(&mut wakers));
        }
        self.shared.flush_tail_queue();
        wakers.into_iter().for_each(std::task::Waker::wake);
        result
    }

    /// What [`Spool::set_offset`] made known of a boot, now or before a restart.
    pub fn offset(&self, boot: [u8; 16]) -> Option<i64> {
        self.shared.lock().offsets.get(&boot).copied()
    }

    /// Whether [`Spool::close`] was called: the committer thread may go home.
    pub fn is_closed(&self) -> bool {
        self.shared.lock().closed
    }

    /// The positions of all streams whose name begins with `prefix`, in order of name.
    pub fn positions(&self, prefix: &str) -> Vec<(String, u64)> {
        let state = self.shared.lock();
        let streams = state.books.iter().flat_map(|b| &b.streams).filter(|s| s.name.starts_with(prefix));
        // An input that moved to another bucket has its stream in both logs: the newer place counts.
        let mut newest: BTreeMap<&str, &Stream> = BTreeMap::new();
        for stream in streams {
            let kept = newest.entry(&stream.name).or_insert(stream);
            if stream.tick > kept.tick {
                *kept = stream;
            }
        }
        newest.into_values().map(|s| (s.name.to_string(), s.at)).collect()
    }

    /// The highest position of `stream` up to which every output has acknowledged, set aside or lost all readings.
    pub fn settled(&self, stream: &str) -> Option<u64> {
        let state = self.shared.lock();
        let found = state.books.iter().flat_map(|b| &b.streams).filter(|s| &*s.name == stream);
        found.max_by_key(|s| s.tick).and_then(|s| s.settled)
    }

    /// Forgets a stream: its file is gone for good.
    pub fn forget(&self, stream: &str) {
        {
            let mut state = self.shared.lock();
            for index in 0..state.books.len() {
                let book = &mut state.books[index];
                if book.streams.iter().any(|s| &*s.name == stream) {
                    book.streams.retain(|s| &*s.name != stream);
                    book.forgotten.push(Forgotten::Stream(stream.into()));
                    book.changes += 1;
                    state.note_book(index);
                }
            }
        }
        self.shared.flush_tail_queue();
    }

    /// Gives up the cursors of outputs that were removed 7 days ago. Called now and then with the wall time, once that
    /// is known to be right; the first call after a removal starts the 7 days.
    pub fn expire(&self, now: Epoch) {
        {
            let mut state = self.shared.lock();
            for index in 0..state.books.len() {
                if state.books[index].cursors.iter().any(|c| c.removed.is_some()) {
                    state.books[index].expire(now);
                    state.note_book(index);
                }
            }
        }
        self.shared.flush_tail_queue();
    }

    /// The readings that outputs refused for their content.
    pub fn dead_letters(&self) -> &DeadLetters {
        &self.dead_letters
    }

    /// What the spool holds, and how the disk stands.
    pub fn status(&self) -> Status {
        let state = self.shared.lock();
        let share = state.share(&self.shared.options);
        let mut buckets: Vec<_> = state
            .books
            .iter()
            .map(|book| BucketStatus {
                bucket: book.bucket.clone(),
                bytes: book.bytes(),
                share,
                accepted: book.accepted,
                refused: book.refused,
                waits_for: book.slowest().filter(|_| book.waits),
                outputs: (0..book.cursors.len()).map(|c| book.cursors[c].status(book.waiting(c).bytes)).collect(),
            })
            .collect();
        buckets.sort_unstable_by(|a, b| a.bucket.cmp(&b.bucket));
        Status {
            buckets,
            bytes: state.bytes(),
            max_size: self.shared.options.max_size,
            unsynced: state.unsynced(),
            disk: self.disk_state(&state),
            survives_a_kill: state.tail.as_ref().is_some_and(|t| t.broken.is_none()),
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
        self.committed(Extent::Everything)
    }
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spool").field("options", &self.shared.options).finish_non_exhaustive()
    }
}
