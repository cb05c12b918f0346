//! How long to wait before a program is started again: longer each time it ended soon.

use std::time::Duration;

const LONGEST: Duration = Duration::from_secs(300);
/// Who lived for so long did not fail at its start.
const LONG_LIFE: Duration = Duration::from_secs(60);

/// Pauses that grow.
#[derive(Debug)]
pub struct Pauses {
    first: Duration,
    next: Duration,
}

impl Pauses {
    pub fn new(first: Duration) -> Self {
        Self { first, next: first }
    }

    /// The pause after a life of `lived`.
    pub fn after(&mut self, lived: Duration) -> Duration {
        if lived >= LONG_LIFE {
            self.next = self.first;
        }
        let pause = self.next;
        self.next = pause.saturating_mul(2).min(LONGEST.max(self.first));
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_until_it_lived_for_long() {
        let mut pauses = Pauses::new(Duration::from_secs(1));
        let found: Vec<u64> = (0..11).map(|_| pauses.after(Duration::ZERO).as_secs()).collect();
        assert_eq!(found, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(pauses.after(Duration::from_secs(61)).as_secs(), 1);
        assert_eq!(pauses.after(Duration::from_secs(59)).as_secs(), 2);
    }
}
