//! The vocabulary of Streamer: what a reading is, and what names it may bear.
//!
//! A [`Reading`] is one [`Key`], one [`Value`] and one [`Epoch`]. Everything here is checked when it is made, so that
//! whoever holds one need not check again. This crate does no I/O, reads no clock and knows no file format.
//!
//! ```
//! use streamer_reading::{Epoch, Key, Reading, Value};
//!
//! let reading = Reading::new(Key::new("temperature")?, Value::try_from(21.5)?, Epoch::from_secs(1_790_000_000)?);
//! assert_eq!(reading.to_string(), "1790000000.000000 temperature 21.5");
//! # Ok::<(), streamer_reading::Refusal>(())
//! ```

mod bucket;
mod epoch;
mod key;
mod name;
mod reading;
mod refusal;
mod secret;
mod value;

pub use bucket::{BucketKey, BucketName};
pub use epoch::Epoch;
pub use key::Key;
pub use name::{Namer, word};
pub use reading::Reading;
pub use refusal::Refusal;
pub use secret::Secret;
pub use value::{Finite, Text, Value};

/// The limits of a reading and of a bucket, in one place.
pub mod limits {
    /// Characters in a key: the service refuses longer ones (its documents name 100 and 250; 250 is the client's).
    pub const KEY_CHARS: usize = 250;
    /// Characters in a key that every document of the service agrees on; a longer key deserves a warning.
    pub const KEY_CHARS_SAFE: usize = 100;
    /// Characters in a text value.
    pub const TEXT_CHARS: usize = 2000;
    /// Characters in a bucket key and in a bucket name.
    pub const BUCKET_CHARS: usize = 250;
}
