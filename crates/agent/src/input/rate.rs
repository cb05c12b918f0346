//! The most readings a second that an input which cannot wait may bring, so that a flood hurts only its maker.

use streamer_clock::SinceBoot;

/// A bucket of tokens that holds one second's worth.
#[derive(Debug)]
pub struct Rate {
    per_second: u64,
    /// In millionths of a reading.
    tokens: u64,
    last: SinceBoot,
}

impl Rate {
    /// `per_second` readings, with a full bucket.
    pub fn new(per_second: u32, now: SinceBoot) -> Self {
        let per_second = u64::from(per_second);
        Self { per_second, tokens: per_second * 1_000_000, last: now }
    }

    /// How many of `wanted` readings may pass now.
    pub fn admit(&mut self, wanted: usize, now: SinceBoot) -> usize {
        let micros = u64::try_from(now.since(self.last).as_micros()).unwrap_or(u64::MAX);
        self.last = self.last.max(now);
        let full = self.per_second * 1_000_000;
        self.tokens = self.tokens.saturating_add(micros.saturating_mul(self.per_second)).min(full);
        let admitted = usize::try_from(self.tokens / 1_000_000).unwrap_or(usize::MAX).min(wanted);
        self.tokens -= admitted as u64 * 1_000_000;
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holds_so_many_and_no_more() {
        let at = SinceBoot::from_micros;
        let mut rate = Rate::new(1000, at(0));
        assert_eq!(rate.admit(1500, at(0)), 1000);
        assert_eq!(rate.admit(10, at(0)), 0);
        assert_eq!(rate.admit(1000, at(500_000)), 500);
        // A long silence does not save up more than a second.
        assert_eq!(rate.admit(5000, at(60_000_000)), 1000);
    }
}
