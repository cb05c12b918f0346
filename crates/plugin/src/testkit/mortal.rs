//! The way out of a process that may be killed, for tests of what the next one finds.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Recorder;
use crate::{Position, Readings, SendError, Sink, Stop};

/// Hands everything on to a recorder until it dies: from then on nothing is accepted, and nothing forgotten.
///
/// ```
/// use std::sync::Arc;
/// use streamer_plugin::testkit::{Bench, Mortal, Recorder};
/// use streamer_plugin::{Outlet, SendError, Stop};
///
/// let (bench, heard) = (Bench::new("/"), Arc::new(Recorder::default()));
/// let (stop, _stopper) = Stop::new()?;
/// let outlet = Outlet::new(Arc::new(Mortal::new(heard.clone(), 1)), bench.clock().clone(), stop);
/// let mut readings = outlet.readings();
/// readings.put("edge", 1);
/// outlet.send(&readings, None)?;
/// assert_eq!(outlet.send(&readings, None), Err(SendError::Stopped));
/// assert_eq!(heard.lines(), ["edge 1"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Mortal {
    heard: Arc<Recorder>,
    left: AtomicUsize,
}

impl Mortal {
    /// One that dies behind so many batches, or before that with [`Mortal::die`].
    pub const fn new(heard: Arc<Recorder>, batches: usize) -> Self {
        Self { heard, left: AtomicUsize::new(batches) }
    }

    /// It is killed now.
    pub fn die(&self) {
        self.left.store(0, Ordering::SeqCst);
    }

    /// Whether it was killed.
    pub fn is_dead(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }
}

impl Sink for Mortal {
    fn send(&self, readings: &Readings, position: Option<Position<'_>>, stop: &Stop) -> Result<(), SendError> {
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        left.map_err(|_| SendError::Stopped)?;
        self.heard.send(readings, position, stop)
    }

    fn settled(&self, stream: &str) -> Option<u64> {
        self.heard.settled(stream)
    }

    fn positions(&self) -> Vec<(String, u64)> {
        self.heard.positions()
    }

    fn forget(&self, stream: &str) {
        if !self.is_dead() {
            self.heard.forget(stream);
        }
    }
}
