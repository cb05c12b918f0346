//! Programs and what they print: a command on the schedule, or a long-lived one that keeps talking.
//!
//! A command gets a clean place: a session and a group of its own, an input that is at its end, no descriptor of ours, and
//! `LC_ALL=C`. However it behaves, it costs only its own readings:
//!
//! - Its output is bounded, its time is bounded, and its memory where that is asked for. What hangs is told to end (TERM)
//!   and, after a grace, ended (KILL).
//! - What it leaves behind is ended with it, also where that moved to a session of its own: this process takes in the
//!   orphans of its commands, and reaps them.
//! - It dies with the agent, also when that is killed; what its own children leave then, the next agent ends.
//! - A grandchild that holds the pipe is not waited for.
//!
//! A process is started without copying this one, which is what makes a hundred commands a second cheap; the one unsafe
//! place of this crate is `launch`. Nothing here waits for a process that belongs to somebody else.

mod account;
mod child;
mod command;
mod failure;
mod format;
mod gather;
mod guess;
mod kinds;
mod launch;
mod life;
mod once;
mod orphans;
mod pause;
mod proc;
mod ready;
mod run;
mod said;
mod spoken;
mod stream;
mod talk;
mod text;
mod undertaker;
mod voice;

use streamer_plugin::{Kind, Made, Plugin};

pub use kinds::{OnceOptions, StreamOptions};

const MADE: &[Made] = &[
    Made { key: "value", unit: "", about: "what the command prints; `key` names it, other formats name it themselves" },
    Made { key: "EXIT_CODE", unit: "", about: "how the command ended, under the name that `exit_code` gives" },
];

/// `[[inputs.exec]]`.
pub const PLUGIN: Plugin = Plugin::new(
    "exec",
    "programs and what they print",
    &[Kind::of::<OnceOptions>("once").makes(MADE), Kind::of::<StreamOptions>("stream").makes(MADE)],
)
.selected_by("mode", Some("once"));
