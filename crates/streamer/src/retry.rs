//! How long to wait before the next attempt. Growing, jittered, capped, and never giving up: no attempt is the last one.
//!
//! Nothing here sleeps or asks for the time; whoever does passes every wait through [`Pace`].

use std::time::Duration;

use uuid::Uuid;

/// Scales every wait of the delivery, so that tests need not live through an outage in real time. One in production.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace(f64);

impl Pace {
    /// The pace of the real world.
    pub const REAL: Self = Self(1.0);

    /// Every wait times `factor`.
    pub fn times(factor: f64) -> Self {
        Self(if factor.is_finite() { factor.clamp(1e-6, 1.0) } else { 1.0 })
    }

    pub(crate) fn of(self, wait: Duration) -> Duration {
        if self == Self::REAL { wait } else { wait.mul_f64(self.0) }
    }
}

/// The waits between attempts at one thing that fails.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    first: Duration,
    /// So many attempts are made at the first distance before it grows.
    steady: u32,
    growth: f64,
    cap: Duration,
    attempts: u32,
    jitter: Jitter,
}

impl Backoff {
    /// For a network that is away: about each second for two minutes, so that a short outage ends at once; then slower.
    pub fn network() -> Self {
        Self::new(Duration::from_secs(1), 120, 1.5, Duration::from_secs(15))
    }

    /// For a service that answers with a fault of its own.
    pub fn service() -> Self {
        Self::new(Duration::from_secs(1), 2, 2.0, Duration::from_secs(20))
    }

    /// For what a person has to mend: 30 s, doubling to 15 minutes.
    pub fn parked() -> Self {
        Self::new(Duration::from_secs(30), 1, 2.0, Duration::from_secs(900))
    }

    fn new(first: Duration, steady: u32, growth: f64, cap: Duration) -> Self {
        Self { first, steady, growth, cap, attempts: 0, jitter: Jitter::new() }
    }

    /// The wait before the next attempt.
    pub fn next(&mut self) -> Duration {
        let grown = self.attempts.saturating_sub(self.steady.saturating_sub(1)).min(64);
        self.attempts = self.attempts.saturating_add(1);
        let wait = self.first.as_secs_f64() * self.growth.powi(grown.cast_signed());
        self.jitter.near(Duration::from_secs_f64(wait.min(self.cap.as_secs_f64())))
    }

    /// To be called when it worked: the next failure is a first one.
    pub fn reset(&mut self) {
        self.attempts = 0;
    }
}

/// Random numbers that only have to differ between devices (xorshift, seeded by the system).
#[derive(Debug, Clone)]
pub(crate) struct Jitter(u64);

impl Jitter {
    pub fn new() -> Self {
        let (high, low) = Uuid::new_v4().as_u64_pair();
        Self((high ^ low) | 1)
    }

    /// Somewhere from 0 to `span`.
    pub fn within(&mut self, span: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        #[expect(clippy::cast_precision_loss, reason = "53 random bits are plenty")]
        let share = (self.0 >> 11) as f64 / (1_u64 << 53) as f64;
        span.mul_f64(share)
    }

    /// `wait`, up to a fifth less or a tenth more.
    fn near(&mut self, wait: Duration) -> Duration {
        wait.mul_f64(0.8) + self.within(wait.mul_f64(0.3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_outage_is_probed_each_second_and_a_long_one_is_not_hammered() {
        let mut backoff = Backoff::network();
        let waits: Vec<_> = (0..400).map(|_| backoff.next().as_secs_f64()).collect();
        assert!(waits[..120].iter().all(|wait| (0.8..=1.1).contains(wait)), "{waits:?}");
        assert!(waits[200..].iter().all(|wait| (12.0..=16.5).contains(wait)), "{waits:?}");
        backoff.reset();
        assert!(backoff.next() < Duration::from_secs(2));
    }

    #[test]
    fn what_is_parked_is_probed_after_30_s_and_every_15_minutes_at_last() {
        let mut backoff = Backoff::parked();
        let waits: Vec<_> = (0..12).map(|_| backoff.next().as_secs_f64()).collect();
        assert!((24.0..=33.0).contains(&waits[0]) && (48.0..=66.0).contains(&waits[1]), "{waits:?}");
        assert!((720.0..=990.0).contains(&waits[11]), "{waits:?}");
    }
}
