//! What a configuration asks for, checked once: a rhythm, and how it is moved. It holds no place in time; `Ticker` does.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use streamer_clock::{Moment, SinceBoot, Zone};
use streamer_reading::Epoch;

use crate::cron::Cron;
use crate::grid::Grid;
use crate::span::{micros, words};
use crate::{Ticker, spread};

const SHORTEST: Duration = Duration::from_millis(1);

/// When the ticks of a schedule come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rhythm {
    /// This far apart in time since boot, from a place in the interval that the id gives: no two inputs meet by design,
    /// and nobody who sets the wall clock moves a tick.
    Every(Duration),
    /// When the local clock shows a multiple of this: `10m` at :00, :10, :20, `24h` at midnight. What does not divide
    /// a day is counted from local midnight of the first of January 1970. Up to an hour, both passes of a repeated hour
    /// count; above, a multiple counts once, and a skipped one at the first instant after it.
    Aligned(Duration),
    /// When the local clock shows what the expression names. A fixed hour that is repeated counts on its first pass,
    /// and one that is skipped at the first instant after it; with a star or a step in the hour the ticks come whenever
    /// the clock shows them.
    Cron(Cron),
}

/// What a configuration says about one input's schedule.
///
/// ```
/// use std::time::Duration;
/// use streamer_schedule::{Rhythm, Timing};
/// let timing = Timing { offset: Duration::from_secs(5), ..Timing::new(Rhythm::Aligned(Duration::from_secs(60))) };
/// assert!(timing.run_at_start);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// When the ticks come.
    pub rhythm: Rhythm,
    /// Moves every tick of an interval by this much.
    pub offset: Duration,
    /// The most that a tick comes late by its own lot, which is below this.
    pub jitter: Duration,
    /// Whether a tick comes at the start too.
    pub run_at_start: bool,
}

impl Timing {
    /// The rhythm with nothing added; intervals also tick at the start, cron expressions do not.
    pub fn new(rhythm: Rhythm) -> Self {
        let run_at_start = !matches!(rhythm, Rhythm::Cron(_));
        Self { rhythm, offset: Duration::ZERO, jitter: Duration::ZERO, run_at_start }
    }
}

/// Why a timing makes no schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// An interval of nothing, or so short that nothing can be read in it.
    #[error("the interval {} is too short; the shortest is 1ms", words(*.0))]
    IntervalTooShort(Duration),
    /// Jitter that could make two ticks change places.
    #[error("the jitter of {} is not shorter than the interval of {}", words(*.jitter), words(*.interval))]
    JitterTooLong {
        /// The jitter.
        jitter: Duration,
        /// The interval that it must be shorter than.
        interval: Duration,
    },
    /// An offset of a cron expression.
    #[error("an offset moves an interval; a cron expression names its own times, so put the offset into it")]
    OffsetOfCron,
}

/// A checked schedule of one input. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule(Arc<Plan>);

#[derive(Debug, PartialEq, Eq)]
struct Plan {
    timing: Timing,
    /// The name of the zone, for people.
    zone: String,
    seed: u64,
    grid: Grid,
}

impl Schedule {
    /// The schedule of the input `id`; `zone` is whose clock alignment and cron expressions go by.
    ///
    /// # Errors
    /// [`ScheduleError`] for a timing that contradicts itself.
    pub fn new(id: &str, timing: Timing, zone: Zone) -> Result<Self, ScheduleError> {
        match timing.rhythm {
            Rhythm::Every(interval) | Rhythm::Aligned(interval) => {
                if interval < SHORTEST {
                    return Err(ScheduleError::IntervalTooShort(interval));
                }
                if timing.jitter >= interval {
                    return Err(ScheduleError::JitterTooLong { jitter: timing.jitter, interval });
                }
            }
            Rhythm::Cron(_) if !timing.offset.is_zero() => return Err(ScheduleError::OffsetOfCron),
            Rhythm::Cron(_) => {}
        }
        let (seed, name) = (spread::seed(id), zone.to_string());
        let grid = Grid::new(&timing, seed, zone);
        Ok(Self(Arc::new(Plan { timing, zone: name, seed, grid })))
    }

    /// The schedule in words: `every 10s`, `at 02:30 (Europe/Berlin)`.
    pub fn describe(&self) -> String {
        self.to_string()
    }

    /// The next `count` ticks if the program started at `now` and nobody set the clock; less if it ends before.
    ///
    /// ```
    /// use streamer_clock::{Moment, SinceBoot, Zone};
    /// use streamer_reading::Epoch;
    /// use streamer_schedule::{Rhythm, Schedule, Timing};
    /// let daily = Timing::new(Rhythm::Cron("@daily".parse()?));
    /// let now = Moment { wall: Epoch::from_secs(1_790_000_000)?, boot: SinceBoot::ZERO };
    /// let coming = Schedule::new("system", daily, Zone::utc())?.upcoming(now, 2);
    /// assert_eq!(coming, [Epoch::from_secs(1_790_035_200)?, Epoch::from_secs(1_790_121_600)?]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn upcoming(&self, now: Moment, count: usize) -> Vec<Epoch> {
        let mut ticker = Ticker::new(self.clone(), now);
        let mut ticks = Vec::new();
        while ticks.len() < count && ticker.due().at != SinceBoot::NEVER {
            let due = ticker.due();
            // What the wall clock shows at the tick, jitter included.
            let then = now.plus(due.at.since(now.boot));
            ticks.push(then.wall);
            ticker.next(then);
        }
        ticks
    }

    pub(crate) fn run_at_start(&self) -> bool {
        self.0.timing.run_at_start
    }

    pub(crate) fn grid(&self) -> &Grid {
        &self.0.grid
    }

    /// How late the tick that stands at `tick` on its grid comes by its own lot; less than `room`.
    pub(crate) fn jitter(&self, tick: u64, room: u64) -> u64 {
        spread::below(micros(self.0.timing.jitter).min(room), self.0.seed, tick)
    }

    pub(crate) fn has_jitter(&self) -> bool {
        !self.0.timing.jitter.is_zero()
    }
}

/// In words, as [`Schedule::describe`] gives them.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { timing, zone, .. } = &*self.0;
        match &timing.rhythm {
            Rhythm::Every(interval) => write!(f, "every {}", words(*interval))?,
            Rhythm::Aligned(interval) => write!(f, "every {} by the clock ({zone})", words(*interval))?,
            Rhythm::Cron(cron) => write!(f, "{} ({zone})", cron.describe())?,
        }
        if !timing.offset.is_zero() {
            write!(f, ", moved by {}", words(timing.offset))?;
        }
        if !timing.jitter.is_zero() {
            write!(f, ", up to {} late", words(timing.jitter))?;
        }
        if timing.run_at_start { f.write_str(", and at the start") } else { Ok(()) }
    }
}
