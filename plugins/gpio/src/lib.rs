//! Lines of a GPIO chip: their level on the schedule, each of their edges, or pulses counted.
//!
//! A chip is found by its label and a line by its number, its name or its place on the header, so a configuration stays
//! right when the kernel numbers its chips anew. What comes from the kernel is one record an edge, with a stamp and a number:
//!
//! - The stamp is the reading's epoch, whenever the record is read.
//! - A gap in the numbers tells how many edges the kernel's queue had no room for. They are counted, and the level is read
//!   again; a count of pulses goes on as if none had been lost.
//! - Bounces are kept away by the kernel where it can, and else by a filter here, whose memory is the level: a pulse that is
//!   too short leaves nothing behind.
//!
//! This crate only reads lines, never drives one, and touches no line that it was not told of.

mod chips;
mod count;
mod edge;
mod follower;
mod kernel;
mod level;
mod line;
mod open;
mod options;
mod pi;
mod place;
mod record;
mod scan;
mod stable;
mod watch;

use streamer_plugin::{Kind, Made, Plugin};

pub use follower::{Edge, Follower, Heard};
pub use record::{Queue, Record, Took};
pub use stable::{Stable, Turn};

use options::{CountOptions, EdgeOptions, LevelOptions};

const STATE: &[Made] = &[Made { key: "gpio_LINE", unit: "", about: "1 while active, 0 while not; `key` names it" }];
const PULSES: &[Made] = &[
    Made { key: "gpio_LINE_total", unit: "", about: "pulses since the first start; `key` names it" },
    Made { key: "gpio_LINE_rate", unit: "1/s", about: "pulses a second since the reading before" },
];

/// `[[inputs.gpio]]`.
pub const PLUGIN: Plugin = Plugin::new(
    "gpio",
    "levels, edges and pulses of GPIO lines",
    &[
        Kind::of::<LevelOptions>("level").makes(STATE),
        Kind::of::<EdgeOptions>("edge").makes(STATE),
        Kind::of::<CountOptions>("count").makes(PULSES),
    ],
)
.selected_by("mode", Some("level"))
.scanned_by(scan::scan);
