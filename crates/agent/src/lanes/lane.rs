//! One lane: entries in the order in which they are due, and the one worker who serves them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use streamer_clock::{Moment, SinceBoot, Wake};

use super::Name;
use super::entry::{Entry, Stage};
use super::worker::Worker;
use crate::input::Cell;

/// Entries and their worker.
pub struct Lane {
    pub name: Name,
    pub wake: Wake,
    /// It was said that it has work and no worker can be had.
    pub unstaffed: AtomicBool,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    /// Due times; one that no longer fits its entry is passed over.
    order: BinaryHeap<Reverse<(SinceBoot, u32)>>,
    /// Entries by their place. A place that was left is the first to be taken again: it is still in the cache.
    entries: Vec<Option<Entry>>,
    free: Vec<u32>,
    worker: Option<Arc<Worker>>,
    busy: bool,
    /// Until then its worker may be away: asleep, or inside an input.
    away_until: Option<SinceBoot>,
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
        Ok(Self { name, wake: Wake::new()?, unstaffed: AtomicBool::new(false), queue: Mutex::default() })
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets an entry wait for its turn.
    pub fn put(&self, entry: Entry) {
        let mut queue = self.queue();
        let first = queue.order.peek().is_none_or(|Reverse((due, _))| entry.due < *due);
        queue.place(entry);
        if first {
            self.wake.wake();
        }
    }

    /// Puts an entry back that its worker has served; no bell, for that worker looks again by itself.
    pub fn put_back(&self, entry: Entry) {
        let mut queue = self.queue();
        queue.busy = false;
        queue.place(entry);
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
            if queue.entry(at).is_none_or(|entry| entry.due != due) {
                queue.order.pop();
                continue;
            }
            if due > now {
                queue.away_until = Some(due);
                return Turn::Sleep(due);
            }
            queue.order.pop();
            if let Some(entry) = queue.take(at) {
                queue.busy = true;
                queue.away_until = Some(now.plus(entry.cell.timeout));
                return Turn::Take(entry);
            }
        }
        queue.worker = None;
        Turn::Leave
    }

    /// Makes `worker` the one who serves this lane, unless there is one, or nothing to serve.
    pub fn hire(&self, worker: &Arc<Worker>) -> bool {
        let mut queue = self.queue();
        let needed = queue.worker.is_none() && !queue.is_empty() && !queue.stopped;
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
        let Queue { order, entries, .. } = &mut *queue;
        for (at, entry) in places(entries).filter(|(_, entry)| Arc::ptr_eq(&entry.cell, cell)) {
            entry.due = now;
            order.push(Reverse((now, at)));
            self.wake.wake();
        }
    }

    /// The wall clock was set: what goes by it is computed anew.
    pub fn stepped(&self, now: Moment) {
        let mut queue = self.queue();
        let Queue { order, entries, .. } = &mut *queue;
        for (at, entry) in places(entries) {
            if let Stage::Sample(sampling) = &mut entry.stage {
                entry.due = sampling.ticker.stepped(now).at;
                order.push(Reverse((entry.due, at)));
            }
        }
    }

    /// How long what is due here has waited for a worker that should have come round.
    pub fn late(&self, now: SinceBoot) -> Duration {
        let queue = self.queue();
        let due = queue.order.peek().filter(|_| !queue.stopped).map(|Reverse((due, _))| *due);
        due.map_or(Duration::ZERO, |due| now.since(due.max(queue.away_until.unwrap_or(due))))
    }

    pub fn stop(&self) {
        self.queue().stopped = true;
        self.wake.wake();
    }

    pub fn is_busy(&self) -> bool {
        self.queue().busy
    }
}

impl Queue {
    fn is_empty(&self) -> bool {
        self.free.len() == self.entries.len()
    }

    fn entry(&self, at: u32) -> Option<&Entry> {
        self.entries.get(at as usize)?.as_ref()
    }

    fn place(&mut self, entry: Entry) {
        let at = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
        });
        self.order.push(Reverse((entry.due, at)));
        self.entries[at as usize] = Some(entry);
    }

    fn take(&mut self, at: u32) -> Option<Entry> {
        let entry = self.entries.get_mut(at as usize)?.take()?;
        self.free.push(at);
        Some(entry)
    }
}

/// Every entry with its place.
fn places(entries: &mut [Option<Entry>]) -> impl Iterator<Item = (u32, &mut Entry)> {
    (0..).zip(entries).filter_map(|(at, entry)| Some((at, entry.as_mut()?)))
}
