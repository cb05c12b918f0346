//! Where samplers are asked: lanes of our own threads, so that an input which blocks, panics or hangs takes down only
//! itself.
//!
//! All quick samplers share one lane, and one wake-up takes every one that is due. Whoever runs for longer than
//! [`PATIENCE`] there keeps its thread and goes on in a lane of its own, while a fresh worker takes the rest of the
//! lane on at once. A worker past its input's deadline is abandoned together with its sampler: what it brings later is
//! dropped, and the input is built anew after a pause. Nothing here ever waits for a sampler to return.

mod entry;
mod lane;
#[cfg(test)]
mod tests;
mod watch;
mod worker;

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use streamer_clock::Clock;
use streamer_plugin::{InputError, Lane as Wish};

use crate::input::{Cell, Outcome};
use crate::listeners::Listeners;
use entry::{Entry, Stage};
use lane::Lane;
use watch::Care;
pub use worker::panicked;

/// How long a sampler may hold up the others of its lane.
const PATIENCE: Duration = Duration::from_millis(20);
/// How many threads may be stuck in samplers that never came back, over all inputs and for one of them.
const STUCK_AT_MOST: usize = 32;
const STUCK_OF_ONE: usize = 2;

/// Which lane.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Name {
    /// Where inputs are built: opening a device may block.
    Build,
    Quick,
    Shared(String),
    Own(String),
}

impl Name {
    fn of(wish: Wish, id: &str) -> Self {
        match wish {
            Wish::Quick => Self::Quick,
            Wish::Shared(name) => Self::Shared(name),
            Wish::Own => Self::Own(id.to_owned()),
        }
    }

    /// How long one of several in this lane may hold up the others.
    fn patience(&self) -> Option<Duration> {
        (*self == Self::Quick).then_some(PATIENCE)
    }

    /// A thread name of at most 15 bytes, which is what the kernel keeps.
    fn thread(&self) -> String {
        let name = match self {
            Self::Build => "build".to_owned(),
            Self::Quick => "quick".to_owned(),
            Self::Shared(name) | Self::Own(name) => name.clone(),
        };
        name.chars().take(15).collect()
    }
}

/// All lanes of an agent.
#[derive(Clone)]
pub struct Lanes(Arc<Shared>);

struct Shared {
    clock: Clock,
    lanes: Mutex<HashMap<Name, Arc<Lane>>>,
    listeners: Listeners,
    stuck: AtomicUsize,
    /// What the runtime is to look after; see [`watch`].
    cares: tokio::sync::mpsc::UnboundedSender<Care>,
}

impl Lanes {
    /// Lanes without a worker. The future looks after workers that take too long; it must be polled as long as the
    /// lanes are in use.
    pub fn new(clock: Clock, listeners: Listeners) -> (Self, impl Future<Output = ()>) {
        let (cares, new_cares) = tokio::sync::mpsc::unbounded_channel();
        let shared = Shared { clock, lanes: Mutex::default(), listeners, stuck: AtomicUsize::new(0), cares };
        let lanes = Self(Arc::new(shared));
        let looking = watch::look_after(lanes.clone(), new_cares);
        (lanes, looking)
    }

    /// Takes an input on: it is built first, then asked as its schedule says, or listened to.
    pub fn add(&self, cell: Arc<Cell>) {
        self.build_after(Duration::ZERO, cell);
    }

    /// Builds an input, anew or for the first time, after a pause.
    pub fn build_after(&self, pause: Duration, cell: Arc<Cell>) {
        let due = self.0.clock.boot().plus(pause);
        self.put(Name::Build, Entry { cell, due, stage: Stage::Build });
    }

    /// Lets an input go. Its sampler is dropped by a worker, because letting go of a device may block as well.
    pub fn remove(&self, cell: &Arc<Cell>) {
        cell.retire();
        self.0.listeners.stop(cell);
        for lane in self.lanes().values() {
            lane.hurry(cell, self.0.clock.boot());
        }
    }

    /// Tells all workers to take nothing new on, and waits at most `time` for those at work.
    pub fn stop(&self, time: Duration) {
        let lanes: Vec<_> = self.lanes().drain().map(|(_, lane)| lane).collect();
        lanes.iter().for_each(|lane| lane.stop());
        let until = self.0.clock.boot().plus(time);
        while lanes.iter().any(|lane| lane.is_busy()) && self.0.clock.boot() < until {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Threads that are stuck in samplers which never came back.
    pub fn stuck(&self) -> usize {
        self.0.stuck.load(Ordering::Relaxed)
    }

    /// A lane whose worker has owed a round for longer than `span`. One that is inside an input has until its deadline.
    pub fn late_by(&self, span: Duration) -> Option<String> {
        let now = self.0.clock.boot();
        let lanes = self.lanes();
        lanes.values().find(|lane| lane.late(now) > span).map(|lane| lane.name.thread())
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<Name, Arc<Lane>>> {
        self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an entry into a lane, and sees to it that somebody works there.
    fn put(&self, name: Name, entry: Entry) {
        match self.lane(&name) {
            Ok(lane) => {
                lane.put(entry);
                self.staff(&lane);
            }
            // Descriptors ran out, say. Whatever could not be had now is built anew when there are some.
            Err(error) => {
                let Entry { cell, stage, .. } = entry;
                drop(stage);
                if let Outcome::BuildAnew { pause } =
                    cell.unbuilt(&InputError::gone(format!("no lane for it: {error}")))
                {
                    self.care(Care::Build(pause, cell));
                }
            }
        }
    }

    fn lane(&self, name: &Name) -> io::Result<Arc<Lane>> {
        let mut lanes = self.lanes();
        if let Some(lane) = lanes.get(name) {
            return Ok(lane.clone());
        }
        let lane = Arc::new(Lane::new(name.clone())?);
        Ok(lanes.entry(name.clone()).or_insert(lane).clone())
    }

    /// Starts a worker where a lane has work and none.
    fn staff(&self, lane: &Arc<Lane>) {
        if let Err(error) = worker::start(self, lane) {
            if !lane.unstaffed.swap(true, Ordering::Relaxed) {
                tracing::error!(
                    "no thread for the inputs of lane {}: {error}; it is tried again each second",
                    lane.name.thread()
                );
            }
            self.care(Care::Staff(lane.clone()));
        } else if lane.unstaffed.swap(false, Ordering::Relaxed) {
            tracing::info!("the inputs of lane {} have a thread again", lane.name.thread());
        }
    }

    /// Leaves something to the runtime, which outlives everybody here.
    fn care(&self, care: Care) {
        let _ = self.0.cares.send(care);
    }
}
