//! What a call to the library can fail with. Each says what, where and what to do.

use std::fmt;
use std::io;
use std::path::PathBuf;

use streamer_reading::Refusal;

use crate::events_api::AccountError;
use crate::ini::IniError;

/// Why there is no [`crate::Streamer`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The ini file cannot be used.
    #[error(transparent)]
    Ini(#[from] IniError),
    /// The access key or the address cannot be used. Without the network (`offline(true)`) neither is needed.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The bucket's key or name cannot be used.
    #[error(transparent)]
    Bucket(#[from] Refusal),
    /// The file for offline mode cannot be opened.
    #[error("cannot open {} for the readings of offline mode: {source}", path.display())]
    OfflineFile {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The spool cannot be opened.
    #[error("cannot open the spool in {}: {why}", path.display())]
    Spool {
        /// Which folder.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// The system has no thread or timer to give.
    #[error("cannot start the delivery thread: {0}")]
    Thread(#[from] io::Error),
}

/// Why a call did not do all that was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The reading is none; it was not accepted.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Parts of an object are no readings; all its other parts were accepted.
    #[error("{0}")]
    Object(RefusedPaths),
    /// The buffer is full (`memory_limit`, or the spool's `spool_size`); the reading was not accepted.
    #[error("the buffer is full; wait for the network, or log less")]
    Full,
    /// A delivery failed since the last call (only at `debug_level` 2 and above). The reading of this call was accepted,
    /// and delivery goes on.
    #[error("a delivery failed and is tried again: {0}")]
    Delivery(String),
    /// Not everything is delivered. With a spool it goes out later; without one, as long as the program runs.
    #[error("{left} readings are not delivered: {why}")]
    NotDelivered {
        /// How many are left.
        left: u64,
        /// What they wait for.
        why: String,
    },
    /// The streamer was closed, or its thread ended.
    #[error("the streamer is closed")]
    Closed,
}

/// The parts of an object that were refused, each with its path and the rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedPaths(pub Vec<(String, Refusal)>);

impl fmt::Display for RefusedPaths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("parts of the object were refused: ")?;
        for (number, (path, refusal)) in self.0.iter().enumerate() {
            let comma = if number > 0 { "; " } else { "" };
            let path = if path.is_empty() { "(no name)" } else { path };
            write!(f, "{comma}{path}: {refusal}")?;
        }
        Ok(())
    }
}
