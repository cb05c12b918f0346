//! Where one input stands in its schedule: the tick that is due, and what follows it.
//!
//! A tick is an absolute instant, so lateness never adds up. A tick that could not be taken is left out and counted:
//! after a suspend, a step of the clock or a reading that took long there is one run, never a burst.

use streamer_clock::{Moment, SinceBoot};
use streamer_reading::Epoch;

use crate::Schedule;
use crate::grid::{Grid, WallGrid};

/// Ticks of the wall clock that went by are counted up to here; a clock that was set years ahead passes millions.
const MOST_COUNTED: u32 = 1_000;

/// A tick that is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// When, in time since boot: what to sleep until. [`SinceBoot::NEVER`] if the schedule has ended.
    pub at: SinceBoot,
    /// What the wall clock shows then, without jitter, if nobody sets it meanwhile.
    pub wall: Epoch,
    /// Ticks between the one before and this one that were left out because their time was over; at most 1,000 are
    /// counted for schedules that go by the wall clock.
    pub missed: u32,
}

/// One input's place in its schedule. Give it every moment at which a tick is taken up, and every step of the clock.
///
/// ```
/// use std::time::Duration;
/// use streamer_clock::{Moment, SinceBoot, Zone};
/// use streamer_reading::Epoch;
/// use streamer_schedule::{Rhythm, Schedule, Ticker, Timing};
///
/// let timing = Timing { run_at_start: false, ..Timing::new(Rhythm::Aligned(Duration::from_secs(60))) };
/// let now = Moment { wall: Epoch::from_secs(1_790_000_030)?, boot: SinceBoot::ZERO };
/// let mut ticker = Ticker::new(Schedule::new("door", timing, Zone::utc())?, now);
/// assert_eq!(ticker.due().wall, Epoch::from_secs(1_790_000_040)?);
///
/// // The machine sleeps for an hour: one run on waking, 59 left out, and then the next full minute.
/// let awake = now.plus(Duration::from_secs(3_600));
/// let next = ticker.next(awake);
/// assert_eq!((next.wall, next.missed), (Epoch::from_secs(1_790_003_640)?, 59));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Ticker {
    schedule: Schedule,
    due: Due,
    /// The place of the due tick in time since boot, without jitter; not used for the tick at the start.
    place: SinceBoot,
    at_start: bool,
    /// The last tick of the wall clock that was taken up: what it showed, and when that was.
    last: Option<(Epoch, SinceBoot)>,
}

impl Ticker {
    /// The place at the start of the program.
    pub fn new(schedule: Schedule, now: Moment) -> Self {
        let at_start = schedule.run_at_start();
        let due = Due { at: now.boot, wall: now.wall, missed: 0 };
        let mut ticker = Self { schedule, due, place: now.boot, at_start, last: None };
        if !at_start {
            match ticker.schedule.grid() {
                &Grid::Boot { every, phase } => ticker.stand(now, first(every, phase, now.boot.micros() + 1), 0),
                Grid::Wall(grid) => ticker.stand_wall(now, grid.next(now.wall), 0),
            }
        }
        ticker
    }

    /// The tick that is due.
    pub fn due(&self) -> Due {
        self.due
    }

    /// Takes up the due tick at `now`, which is its time or later, and gives the one that follows: it lies after `now`.
    pub fn next(&mut self, now: Moment) -> Due {
        let at_start = std::mem::take(&mut self.at_start);
        match self.schedule.grid() {
            &Grid::Boot { every, phase } => {
                let (next, missed) = if at_start {
                    // "At least half an interval later" may be exactly that.
                    (first(every, phase, now.boot.micros().saturating_add(every.div_ceil(2))), 0)
                } else {
                    following(every, self.place.micros(), now.boot.micros())
                };
                self.stand(now, next, missed);
            }
            Grid::Wall(grid) if at_start => {
                let next = grid.next(now.plus(grid.first_gap()).wall.plus_micros(-1).max(now.wall));
                self.stand_wall(now, next, 0);
            }
            Grid::Wall(grid) => {
                self.last = Some((self.due.wall, now.boot));
                let (next, missed) = after_run(grid, self.due.wall, now);
                self.stand_wall(now, next, missed);
            }
        }
        self.due
    }

    /// Follows a step of the wall clock, and gives what is due now. An interval goes on undisturbed. For what goes by the
    /// wall clock a tick that the step passed is due at once; after a step back, a tick that comes a second time is left
    /// out while less than half its gap has passed since the first.
    pub fn stepped(&mut self, now: Moment) -> Due {
        match self.schedule.grid() {
            Grid::Wall(grid) if !self.at_start => {
                if now.wall < self.due.wall {
                    let next = grid.next(self.last.map_or(now.wall, |last| not_again(grid, last, now)));
                    self.stand_wall(now, next, self.due.missed);
                } else {
                    self.stand_wall(now, Some(self.due.wall), self.due.missed);
                }
            }
            _ => self.due.wall = now.plus(self.due.at.since(now.boot)).wall,
        }
        self.due
    }

    /// Makes the instant `place` since boot the due tick.
    fn stand(&mut self, now: Moment, place: u64, missed: u32) {
        let jitter = if self.schedule.has_jitter() { self.schedule.jitter(place, u64::MAX) } else { 0 };
        self.place = SinceBoot::from_micros(place);
        let at = SinceBoot::from_micros(place.saturating_add(jitter));
        self.due = Due { at, wall: now.plus(self.place.since(now.boot)).wall, missed };
    }

    /// Makes the tick that the wall clock shows at `wall` the due one; what it has passed already is due now.
    fn stand_wall(&mut self, now: Moment, wall: Option<Epoch>, missed: u32) {
        let Some(wall) = wall else {
            self.due = Due { at: SinceBoot::NEVER, wall: Epoch::from_micros(i64::MAX), missed };
            return;
        };
        let mut until = wall.micros().saturating_sub(now.wall.micros());
        if self.schedule.has_jitter() {
            // The lot stays within the gap, so that ticks never change places.
            let room = match self.schedule.grid() {
                Grid::Wall(grid) => grid.next(wall).map_or(u64::MAX, |next| gap(wall, next)),
                &Grid::Boot { every, .. } => every,
            };
            let lot = self.schedule.jitter(wall.micros().unsigned_abs(), room);
            until = until.saturating_add(i64::try_from(lot).unwrap_or(i64::MAX));
        }
        let until = u64::try_from(until).unwrap_or(0);
        self.due = Due { at: SinceBoot::from_micros(now.boot.micros().saturating_add(until)), wall, missed };
    }
}

/// The first instant of the grid at `from` or after it.
fn first(every: u64, phase: u64, from: u64) -> u64 {
    phase.saturating_add(from.saturating_sub(phase).div_ceil(every).saturating_mul(every))
}

/// The first instant after `now` of a grid that has one at `place`, and how many lie between.
fn following(every: u64, place: u64, now: u64) -> (u64, u32) {
    let next = place.saturating_add(every);
    if next > now {
        return (next, 0);
    }
    let missed = (now - next) / every + 1;
    (next.saturating_add(missed.saturating_mul(every)), u32::try_from(missed).unwrap_or(u32::MAX))
}

/// The tick after the one of `taken`, which was taken up at `now`, and how many were left out between.
fn after_run(grid: &WallGrid, taken: Epoch, now: Moment) -> (Option<Epoch>, u32) {
    if now.wall < taken {
        return (grid.next(not_again(grid, (taken, now.boot), now)), 0);
    }
    let mut missed = 0;
    let mut next = grid.next(taken);
    while let Some(passed) = next.filter(|next| *next <= now.wall) {
        if missed == MOST_COUNTED {
            return (grid.next(now.wall), missed);
        }
        missed += 1;
        next = grid.next(passed);
    }
    (next, missed)
}

/// What a tick must come after: the present, and on a clock that was set back also whatever would repeat the last tick
/// before half its gap has passed.
fn not_again(grid: &WallGrid, (last, taken): (Epoch, SinceBoot), now: Moment) -> Epoch {
    if now.wall > last {
        return now.wall;
    }
    let half = grid.next(last).map_or(0, |next| gap(last, next) / 2);
    let elapsed = now.boot.micros().saturating_sub(taken.micros());
    let early = i64::try_from(half.saturating_sub(elapsed)).unwrap_or(i64::MAX);
    now.wall.plus_micros(early).min(last).max(now.wall)
}

fn gap(from: Epoch, to: Epoch) -> u64 {
    u64::try_from(to.micros().saturating_sub(from.micros())).unwrap_or(0)
}
