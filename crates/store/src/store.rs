//! The writing end. There is one at a time; who reads uses [`crate::Reader`].

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use streamer_reading::{BucketKey, Epoch};

use crate::batch::Batch;
use crate::error::{AtPath, StoreError};
use crate::fresh::Fresh;
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
    /// Where the next reading is added, unless the file was changed other than by adding.
    pub(crate) fresh: Option<Fresh>,
    /// The file that is open, to notice that another one lies at the path, or none.
    identity: Option<(u64, u64)>,
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
        let identity = file::identity(&path);
        Ok(Self { connection, path, limits, known: Known::default(), fresh: None, identity })
    }

    /// Begins a transaction. If somebody has moved or deleted the file since it was opened, a new one is made: SQLite
    /// would go on writing where nobody can read.
    ///
    /// # Errors
    /// [`StoreError::Later`] while another program holds the write lock, after half a second; else as for
    /// [`Store::open`].
    pub fn begin(&mut self) -> Result<Batch<'_>, StoreError> {
        if file::identity(&self.path) != self.identity {
            // What is only in the log beside it still goes into the moved file, and not by its name into the new one.
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).at(&self.path)?;
            self.connection = Connection::open_in_memory().at(&self.path)?;
            self.identity = None;
            *self = Self::open(&self.path, self.limits)?;
        }
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
        self.fresh = None;
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
        if !self.connection.is_autocommit() {
            // It can refuse only while a statement runs, and none does; the next `begin` would say so.
            let _refused = self.connection.execute_batch("ROLLBACK");
        }
        self.known.clear();
        self.fresh = None;
    }
}

#[cfg(test)]
mod tests {
    use streamer_reading::{BucketName, Key, Reading, Value};

    use super::*;
    use crate::{Delay, Inserted, Row};

    /// The disk is full when SQLite may not add a page: it then answers as it does where the file system cannot.
    #[test]
    fn on_a_full_disk_a_batch_is_in_or_out_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path().join("buckets.db"), Limits::default()).unwrap();
        store.connection.pragma_update_and_check(None, "max_page_count", 60, |_| Ok(())).unwrap();
        let (bucket, name) = (BucketKey::new("b").unwrap(), BucketName::default());
        let put = |store: &mut Store, first: u64| -> Result<Inserted, StoreError> {
            let text = Value::try_from("x".repeat(300)).unwrap();
            let reading = Reading::new(Key::new("key").unwrap(), text, Epoch::from_micros(first.cast_signed()));
            let rows: Vec<_> = (first..first + 20).map(|count| Row { opening: 1, count, reading: &reading }).collect();
            store.begin()?.insert(&bucket, &name, &rows)?.commit()
        };
        let mut first = 1;
        let error = loop {
            match put(&mut store, first) {
                Ok(_) => first += 20,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, StoreError::Later { delay: Delay::Full, .. }), "{error}");
        assert!(error.is_later());
        let stored = |store: &Store| -> u64 {
            let all = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0).map(i64::cast_unsigned);
            store.connection.query_row("SELECT count(*) FROM readings", [], all).unwrap()
        };
        assert_eq!(stored(&store), first - 1);
        assert_eq!(store.mark(&BucketKey::new("b").unwrap()).unwrap(), Some((1, first - 1)));

        // Room again: the same batch goes in.
        store.connection.pragma_update_and_check(None, "max_page_count", 1_000_000, |_| Ok(())).unwrap();
        assert_eq!(put(&mut store, first).unwrap(), Inserted { stored: 20, skipped: 0 });
        assert_eq!(stored(&store), first + 19);
    }
}
