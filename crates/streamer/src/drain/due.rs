//! When readings leave: as soon as there are enough, as soon as the first has waited long enough, or when asked to.
//!
//! Pure: it neither sleeps nor counts by itself.

use std::time::Duration;

use streamer_clock::SinceBoot;

#[derive(Debug)]
pub(super) struct Due {
    buffer_size: u64,
    interval: Duration,
    /// So many of the waiting readings are due, whatever comes after them.
    owed: u64,
    /// Since when the first reading that is not due has waited.
    since: Option<SinceBoot>,
    /// The same for those that were left over when the rest became due.
    left_over: Option<SinceBoot>,
}

impl Due {
    pub fn new(buffer_size: u64, interval: Duration) -> Self {
        Self { buffer_size, interval, owed: 0, since: None, left_over: None }
    }

    /// When the next batch is due, with `waiting` readings at `now`; none while nothing waits.
    pub fn at(&mut self, waiting: u64, flushing: bool, now: SinceBoot) -> Option<SinceBoot> {
        if waiting == 0 {
            (self.owed, self.since, self.left_over) = (0, None, None);
            return None;
        }
        self.owed = self.owed.min(waiting);
        let at = self.since.get_or_insert(now).plus(self.interval);
        let due = if flushing || now >= at { waiting } else { waiting - waiting % self.buffer_size };
        if due > self.owed {
            self.owed = due;
            self.left_over = (waiting > due).then_some(now);
        }
        Some(if self.owed > 0 { now } else { at })
    }

    /// How many readings must wait to change what is due, while `waiting` do.
    pub fn news_from(&self, waiting: u64) -> u64 {
        if waiting == 0 { 1 } else { (waiting / self.buffer_size + 1) * self.buffer_size }
    }

    /// Whether readings are due still, whatever else is waiting: no need to count.
    pub fn is_owed(&self) -> bool {
        self.owed > 0
    }

    /// So many readings have left.
    pub fn took(&mut self, count: u64) {
        self.owed = self.owed.saturating_sub(count);
        if self.owed == 0 {
            self.since = self.left_over.take();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(ms: u64) -> SinceBoot {
        SinceBoot::from_micros(ms * 1000)
    }

    #[test]
    fn at_the_buffers_size_after_a_second_or_when_asked() {
        let mut due = Due::new(10, Duration::from_secs(1));
        assert_eq!(due.at(0, true, at(0)), None);
        assert_eq!(due.at(1, false, at(100)), Some(at(1100)));
        assert_eq!(due.at(9, false, at(500)), Some(at(1100)));
        assert_eq!(due.at(9, true, at(600)), Some(at(600)));
        due.took(9);
        assert_eq!(due.at(0, false, at(610)), None);
        assert_eq!(due.at(10, false, at(700)), Some(at(700)));
        due.took(10);
        assert_eq!(due.at(3, false, at(800)), Some(at(1800)));
        assert_eq!(due.at(3, false, at(1800)), Some(at(1800)));
    }

    #[test]
    fn a_large_buffer_leaves_whole_in_several_calls_and_what_is_left_over_keeps_its_age() {
        let mut due = Due::new(200, Duration::from_secs(1));
        assert_eq!(due.at(205, false, at(0)), Some(at(0)));
        for left in (0..20_u64).rev() {
            due.took(10);
            let next = due.at(5 + left * 10, false, at(50));
            assert_eq!(next, Some(if left > 0 { at(50) } else { at(1000) }), "{left}");
        }
    }
}
