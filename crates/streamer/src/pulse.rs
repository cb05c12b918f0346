//! Whether somebody who works by themselves still comes round: by when they said that they would be seen again.
//!
//! Counted on the timers of the runtime, which stand still while the machine is suspended, as do the waits that are told
//! here. It judges nothing: who is how late is for a watchdog to ask.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Who waits for somebody else, for as long as that takes.
const RESTS: u64 = u64::MAX;

/// One worker's word on when it is seen again. It rests until it first says otherwise.
#[derive(Debug)]
pub struct Pulse(AtomicU64);

/// A wait that was told; when it is over, the worker is at work again.
#[derive(Debug)]
pub struct Waiting<'p>(&'p Pulse);

impl Pulse {
    /// The pulse of a worker that has not begun.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicU64::new(RESTS))
    }

    /// From now on it is at work, and should be seen at once.
    pub fn works(&self) {
        self.0.store(micros(), Ordering::Release);
    }

    /// It waits for so long and then goes on by itself.
    pub fn waits(&self, span: Duration) -> Waiting<'_> {
        let span = u64::try_from(span.as_micros()).unwrap_or(RESTS);
        self.0.store(micros().saturating_add(span), Ordering::Release);
        Waiting(self)
    }

    /// It waits for somebody else, who has a pulse of their own or is not ours.
    pub fn rests(&self) -> Waiting<'_> {
        self.0.store(RESTS, Ordering::Release);
        Waiting(self)
    }

    /// It has ended, and will not be seen again.
    pub fn ends(&self) {
        self.0.store(RESTS, Ordering::Release);
    }

    /// How long it is overdue.
    pub fn late(&self) -> Duration {
        Duration::from_micros(micros().saturating_sub(self.0.load(Ordering::Acquire)))
    }
}

impl Default for Pulse {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.works();
    }
}

/// Since somebody first asked.
fn micros() -> u64 {
    static START: OnceLock<tokio::time::Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(tokio::time::Instant::now).elapsed().as_micros()).unwrap_or(RESTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_is_late_only_after_the_wait_and_who_rests_never() {
        let pulse = Pulse::new();
        assert_eq!(pulse.late(), Duration::ZERO);
        let waiting = pulse.waits(Duration::from_secs(3600));
        assert_eq!(pulse.late(), Duration::ZERO);
        drop(waiting);
        while pulse.late() == Duration::ZERO {}
        let resting = pulse.rests();
        assert_eq!(pulse.late(), Duration::ZERO);
        drop(resting);
        while pulse.late() == Duration::ZERO {}
        pulse.ends();
        assert_eq!(pulse.late(), Duration::ZERO);
    }
}
