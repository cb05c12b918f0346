//! What an input said, kept for a test to look at.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use streamer_reading::Epoch;

use crate::{Position, Readings, Refused, SendError, Sink, Stop};

/// A sink that keeps all it is sent. Everything sent counts as accepted and, until a test says otherwise, as settled.
#[derive(Debug, Default)]
pub struct Recorder {
    kept: Mutex<Kept>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct Kept {
    lines: Vec<String>,
    epochs: Vec<Epoch>,
    refused: Vec<(String, &'static str)>,
    remarks: Vec<(String, String)>,
    positions: Vec<(String, u64)>,
    full: bool,
}

impl Recorder {
    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every reading as `key value`, in the order of acceptance.
    pub fn lines(&self) -> Vec<String> {
        self.kept().lines.clone()
    }

    /// The epochs of the readings, in the same order.
    pub fn epochs(&self) -> Vec<Epoch> {
        self.kept().epochs.clone()
    }

    /// Key and cause of everything refused.
    pub fn refused(&self) -> Vec<(String, &'static str)> {
        self.kept().refused.clone()
    }

    /// Topics and words of all remarks.
    pub fn remarks(&self) -> Vec<(String, String)> {
        self.kept().remarks.clone()
    }

    /// Waits until at least `count` readings are there; panics after a generous minute, for then none will come.
    ///
    /// # Panics
    /// After a minute.
    pub fn wait_for(&self, count: usize) -> Vec<String> {
        let waited =
            self.news.wait_timeout_while(self.kept(), Duration::from_secs(60), |kept| kept.lines.len() < count);
        let (kept, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "waited for {count} readings, have {:?}", kept.lines);
        kept.lines.clone()
    }

    /// From now on the spool is full: an input that cannot wait is told so.
    pub fn fill(&self, full: bool) {
        self.kept().full = full;
    }

    /// Lets a stream begin at a place that an earlier run reached.
    pub fn place(&self, stream: &str, at: u64) {
        self.kept().positions.push((stream.into(), at));
    }
}

impl Sink for Recorder {
    fn send(&self, readings: &Readings, position: Option<Position<'_>>, _: &Stop) -> Result<(), SendError> {
        let mut kept = self.kept();
        if kept.full {
            return Err(SendError::Full);
        }
        for item in readings.items() {
            kept.lines.push(format!("{} {}", item.key, item.value));
            kept.epochs.push(item.when.epoch(readings.began()));
        }
        let each = |r: &Refused| (0..r.count).map(|_| (r.key.clone(), r.cause)).collect::<Vec<_>>();
        kept.refused.extend(readings.refused().iter().flat_map(each));
        kept.remarks.extend(readings.remarks().iter().cloned());
        if let Some(position) = position {
            kept.positions.retain(|(stream, _)| stream != position.stream);
            kept.positions.push((position.stream.into(), position.at));
        }
        self.news.notify_all();
        Ok(())
    }

    fn settled(&self, stream: &str) -> Option<u64> {
        self.positions().into_iter().find(|(name, _)| name == stream).map(|(_, at)| at)
    }

    fn positions(&self) -> Vec<(String, u64)> {
        self.kept().positions.clone()
    }

    fn forget(&self, stream: &str) {
        self.kept().positions.retain(|(name, _)| name != stream);
    }
}

impl Readings {
    /// Every reading as `key value`.
    pub fn lines(&self) -> Vec<String> {
        self.items().iter().map(|item| format!("{} {}", item.key, item.value)).collect()
    }
}
