//! One bucket's way out of the library: its log, and the drain from there to the output.

use std::path::PathBuf;

use streamer_clock::Clock;
use streamer_reading::BucketKey;
use streamer_spool::{Log, LogError, Spool};

use crate::background::{AnyDrain, Background};
use crate::builder::Bucket;
use crate::csv::Csv;
use crate::drain::{Drain, DrainOptions, Handle};
use crate::error::BuildError;
use crate::events_api::{Account, EventsApi, KnownBuckets};

/// What makes outputs.
pub(crate) enum Sender {
    EventsApi(Account, KnownBuckets),
    /// The file has no column for a bucket: all of them write into it.
    Csv(PathBuf),
}

/// One bucket's way out.
pub(crate) struct Route {
    pub bucket: BucketKey,
    pub log: Log,
    pub handle: Handle,
}

impl Route {
    /// Opens the bucket's log, and lets the background drain it.
    pub fn open(
        spool: &Spool,
        sender: &Sender,
        options: DrainOptions,
        bucket: &Bucket,
        background: &Background,
    ) -> Result<Self, BuildError> {
        let spooled = |error: LogError| BuildError::Spool { path: "".into(), why: error.to_string() };
        let output = match sender {
            Sender::EventsApi(..) => "initial_state",
            Sender::Csv(_) => "csv",
        };
        let log = spool.log(&bucket.key, &[output]).map_err(spooled)?;
        let reader = log.reader(output).map_err(spooled)?;
        let letters = spool.dead_letters().clone();
        let clock = Clock::system();
        let (drain, handle) = match sender {
            Sender::EventsApi(account, known) => {
                let output = EventsApi::new(account.clone(), bucket.key.clone(), bucket.name.clone(), known.clone());
                let (drain, handle) = Drain::new(output, reader, letters, clock, options);
                (AnyDrain::EventsApi(Box::new(drain)), handle)
            }
            Sender::Csv(path) => {
                let output =
                    Csv::open(path).map_err(|source| BuildError::OfflineFile { path: path.clone(), source })?;
                let (drain, handle) = Drain::new(output, reader, letters, clock, options);
                (AnyDrain::Csv(Box::new(drain)), handle)
            }
        };
        background.drive(drain);
        Ok(Self { bucket: bucket.key.clone(), log, handle })
    }
}
