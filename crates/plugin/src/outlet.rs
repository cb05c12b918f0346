//! Where a listener's readings go, and how it learns that its own place may be moved on.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use streamer_clock::Clock;

use crate::{Readings, Stop};

/// A listener's own place in one of its streams: a file's identity and an offset, a child's cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position<'a> {
    /// The stream, in words that identify it for good.
    pub stream: &'a str,
    /// How far it is; only ever grows within a stream.
    pub at: u64,
}

/// Why readings were not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The input was told to stop while it waited for room. Nothing was accepted; the position did not move.
    #[error("stopped while waiting for room in the spool")]
    Stopped,
    /// The spool is full and this input cannot wait. Nothing was accepted; it was counted as dropped.
    #[error("the spool is full")]
    Full,
}

/// What an outlet leads to: the agent's spool, or a recorder in tests.
///
/// Authors of inputs use [`Outlet`]; this is for those who run inputs. Who only looks at readings and keeps no place writes
/// `send` alone: then nothing is ever settled, and every stream begins anew.
pub trait Sink: Send + Sync {
    /// Accepts all readings and the position together, or nothing. Waits for room where the input can wait.
    ///
    /// # Errors
    /// [`SendError`].
    fn send(&self, readings: &Readings, position: Option<Position<'_>>, stop: &Stop) -> Result<(), SendError>;

    /// The highest place of `stream` of which every output acknowledged, set aside or dropped all.
    fn settled(&self, _stream: &str) -> Option<u64> {
        None
    }

    /// All streams of this input with the place up to which their readings were accepted.
    fn positions(&self) -> Vec<(String, u64)> {
        Vec::new()
    }

    /// Forgets a stream that will not come back.
    fn forget(&self, _stream: &str) {}
}

/// A listener's way out. What `send` accepted survives a killed process.
#[derive(Clone)]
pub struct Outlet {
    sink: Arc<dyn Sink>,
    clock: Clock,
    stop: Stop,
}

impl Outlet {
    /// An outlet that leads to `sink`; waits for room no longer than until `stop`.
    pub fn new(sink: Arc<dyn Sink>, clock: Clock, stop: Stop) -> Self {
        Self { sink, clock, stop }
    }

    /// An empty set of readings that begins now.
    pub fn readings(&self) -> Readings {
        // A listener has no tick to keep; the time is only what a well-behaved one would take for one message.
        Readings::new(&self.clock, Duration::from_secs(10))
    }

    /// Accepts readings and, with them, the listener's own place: both or neither.
    ///
    /// An input that can wait is held here while the spool is three quarters full.
    ///
    /// # Errors
    /// [`SendError::Stopped`] and [`SendError::Full`]; in both cases nothing was accepted.
    pub fn send<'p>(&self, readings: &Readings, position: impl Into<Option<Position<'p>>>) -> Result<(), SendError> {
        self.sink.send(readings, position.into(), &self.stop)
    }

    /// The highest place of `stream` of which every output acknowledged, set aside or dropped all.
    pub fn settled(&self, stream: &str) -> Option<u64> {
        self.sink.settled(stream)
    }

    /// All streams of this input with the place up to which their readings were accepted.
    pub fn positions(&self) -> Vec<(String, u64)> {
        self.sink.positions()
    }

    /// Forgets a stream that will not come back.
    pub fn forget(&self, stream: &str) {
        self.sink.forget(stream);
    }

    /// The clock that the input goes by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }
}

impl fmt::Debug for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outlet")
    }
}
