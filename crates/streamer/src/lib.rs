//! Streams readings into buckets: the Rust counterpart of Initial State's Python Streamer, without its losses.
//!
//! ```no_run
//! let streamer = streamer::Streamer::builder()
//!     .access_key("YourAccessKey")
//!     .bucket_name("Some Bucket Name")
//!     .bucket_key("Some_Bucket_Key")
//!     .build()?;
//! streamer.log("temperature", 21.5)?;
//! streamer.close()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Builder`] has every parameter of the Python constructor, in a table beside ours.
//!
//! # What it promises
//!
//! * `log` never waits for the network. What it accepted is delivered in order, again and again until the service
//!   confirms it; a batch whose answer was lost is repeated with identical bytes, and counted.
//! * What the service refuses for its content is found, set aside and reported; the rest goes out.
//! * The allowance is learned from the service's answers and kept to; a stopped account or a removed bucket keeps its
//!   readings until a person has mended it.
//! * Without [`Builder::spool`] there is a bounded buffer in memory: what it holds ends with the program. With it,
//!   accepted readings survive a killed process at once and a power cut after 10 s.
//! * Nothing is discarded: a full buffer refuses new readings with [`Error::Full`].
//!
//! # For the agent
//!
//! The same engine in parts: [`output::Output`] is where batches go, [`Drain`] takes them there,
//! [`events_api::Account`] paces all that shares an access key, [`record_opening`] is how a start waits for the disk. A
//! [`Drain`] is driven by whoever holds it: only [`Builder::build`] starts a thread that stays.

mod aside;
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
mod pulse;
mod retry;
mod route;
mod streamer;
mod trusted_clock;

pub use builder::Builder;
pub use drain::{Drain, DrainOptions, Handle};
pub use durable::record_opening;
pub use error::{BuildError, Error, RefusedPaths};
pub use pulse::{Pulse, Waiting};
pub use retry::Pace;
pub use streamer::Streamer;
pub use streamer_reading::{BucketKey, BucketName, Epoch, Key, Reading, Refusal, Secret, Value};
