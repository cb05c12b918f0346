//! For the tests of an input: build it from TOML, drive it, read what it said. No device and no agent needed.
//!
//! ```
//! # use streamer_plugin::{Input, InputError, Kind, Options, Plugin, Readings, Sampler, Site};
//! # #[derive(serde::Deserialize, schemars::JsonSchema)]
//! # #[serde(deny_unknown_fields)]
//! # struct One {}
//! # impl Options for One {
//! #     fn build(&self, _: &Site) -> Result<Input, InputError> { Ok(Input::sampler(One {})) }
//! # }
//! # impl Sampler for One {
//! #     fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> { out.put("one", 1); Ok(()) }
//! # }
//! # const PLUGIN: Plugin = Plugin::new("one", "always one", &[Kind::of::<One>("")]);
//! use streamer_plugin::testkit::Bench;
//!
//! let bench = Bench::new("/");
//! let mut input = bench.build(&PLUGIN, "")?;
//! assert_eq!(input.sample()?.lines(), ["one 1"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bench;
mod conformance;
mod countdown;
mod driven;
mod mortal;
mod recorder;
mod spi;
mod switch;
mod trouble;

pub use crate::Chips;
pub use bench::{Bench, BuildError};
pub use conformance::{Example, conformance};
pub use countdown::Countdown;
pub use driven::{Driven, Listening};
pub use mortal::Mortal;
pub use recorder::Recorder;
pub use spi::SpiScript;
pub use switch::Switch;
pub use trouble::Trouble;
