//! All that the author of an input needs.
//!
//! An input is a struct of typed options that knows how to build a [`Sampler`] (it is asked on a schedule) or a
//! [`Listener`] (it tells by itself). The options' types and doc comments are the schema, the sample, the reference and
//! the validation. Everything else is done for you: schedule, deadline, epochs, retries with growing pauses, re-opening,
//! rules, the spool, delivery, counters and status.
//!
//! ```
//! use streamer_plugin::{Input, InputError, Kind, Options, Plugin, Readings, Sampler, Site};
//!
//! streamer_plugin::options! {
//!     /// How loaded the machine is.
//!     struct LoadOptions {
//!         /// Which average: 1, 5 or 15 minutes.
//!         #[serde(default = "one")]
//!         minutes: u8,
//!     }
//! }
//!
//! fn one() -> u8 {
//!     1
//! }
//!
//! impl Options for LoadOptions {
//!     fn build(&self, site: &Site) -> Result<Input, InputError> {
//!         let column = match self.minutes { 1 => 0, 5 => 1, _ => 2 };
//!         Ok(Input::sampler(Load { file: site.path("/proc/loadavg"), column }))
//!     }
//! }
//!
//! struct Load {
//!     file: std::path::PathBuf,
//!     column: usize,
//! }
//!
//! impl Sampler for Load {
//!     fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
//!         let text = std::fs::read_to_string(&self.file)?;
//!         let load: Option<f64> = text.split(' ').nth(self.column).and_then(|n| n.parse().ok());
//!         out.put("load", load.ok_or_else(|| InputError::again("no number in /proc/loadavg"))?);
//!         Ok(())
//!     }
//! }
//!
//! pub const PLUGIN: Plugin = Plugin::new("load", "how loaded the machine is", &[Kind::of::<LoadOptions>("")]);
//! ```
//!
//! This crate knows no other input, no output, no schedule and no network.

mod claim;
mod found;
mod gpio;
mod i2c;
mod input;
pub mod options;
mod outlet;
mod plugin;
mod readings;
mod sample;
mod simulated;
mod site;
mod spi;
mod stop;
pub mod sysfs;
#[cfg(feature = "testkit")]
pub mod testkit;

pub use claim::Claim;
pub use embedded_hal;
pub use found::Found;
pub use gpio::{Contact, line_event};
pub use i2c::{BusError, Chips, I2cBus, I2cDevice, I2cError, Wire};
pub use input::{Drive, Input, InputError, Lane, Listener, Sampler};
pub use outlet::{Outlet, Position, SendError, Sink};
pub use plugin::{Kind, Made, Options, Plugin, Selector};
pub use readings::{Item, Readings, Refused, When};
pub use sample::sample;
pub use schemars;
pub use serde;
pub use simulated::Simulated;
pub use site::{Site, State};
pub use spi::SpiDevice;
pub use stop::{Stop, Stopper};
pub use streamer_clock as clock;
pub use streamer_reading as reading;
pub use streamer_reading::{Epoch, Key, Reading, Refusal, Secret, Value};

/// Declares the options of an input: a struct of which each field is an option, and each doc comment its words; or an enum
/// of the words that an option takes.
///
/// A field is required unless its type is an `Option` or it has `#[serde(default)]` or `#[serde(default = "function")]`.
/// A key that is no field is an error. Ready-made types for what options are about stand in [`mod@options`].
///
/// ```
/// streamer_plugin::options! {
///     /// A lamp that blinks.
///     pub struct Blink {
///         /// How long it is on.
///         on: streamer_plugin::options::Period,
///         /// The lamp's colour.
///         #[serde(default)]
///         colour: Colour,
///     }
/// }
///
/// streamer_plugin::options! {
///     /// In a configuration `colour = "green"`.
///     #[derive(Default)]
///     pub enum Colour {
///         /// As most lamps are.
///         #[default]
///         Red,
///         /// For the dark.
///         Green,
///     }
/// }
/// ```
#[macro_export]
macro_rules! options {
    ($(#[$about:meta])* $visible:vis struct $name:ident { $($fields:tt)* }) => {
        $(#[$about])*
        #[derive($crate::serde::Deserialize, $crate::schemars::JsonSchema)]
        #[serde(crate = "streamer_plugin::serde", deny_unknown_fields)]
        #[schemars(crate = "streamer_plugin::schemars")]
        $visible struct $name {
            $($fields)*
        }
    };
    ($(#[$about:meta])* $visible:vis enum $name:ident { $($words:tt)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, $crate::serde::Deserialize, $crate::schemars::JsonSchema)]
        #[serde(crate = "streamer_plugin::serde", rename_all = "snake_case")]
        #[schemars(crate = "streamer_plugin::schemars")]
        $visible enum $name {
            $($words)*
        }
    };
}

/// The keys that every input has; no plugin may use one of them for itself.
pub const COMMON_KEYS: [&str; 12] = [
    "id",
    "bucket",
    "interval",
    "cron",
    "jitter",
    "offset",
    "align",
    "run_at_start",
    "timeout",
    "prefix",
    "max_rate",
    "readings",
];
