//! When an input is read: intervals, cron expressions, jitter, alignment, clock changes and clock steps.
//!
//! Pure arithmetic: every answer follows from the [`streamer_clock::Moment`]s that are put in. This crate reads no clock, sleeps
//! nowhere and draws no lots; jitter and the spread of intervals come from the input's id, so they are the same after a
//! restart.
//!
//! ```
//! use std::time::Duration;
//! use streamer_clock::{Moment, SinceBoot, Zone};
//! use streamer_reading::Epoch;
//! use streamer_schedule::{Rhythm, Schedule, Ticker, Timing};
//!
//! let timing = Timing::new(Rhythm::Every(Duration::from_secs(10)));
//! let schedule = Schedule::new("system", timing, Zone::utc())?;
//! let start = Moment { wall: Epoch::from_secs(1_790_000_000)?, boot: SinceBoot::from_micros(42_000_000) };
//!
//! // The first reading is taken at the start; from the second tick on they are ten seconds apart, to the microsecond.
//! let mut ticker = Ticker::new(schedule, start);
//! assert_eq!(ticker.due().at, start.boot);
//! let second = ticker.next(start);
//! assert!(second.at.since(start.boot) >= Duration::from_secs(5));
//! let late = Moment { boot: second.at, wall: second.wall }.plus(Duration::from_millis(3));
//! assert_eq!(ticker.next(late).at.since(second.at), Duration::from_secs(10));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod civil;
mod cron;
mod grid;
mod schedule;
mod span;
mod spread;
mod ticker;

pub use cron::{Cron, CronError, Fault};
pub use schedule::{Rhythm, Schedule, ScheduleError, Timing};
pub use ticker::{Due, Ticker};
