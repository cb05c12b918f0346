//! x

mod background;
mod builder;
mod console;
pub mod csv;
pub mod drain;
mod durable;
mod error;
pub mod events_api;
pub mod import;
pub mod ini;
mod object;
pub mod output;
mod retry;
mod streamer;
mod trusted_clock;

pub use builder::Builder;
pub use drain::{Drain, DrainOptions, Handle};
pub use error::{BuildError, Error, RefusedPaths};
pub use retry::Pace;
pub use streamer::Streamer;
pub use streamer_reading::{BucketKey, BucketName, Epoch, Key, Reading, Refusal, Secret, Value};
