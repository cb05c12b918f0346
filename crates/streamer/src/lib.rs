//! x

pub mod csv;
pub mod drain;
pub mod events_api;
pub mod ini;
mod object;
pub mod output;
mod retry;

pub use drain::{Drain, DrainOptions, Handle};
pub use retry::Pace;
pub use streamer_reading::{BucketKey, BucketName, Epoch, Key, Reading, Refusal, Secret, Value};
