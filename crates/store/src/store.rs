//! The writing end. There is one at a time; who reads uses [`crate::Reader`].

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use streamer_reading::{BucketKey, Epoch};

use crate::batch::Batch;
use crate::error::{AtPath, StoreError};
use crate::known::Known;
use crate::retention::{self, Limits, Tidied};
use crate::{file, marks};

/// The store, open for writing. It may move to another thread, and is used by one at a time.
#[derive(Debug)]
pub struct Store {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
    pub(crate) limits: Limits,
    pub(crate) known: Known,
}

/// What the store takes of the disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The file, with the log of pending writes beside it.
    pub file: u64,
    /// Of the file: pages that hold something. The rest is reused before the file grows.
    pub used: u64,
}

impl Store {
    /// Opens the store at `path` and makes it if there is none. The folder must exist.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] for a file that is no store, is newer than this program, is damaged or may not be
    /// opened; it is left as it is. [`StoreError::Later`] while another program locks it or the disk is full.
    pub fn open(path: impl AsRef<Path>, limits: Limits) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        let connection = file::open_writer(&path)?;
        let limits = limits.clamped();
        retention::bound_the_log(&connection, limits.max_size).at(&path)?;
        Ok(Self { connection, path, limits, known: Known::default() })
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// [`StoreError::Later`] while another program holds the write lock, after half a second.
    pub fn begin(&mut self) -> Result<Batch<'_>, StoreError> {
        Batch::begin(self)
    }

    /// The opening and count of the last sequence stored of `bucket`; none for a bucket that is new here.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn mark(&self, bucket: &BucketKey) -> Result<Option<(u64, u64)>, StoreError> {
        marks::newest(&self.connection, bucket.as_str()).at(&self.path)
    }

    /// Other bounds from now on, as after a reload of the configuration.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn set_limits(&mut self, limits: Limits) -> Result<(), StoreError> {
        self.limits = limits.clamped();
        retention::bound_the_log(&self.connection, self.limits.max_size).at(&self.path)
    }

    /// Takes one bounded step of retention: cuts what is over age or over size, gives free pages back to the file
    /// system. Call it now and then, and again while it says [`Tidied::more`]. `now` must be a time that is trusted,
    /// for what is older than it by [`Limits::retention`] is gone.
    ///
    /// # Errors
    /// See [`StoreError`]; nothing is half cut.
    pub fn tidy(&mut self, now: Epoch) -> Result<Tidied, StoreError> {
        let tidied = retention::tidy(&self.connection, self.limits, now);
        if tidied.as_ref().is_ok_and(|tidied| tidied.streams > 0) {
            self.known.clear();
        }
        if tidied.is_err() {
            self.roll_back();
        }
        tidied.at(&self.path)
    }

    /// What it takes of the disk.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn size(&self) -> Result<Size, StoreError> {
        let used = retention::used(&self.connection).at(&self.path)?;
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        let length = |path: &Path| fs::metadata(path).map_or(0, |about| about.len());
        Ok(Size { file: length(&self.path) + length(Path::new(&log)), used })
    }

    /// Ends a transaction that failed. Some errors of SQLite have ended it already.
    pub(crate) fn roll_back(&mut self) {
        if !self.connection.is_autocommit() && self.connection.execute_batch("ROLLBACK").is_err() {
            // It refuses only while a statement runs, and none does. The next `begin` would say so.
        }
        self.known.clear();
    }
}
