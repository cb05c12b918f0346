//! How fast readings come and go, from which `status` says when a backlog will be gone. Measured, never assumed: a tier
//! that somebody else uses up, or an outage, is in the figures by itself.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use streamer_clock::SinceBoot;
use streamer_reading::BucketKey;
use streamer_spool::{OutputStatus, Status};

/// How often it is looked.
pub const EVERY: Duration = Duration::from_secs(10);
/// So far back: six windows of an account's allowance.
const LOOKS: usize = 6;
/// Over less than this nothing is said: an allowance may be spent in its first second.
const LEAST: Duration = Duration::from_secs(10);

/// What was seen of each output in the last minute.
#[derive(Debug, Default)]
pub struct Flow(Mutex<HashMap<(BucketKey, String), VecDeque<Seen>>>);

#[derive(Debug, Clone, Copy)]
struct Seen {
    at: SinceBoot,
    accepted: u64,
    settled: u64,
}

/// Readings a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    pub comes: f64,
    pub goes: f64,
}

impl Rates {
    /// When `waiting` readings will be gone, if all goes on like this; none where it never ends.
    pub fn drained_in(self, waiting: u64) -> Option<Duration> {
        let net = self.goes - self.comes;
        #[expect(clippy::cast_precision_loss, reason = "a backlog is far below 2^53")]
        let secs = waiting as f64 / net;
        if waiting == 0 { Some(Duration::ZERO) } else { Duration::try_from_secs_f64(secs).ok() }
    }
}

impl Flow {
    /// Looks at all outputs.
    pub fn look(&self, status: &Status, now: SinceBoot) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for bucket in &status.buckets {
            for output in &bucket.outputs {
                let seen = all.entry((bucket.bucket.clone(), output.output.clone())).or_default();
                if seen.len() == LOOKS {
                    seen.pop_front();
                }
                seen.push_back(Seen::of(output, now));
            }
        }
    }

    /// How it has gone with this output since it was looked at first in the last minute.
    pub fn rates(&self, bucket: &BucketKey, output: &OutputStatus, now: SinceBoot) -> Option<Rates> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = *all.get(&(bucket.clone(), output.output.clone()))?.front()?;
        let last = Seen::of(output, now);
        let span = now.since(first.at);
        #[expect(clippy::cast_precision_loss, reason = "a minute's readings are far below 2^53")]
        let rate = |before: u64, after: u64| after.saturating_sub(before) as f64 / span.as_secs_f64();
        let rates = Rates { comes: rate(first.accepted, last.accepted), goes: rate(first.settled, last.settled) };
        (span >= LEAST).then_some(rates)
    }
}

impl Seen {
    /// What was dropped is gone as well, but it went by no merit of the output's: it counts as never having come.
    fn of(output: &OutputStatus, at: SinceBoot) -> Self {
        let accepted = output.accepted.saturating_sub(output.dropped.total());
        Self { at, accepted, settled: output.acknowledged + output.set_aside }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backlog_ends_only_where_more_goes_than_comes() {
        let rates = Rates { comes: 2.0, goes: 10.0 };
        assert_eq!(rates.drained_in(80), Some(Duration::from_secs(10)));
        assert_eq!(rates.drained_in(0), Some(Duration::ZERO));
        assert_eq!(Rates { comes: 10.0, goes: 10.0 }.drained_in(1), None);
        assert_eq!(Rates { comes: 11.0, goes: 10.0 }.drained_in(1), None);
    }
}
