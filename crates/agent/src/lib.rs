//! The agent: inputs, rules, spool, drains and outputs assembled and supervised, and the command line of the program.
//!
//! A program with an input of your own is a `main` of a few lines:
//!
//! ```no_run
//! use streamer_plugin::{Input, InputError, Kind, Options, Plugin, Readings, Sampler, Site};
//!
//! /// Counts its own rounds.
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Rounds {}
//!
//! impl Options for Rounds {
//!     fn build(&self, _: &Site) -> Result<Input, InputError> {
//!         Ok(Input::sampler(Counter(0)))
//!     }
//! }
//!
//! struct Counter(u32);
//!
//! impl Sampler for Counter {
//!     fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
//!         self.0 += 1;
//!         out.put("rounds", self.0);
//!         Ok(())
//!     }
//! }
//!
//! const ROUNDS: Plugin = Plugin::new("rounds", "its own rounds", &[Kind::of::<Rounds>("")]);
//!
//! fn main() -> std::process::ExitCode {
//!     streamer_agent::main(streamer_agent::builtin().with(ROUNDS))
//! }
//! ```

// A program that has every output is held to use all that there is.
#![cfg_attr(
    not(all(feature = "initial_state", feature = "local", feature = "csv")),
    allow(
        dead_code,
        unused_imports,
        unused_variables,
        reason = "what only some outputs need, in a program without them"
    )
)]

#[cfg(feature = "initial_state")]
mod accounts;
mod agent;
mod cli;
mod clock_watch;
mod committer;
mod control;
mod delivery;
mod descriptors;
mod doctor;
mod exit;
mod flow;
mod gate;
mod host;
mod input;
mod lanes;
mod letters;
mod listeners;
#[cfg(feature = "local")]
mod local;
mod logging;
mod losses;
mod notify;
mod outflow;
mod own;
mod plugins;
mod program_pages;
mod quota;
mod round;
mod runtime_folder;
mod simulated;
mod state;
mod status;
mod table;
mod taps;
#[cfg(any(feature = "local", feature = "csv"))]
mod threads;
mod trusted;
mod view;

pub use plugins::{Plugins, builtin};

/// The definition of the command line, from which its manual and its completions are made.
pub fn command_line() -> clap::Command {
    cli::command_line()
}

/// For the fuzz targets only: what reads bytes from outside, without an agent behind it. Not a feature, or the tests would
/// build the agent twice; the program has nothing of it.
#[doc(hidden)]
pub mod hostile {
    /// A whole conversation over the control socket: what the agent answers to these bytes.
    ///
    /// # Panics
    /// Where the system has no socket to give.
    #[must_use]
    pub fn converse(bytes: &[u8]) -> Vec<u8> {
        crate::control::converse_with(bytes).expect("a pair of sockets")
    }
}

/// The program with these inputs: parses the command line and does what it says.
pub fn main(plugins: Plugins) -> std::process::ExitCode {
    cli::main(plugins.leak())
}
