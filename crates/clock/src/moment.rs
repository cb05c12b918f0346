//! An instant on both clocks at once: the wall's, which can be set, and the machine's, which only runs.

use std::fmt;
use std::time::Duration;

use streamer_reading::Epoch;

/// Microseconds since the machine started, suspended time included (`CLOCK_BOOTTIME`): it never steps and never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SinceBoot(u64);

impl SinceBoot {
    /// The start of the machine.
    pub const ZERO: Self = Self(0);
    /// Later than any instant that comes.
    pub const NEVER: Self = Self(u64::MAX);

    /// From whole microseconds since the start.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Whole microseconds since the start.
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// This instant and `span` more; held at [`SinceBoot::NEVER`].
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_micros()).unwrap_or(u64::MAX)))
    }

    /// The time from `earlier` until this instant; zero if `earlier` is the later one.
    ///
    /// ```
    /// use std::time::Duration;
    /// use streamer_clock::SinceBoot;
    /// let start = SinceBoot::from_micros(1_000);
    /// assert_eq!(start.plus(Duration::from_secs(1)).since(start), Duration::from_secs(1));
    /// assert_eq!(SinceBoot::ZERO.since(start), Duration::ZERO);
    /// ```
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

/// Seconds with six digits: `12.000345`.
impl fmt::Display for SinceBoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// One instant, as the wall clock and the time since boot show it, both read together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Moment {
    /// What the wall clock shows. It may be wrong, and it may step.
    pub wall: Epoch,
    /// The time since boot.
    pub boot: SinceBoot,
}

impl Moment {
    /// Microseconds that make the time since boot the wall clock's: they change only when the wall clock is set or slewed.
    pub fn wall_ahead(self) -> i64 {
        let boot = i64::try_from(self.boot.micros()).unwrap_or(i64::MAX);
        self.wall.micros().saturating_sub(boot)
    }

    /// The instant `span` later, if nobody sets the wall clock meanwhile.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self { wall: self.wall.plus_micros(micros), boot: self.boot.plus(span) }
    }
}
