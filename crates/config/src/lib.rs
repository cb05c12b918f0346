//! One TOML file, or several, to a [`Plan`]; or to every mistake in them at once, each with its place and its cure.
//!
//! It knows what a plugin is and none by name: the list is given. It starts nothing, and never shows an access key.
//!
//! ```
//! use streamer_config::{Files, Style, Surroundings, load};
//!
//! let around = Surroundings { variable: &|name| (name == "HOME").then(|| "/home/pi".into()), ..Surroundings::bare(&[]) };
//! let plan = load(&Files::text("streamer.toml", "[outputs.local]\n[buckets.home]\n"), &around)?;
//! assert_eq!(plan.outputs[0].label, "local");
//!
//! let mistakes = load(&Files::text("streamer.toml", "[agent]\nintervall = '5s'\n"), &around).unwrap_err();
//! let shown = mistakes.render(Style::Plain);
//! assert!(shown.contains("streamer.toml:2:1") && shown.contains("did you mean `interval`?"));
//! # Ok::<(), streamer_config::Mistakes>(())
//! ```

mod find;
mod inputs;
mod left_out;
mod load;
mod place;
mod plan;
mod rules;
mod settings;
mod surroundings;
mod text;
mod tree;

pub use find::{Found, QUICKSTART, find};
pub use load::{find_and_load, load};
pub use place::{Diagnostic, File, Files, Mark, Mistakes, Place, Severity, Style};
pub use plan::{
    AgentPlan, BucketPlan, InitialState, InputPlan, Local, Log, OnFull, OutputKind, OutputPlan, Plan, SpoolPlan, Sync,
    Taps,
};
pub use rules::{OnChange, Outcome, Rule, Rules};
pub use surroundings::{IniSettings, Surroundings};
pub use text::{every_key, reference, schema, starter};
