//! One lane: entries in the order in which they are due, and the one worker who serves them.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use streamer_clock::{Moment, SinceBoot, Wake};

use super::Name;
use super::entry::{Entry, Stage};
use super::worker::Worker;
use crate::input::Cell;

/// Entries and their worker.
pub struct Lane {
    pub name: Name,
    pub wake: Wake,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    /// Due times; one that no longer fits its entry is passed over.
    order: BinaryHeap<Reverse<(SinceBoot, u64)>>,
    entries: HashMap<u64, Entry>,
    next: u64,
    worker: Option<Arc<Worker>>,
    busy: bool,
    stopped: bool,
}

/// What a worker does next.
pub enum Turn {
    /// This entry is due.
    Take(Entry),
    /// Nothing is due before then.
    Sleep(SinceBoot),
    /// The lane is empty, stopped, or served by somebody else.
    Leave,
}

impl Lane {
    pub fn new(name: Name) -> io::Result<Self> {
        Ok(Self { name, wake: Wake::new()?, queue: Mutex::default() })
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets an entry wait for its turn.
    pub fn put(&self, entry: Entry) {
        let mut queue = self.queue();
        let at = queue.next;
        queue.next += 1;
        let first = queue.order.peek().is_none_or(|Reverse((due, _))| entry.due < *due);
        queue.order.push(Reverse((entry.due, at)));
        queue.entries.insert(at, entry);
        if first {
            self.wake.wake();
        }
    }

    /// Puts an entry back that its worker has served; no bell, for that worker looks again by itself.
    pub fn put_back(&self, entry: Entry) {
        let mut queue = self.queue();
        let at = queue.next;
        queue.next += 1;
        queue.busy = false;
        queue.order.push(Reverse((entry.due, at)));
        queue.entries.insert(at, entry);
    }

    /// The entry that a worker had is not coming back.
    pub fn done(&self) {
        self.queue().busy = false;
    }

    /// What `worker` does next.
    pub fn turn(&self, worker: &Arc<Worker>, now: SinceBoot) -> Turn {
        let mut queue = self.queue();
        let mine = queue.worker.as_ref().is_some_and(|w| Arc::ptr_eq(w, worker));
        if !mine {
            return Turn::Leave;
        }
        while let Some(Reverse((due, at))) = queue.order.peek().copied() {
            if queue.stopped {
                break;
            }
            if queue.entries.get(&at).is_none_or(|entry| entry.due != due) {
                queue.order.pop();
                continue;
            }
            if due > now {
                return Turn::Sleep(due);
            }
            queue.order.pop();
            if let Some(entry) = queue.entries.remove(&at) {
                queue.busy = true;
                return Turn::Take(entry);
            }
        }
        queue.worker = None;
        Turn::Leave
    }

    /// Makes `worker` the one who serves this lane, unless there is one, or nothing to serve.
    pub fn hire(&self, worker: &Arc<Worker>) -> bool {
        let mut queue = self.queue();
        let needed = queue.worker.is_none() && !queue.entries.is_empty() && !queue.stopped;
        if needed {
            queue.worker = Some(worker.clone());
        }
        needed
    }

    /// Makes `worker` the one who serves this lane although nothing waits here yet: it brings its entry along.
    pub fn move_in(&self, worker: &Arc<Worker>) {
        let mut queue = self.queue();
        queue.worker = Some(worker.clone());
        queue.busy = true;
    }

    /// The worker is gone or going: somebody else may serve this lane.
    pub fn dismiss(&self, worker: &Arc<Worker>) {
        let mut queue = self.queue();
        if queue.worker.as_ref().is_some_and(|w| Arc::ptr_eq(w, worker)) {
            queue.worker = None;
            queue.busy = false;
        }
    }

    /// Makes the entry of a retired input due, so that a worker lets it go.
    pub fn hurry(&self, cell: &Arc<Cell>, now: SinceBoot) {
        let mut queue = self.queue();
        let found = queue.entries.iter().find(|(_, entry)| Arc::ptr_eq(&entry.cell, cell)).map(|(at, _)| *at);
        if let Some(at) = found {
            if let Some(entry) = queue.entries.get_mut(&at) {
                entry.due = now;
            }
            queue.order.push(Reverse((now, at)));
            self.wake.wake();
        }
    }

    /// Moves everything that is due to a later time.
    pub fn postpone(&self, until: SinceBoot) {
        let mut queue = self.queue();
        let due: Vec<u64> = queue.entries.iter().filter(|(_, entry)| entry.due < until).map(|(at, _)| *at).collect();
        for at in due {
            if let Some(entry) = queue.entries.get_mut(&at) {
                entry.due = until;
            }
            queue.order.push(Reverse((until, at)));
        }
    }

    /// The wall clock was set: what goes by it is computed anew.
    pub fn stepped(&self, now: Moment) {
        let mut queue = self.queue();
        let Queue { order, entries, .. } = &mut *queue;
        for (at, entry) in entries {
            if let Stage::Sample(sampling) = &mut entry.stage {
                entry.due = sampling.ticker.stepped(now).at;
                order.push(Reverse((entry.due, *at)));
            }
        }
    }

    pub fn stop(&self) {
        self.queue().stopped = true;
        self.wake.wake();
    }

    pub fn is_busy(&self) -> bool {
        self.queue().busy
    }
}
