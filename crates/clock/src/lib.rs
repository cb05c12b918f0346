//! The one clock that tells the time, and the civil time of a zone.
//!
//! A [`Clock`] reads the wall clock and the time since boot together, as a [`Moment`]; a moved clock does the same under
//! the [`Hand`] of a test. [`Trust`] judges whether the wall clock can be believed, and [`Zone`] turns instants into the
//! time on a kitchen clock. Nothing here knows schedules, files of the spool or the network, and no other crate may ask
//! the system for the time.
//!
//! ```
//! use std::time::Duration;
//! use streamer_clock::{Clock, Moment, SinceBoot};
//! use streamer_reading::Epoch;
//!
//! let (clock, hand) = Clock::moved(Moment { wall: Epoch::from_secs(1_790_000_000)?, boot: SinceBoot::ZERO });
//! hand.advance(Duration::from_secs(10));
//! assert_eq!(clock.now().wall.to_string(), "1790000010.000000");
//! assert_eq!(clock.now().boot.micros(), 10_000_000);
//! # Ok::<(), streamer_reading::Refusal>(())
//! ```

mod boot;
mod clock;
mod facts;
mod moment;
mod moved;
mod synchronised;
mod trust;
mod wake;
mod zone;

pub use boot::{BootId, Offset};
pub use clock::Clock;
pub use facts::{Facts, Mode};
pub use moment::{Moment, SinceBoot};
pub use moved::Hand;
pub use trust::{Doubt, Trust, Verdict};
pub use wake::{Wake, Woken};
pub use zone::{Zone, ZoneError};
