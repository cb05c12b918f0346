//! The parameters of a [`Streamer`]: the Python constructor's, under their names and with their defaults, and a few more.
//!
//! An argument beats the ini file, the ini file beats the default. An empty text counts as not given.

use std::path::PathBuf;
use std::time::Duration;

use streamer_reading::{BucketKey, BucketName, Secret};
use uuid::Uuid;

use crate::csv::Csv;
use crate::drain::DrainOptions;
use crate::error::BuildError;
use crate::events_api::{API_BASE, AccountOptions, MAX_EVENTS_PER_CALL};
use crate::ini::{self, IniFile};
use crate::retry::Pace;
use crate::streamer::Streamer;

/// Collects parameters; [`Builder::build`] starts the delivery.
///
/// | Python | here | default |
/// |---|---|---|
/// | `bucket_name` | [`Builder::bucket_name`] | the ini's `default_bucket`, else empty |
/// | `bucket_key` | [`Builder::bucket_key`] | the ini's, else a fresh UUID v4 |
/// | `access_key` | [`Builder::access_key`] | the ini's; none and not offline is an error |
/// | `ini_file_location` | [`Builder::ini_file_location`] | `~/isstreamer.ini`, then `./isstreamer.ini` |
/// | `debug_level` | [`Builder::debug_level`] | 0 |
/// | `buffer_size` | [`Builder::buffer_size`] | 10 |
/// | `offline` | [`Builder::offline`] | false |
/// | `use_async` | [`Builder::use_async`] | accepted; always true |
/// | `epoch` | [`Streamer::log_at`], [`Streamer::log_object_at`] | now |
/// | the ini's `offline_file` | [`Builder::offline_file`] | `./isstreamer_out.csv` |
/// | the ini's `stream_api_base` | [`Builder::api_base`] | `https://groker.init.st` |
/// | - | [`Builder::spool`] | none: a bounded buffer in memory |
/// | - | [`Builder::memory_limit`], [`Builder::spool_size`] | 4 MB, 64 MB |
/// | - | [`Builder::flush_timeout`] | 10 s |
/// | - | [`Builder::max_events_per_call`] | 10 |
/// | - | [`Builder::ca_file`] | none |
/// | - | [`Builder::trust_clock`] | false |
#[derive(Debug, Clone, Default)]
#[must_use = "nothing happens before build()"]
pub struct Builder {
    access_key: Option<Secret>,
    bucket_name: Option<String>,
    bucket_key: Option<String>,
    buffer_size: Option<usize>,
    debug_level: Option<u8>,
    ini_file_location: Option<PathBuf>,
    offline: Option<bool>,
    offline_file: Option<PathBuf>,
    api_base: Option<String>,
    spool: Option<PathBuf>,
    spool_size: Option<u64>,
    memory_limit: Option<u64>,
    flush_timeout: Option<Duration>,
    flush_interval: Option<Duration>,
    max_events_per_call: Option<usize>,
    ca_file: Option<PathBuf>,
    trust_clock: bool,
    pace: Option<Pace>,
}

impl Builder {
    /// The account's streaming key, `ist_...`. It is never printed or logged.
    pub fn access_key(mut self, key: impl AsRef<str>) -> Self {
        self.access_key = Some(Secret::new(key)).filter(|key| !key.is_empty());
        self
    }

    /// What people see above the bucket. The first program that creates a bucket gives its name.
    pub fn bucket_name(mut self, name: impl Into<String>) -> Self {
        self.bucket_name = given(name);
        self
    }

    /// What identifies the bucket, so that a restart or another program goes on in the same one. Without it each build
    /// makes a new bucket, under a fresh UUID v4 that [`Streamer::bucket_key`] tells.
    pub fn bucket_key(mut self, key: impl Into<String>) -> Self {
        self.bucket_key = given(key);
        self
    }

    /// Readings gathered before a call; what is there longer than a second leaves anyway. A call still carries at most
    /// [`Builder::max_events_per_call`]: 200 are 20 calls of 10. 0 is taken as 1.
    pub fn buffer_size(mut self, readings: usize) -> Self {
        self.buffer_size = Some(readings);
        self
    }

    /// 0: quiet. 1: every reading and every failure on the console (stderr). 2 and above: the first delivery failure since
    /// the last call is returned by the next one. Whatever the level, delivery goes on.
    pub fn debug_level(mut self, level: u8) -> Self {
        self.debug_level = Some(level);
        self
    }

    /// The ini file to read, and no other. A leading `~/` is the home directory.
    pub fn ini_file_location(mut self, path: impl Into<PathBuf>) -> Self {
        self.ini_file_location = Some(path.into()).filter(|path| !path.as_os_str().is_empty());
        self
    }

    /// True: readings go to a CSV file instead of the network, and no access key is needed.
    pub fn offline(mut self, offline: bool) -> Self {
        self.offline = Some(offline);
        self
    }

    /// The CSV file of offline mode; it is appended to. A path without an extension gets `.csv`.
    pub fn offline_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.offline_file = Some(path.into()).filter(|path| !path.as_os_str().is_empty());
        self
    }

    /// Accepted for those who come from Python. Delivery never makes a caller wait, so this is always true.
    pub fn use_async(self, _always_true: bool) -> Self {
        self
    }

    /// Where the service is: `https://host[:port]`.
    pub fn api_base(mut self, base: impl Into<String>) -> Self {
        self.api_base = given(base);
        self
    }

    /// A folder in which readings survive a killed process at once, and a power cut after 10 s. One program at a time.
    pub fn spool(mut self, folder: impl Into<PathBuf>) -> Self {
        self.spool = Some(folder.into());
        self
    }

    /// The most bytes that the spool may take; beyond it `log` is [`crate::Error::Full`]. Nothing accepted is dropped.
    pub fn spool_size(mut self, bytes: u64) -> Self {
        self.spool_size = Some(bytes);
        self
    }

    /// The most bytes that readings may take in memory; beyond it `log` is [`crate::Error::Full`].
    pub fn memory_limit(mut self, bytes: u64) -> Self {
        self.memory_limit = Some(bytes);
        self
    }

    /// The longest that [`Streamer::flush`] and [`Streamer::close`] wait.
    pub fn flush_timeout(mut self, at_most: Duration) -> Self {
        self.flush_timeout = Some(at_most);
        self
    }

    /// The longest that a reading waits for its batch to fill.
    pub fn flush_interval(mut self, at_most: Duration) -> Self {
        self.flush_interval = Some(at_most);
        self
    }

    /// The most events that one call carries. The service's documents say 10; only a service of your own takes more.
    pub fn max_events_per_call(mut self, events: usize) -> Self {
        self.max_events_per_call = Some(events);
        self
    }

    /// A PEM file with roots to trust besides the system's.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// True: the system's clock is right, whatever it shows. Otherwise a board without a battery clock keeps its readings
    /// back until the kernel has been told the time, and then corrects them.
    pub fn trust_clock(mut self, trust: bool) -> Self {
        self.trust_clock = trust;
        self
    }

    /// Scales every wait of the delivery, for tests.
    #[doc(hidden)]
    pub fn pace(mut self, factor: f64) -> Self {
        self.pace = Some(Pace::times(factor));
        self
    }

    /// Reads the ini file, checks everything and starts the delivery. It touches no network: a bucket is created with
    /// its first batch.
    ///
    /// # Errors
    /// [`BuildError`]. Unlike in Python, a missing access key is one: nothing would ever be delivered.
    pub fn build(self) -> Result<Streamer, BuildError> {
        Streamer::start(self.settle()?)
    }

    /// Arguments over ini over defaults.
    fn settle(self) -> Result<Settings, BuildError> {
        let ini = match &self.ini_file_location {
            Some(path) => ini::read(path)?,
            None => ini::find().map_or_else(|| Ok(IniFile::default()), |path| ini::read(&path))?,
        };
        let debug_level = self.debug_level.or(ini.debug_level).unwrap_or(0);
        let name = self.bucket_name.or(ini.bucket_name).unwrap_or_default();
        let key = self.bucket_key.or(ini.bucket_key);
        let pace = self.pace.unwrap_or(Pace::REAL);
        let drain = DrainOptions::default();
        let destination = if self.offline.or(ini.offline).unwrap_or(false) {
            let path = self.offline_file.or(ini.offline_file).unwrap_or_else(|| "./isstreamer_out.csv".into());
            Destination::Csv(Csv::open(&path).map_err(|source| BuildError::OfflineFile { path, source })?)
        } else {
            Destination::EventsApi(AccountOptions {
                api_base: self.api_base.or(ini.api_base).unwrap_or_else(|| API_BASE.to_owned()),
                access_key: self.access_key.or(ini.access_key).unwrap_or_else(|| Secret::new("")),
                ca_file: self.ca_file,
                max_events_per_call: self.max_events_per_call.unwrap_or(MAX_EVENTS_PER_CALL),
            })
        };
        Ok(Settings {
            bucket: bucket(&name, key.as_deref())?,
            destination,
            debug_level,
            drain: DrainOptions {
                buffer_size: self.buffer_size.or(ini.buffer_size).unwrap_or(drain.buffer_size),
                flush_interval: self.flush_interval.unwrap_or(drain.flush_interval),
                pace,
            },
            spool: self.spool,
            spool_size: self.spool_size.unwrap_or(64_000_000),
            memory_limit: self.memory_limit.unwrap_or(4 * 1024 * 1024),
            flush_timeout: self.flush_timeout.unwrap_or(Duration::from_secs(10)),
            trust_clock: self.trust_clock,
            warnings: ini.warnings,
        })
    }
}

/// What a builder came to.
#[derive(Debug)]
pub(crate) struct Settings {
    pub bucket: Bucket,
    pub destination: Destination,
    pub debug_level: u8,
    pub drain: DrainOptions,
    pub spool: Option<PathBuf>,
    pub spool_size: u64,
    pub memory_limit: u64,
    pub flush_timeout: Duration,
    pub trust_clock: bool,
    pub warnings: Vec<String>,
}

/// Where readings go.
#[derive(Debug)]
pub(crate) enum Destination {
    EventsApi(AccountOptions),
    Csv(Csv),
}

/// A bucket's two names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub key: BucketKey,
    pub name: BucketName,
}

/// A bucket; without a key it gets a fresh UUID v4.
pub(crate) fn bucket(name: &str, key: Option<&str>) -> Result<Bucket, BuildError> {
    let key = match key.filter(|key| !key.is_empty()) {
        Some(key) => BucketKey::new(key)?,
        None => BucketKey::new(Uuid::new_v4().to_string())?,
    };
    Ok(Bucket { key, name: BucketName::new(name)? })
}

fn given(text: impl Into<String>) -> Option<String> {
    Some(text.into()).filter(|text| !text.is_empty())
}
