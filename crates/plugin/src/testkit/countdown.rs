//! A way out that keeps nothing, for measurements of what an input costs.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{Position, Readings, SendError, Sink, Stop, Stopper};

/// Counts readings, and says stop behind the last.
///
/// ```
/// use std::sync::Arc;
/// use streamer_plugin::testkit::{Bench, Countdown};
/// use streamer_plugin::{Outlet, Stop};
///
/// let bench = Bench::new("/");
/// let (stop, stopper) = Stop::new()?;
/// let outlet = Outlet::new(Arc::new(Countdown::new(1, stopper)), bench.clock().clone(), stop.clone());
/// let mut readings = outlet.readings();
/// readings.put("edge", 1);
/// assert!(!stop.asked());
/// outlet.send(&readings, None)?;
/// assert!(stop.asked());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Countdown {
    left: AtomicUsize,
    stopper: Stopper,
}

impl Countdown {
    /// Says stop once so many readings have come.
    pub const fn new(readings: usize, stopper: Stopper) -> Self {
        Self { left: AtomicUsize::new(readings), stopper }
    }
}

impl Sink for Countdown {
    fn send(&self, readings: &Readings, _: Option<Position<'_>>, _: &Stop) -> Result<(), SendError> {
        let count = readings.items().len();
        if self.left.fetch_sub(count, Ordering::Relaxed) <= count {
            self.stopper.stop();
        }
        Ok(())
    }
}
