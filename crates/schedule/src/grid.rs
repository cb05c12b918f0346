//! The places that ticks can stand at: a grid over the time since boot, or readings of the local clock.

use std::time::Duration;

use streamer_clock::Zone;
use streamer_reading::Epoch;

use crate::civil::{self, Local, Passes};
use crate::cron::Cron;
use crate::span::micros;
use crate::{Rhythm, Timing, spread};

/// An interval that is longer than this is aligned like a fixed time of day when the clocks change.
const HOUR: u64 = 3_600_000_000;

/// What a ticker steps through.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Grid {
    /// Instants since boot: `phase` and every multiple of `every` after it.
    Boot {
        /// Microseconds from one to the next.
        every: u64,
        /// Where in them.
        phase: u64,
    },
    /// Readings of the local clock.
    Wall(WallGrid),
}

impl Grid {
    /// The grid of a checked timing; `seed` gives an interval its place.
    pub(crate) fn new(timing: &Timing, seed: u64, zone: Zone) -> Self {
        let pattern = match &timing.rhythm {
            Rhythm::Every(interval) => {
                let every = micros(*interval);
                return Self::Boot {
                    every,
                    phase: (spread::place(seed, every) + micros(timing.offset) % every) % every,
                };
            }
            Rhythm::Aligned(interval) => {
                let every = micros(*interval);
                Pattern::Multiple { every: signed(every), offset: signed(micros(timing.offset) % every) }
            }
            Rhythm::Cron(cron) => Pattern::Cron(cron.clone()),
        };
        Self::Wall(WallGrid { pattern, zone })
    }
}

/// The ticks of an aligned interval or of a cron expression.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WallGrid {
    pattern: Pattern,
    zone: Zone,
}

#[derive(Debug, PartialEq, Eq)]
enum Pattern {
    Multiple { every: i64, offset: i64 },
    Cron(Cron),
}

impl WallGrid {
    /// The first tick after `after`; for a cron expression none if there is none before the year 2100 ends.
    pub(crate) fn next(&self, after: Epoch) -> Option<Epoch> {
        match &self.pattern {
            Pattern::Multiple { every, offset } => {
                let passes = if every.unsigned_abs() > HOUR { Passes::Once } else { Passes::Every };
                civil::next(&self.zone, passes, after, |reading| multiple(*every, *offset, reading))
            }
            Pattern::Cron(cron) => civil::next(&self.zone, cron.passes(), after, |reading| cron.next(reading)),
        }
    }

    /// The least time between the reading at the start and the first tick.
    pub(crate) fn first_gap(&self) -> Duration {
        match self.pattern {
            Pattern::Multiple { every, .. } => Duration::from_micros(every.unsigned_abs().div_ceil(2)),
            // Its times are named one by one: none is left out.
            Pattern::Cron(_) => Duration::ZERO,
        }
    }
}

/// The first reading after `after` that is `offset` more than a multiple of `every`.
fn multiple(every: i64, offset: i64, after: Local) -> Option<Local> {
    after.checked_sub(offset)?.div_euclid(every).checked_add(1)?.checked_mul(every)?.checked_add(offset)
}

fn signed(micros: u64) -> i64 {
    i64::try_from(micros).unwrap_or(i64::MAX)
}
