//! What the whole spool knows in memory, behind one lock that no one may hold while waiting for a disk.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use streamer_reading::BucketKey;

use crate::book::Book;
use crate::mark::Opening;
use crate::options::Options;

/// Shared by every handle of one spool.
#[derive(Debug)]
pub(crate) struct Shared {
    pub options: Options,
    state: Mutex<State>,
    /// Something left the spool, or it was closed.
    pub room: Condvar,
    /// A commit is due before its time, or the spool was closed.
    pub work: Condvar,
}

#[derive(Debug)]
pub(crate) struct State {
    pub books: Vec<Book>,
    pub by_bucket: HashMap<BucketKey, usize>,
    pub opening: Opening,
    pub openings: Vec<Opening>,
    /// Wall clock minus time since boot, for the boots of which that is known.
    pub offsets: HashMap<[u8; 16], i64>,
    pub closed: bool,
}

impl Shared {
    pub fn new(options: Options, state: State) -> Self {
        Self { options, state: Mutex::new(state), room: Condvar::new(), work: Condvar::new() }
    }

    /// A panic under this lock is a bug of ours, but the readings behind it are still the user's: go on with them.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub fn opening_of(&self, id: u64) -> Option<u32> {
        self.openings.iter().rev().find(|o| o.id == id).map(|o| o.number)
    }

    pub fn opening_by_number(&self, number: u32) -> Opening {
        self.openings.iter().rev().find(|o| o.number == number).copied().unwrap_or(Opening {
            number,
            id: 0,
            boot: [0; 16],
        })
    }

    pub fn memory(&self) -> u64 {
        self.books.iter().map(|b| b.pending_memory).sum()
    }
}
