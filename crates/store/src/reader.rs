//! The reading end: what buckets and keys there are, and their newest values. It never writes.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use streamer_reading::{BucketKey, BucketName, Epoch, Key, Reading};

use crate::changes::Change;
use crate::chart::{self, Chart};
use crate::error::{AtPath, StoreError};
use crate::export::Export;
use crate::{file, fresh, sql_value};

/// The store, open for reading; any number of them, in any process, beside the one writer.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    path: PathBuf,
}

/// A bucket of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its key.
    pub key: BucketKey,
    /// The name that it had last.
    pub name: BucketName,
}

impl Reader {
    /// Opens the store at `path`.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] where there is none, or one that this program cannot read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        Ok(Self { connection: file::open_reader(&path)?, path })
    }

    /// All buckets, by key.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn buckets(&self) -> Result<Vec<Bucket>, StoreError> {
        self.all("SELECT key, name FROM buckets ORDER BY key", [], |row| {
            let (key, name): (String, String) = (row.get(0)?, row.get(1)?);
            Ok(BucketKey::new(key).ok().zip(BucketName::new(name).ok()).map(|(key, name)| Bucket { key, name }))
        })
    }

    /// All keys of `bucket`, sorted; none for a bucket that is not here.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn keys(&self, bucket: &BucketKey) -> Result<Vec<Key>, StoreError> {
        Ok(self.streams(bucket, None)?.into_iter().map(|(_, key)| key).collect())
    }

    /// The newest reading of each key of `bucket`, by key.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn latest(&self, bucket: &BucketKey) -> Result<Vec<Reading>, StoreError> {
        let sql = "SELECT id, key, epoch, value FROM streams
                   WHERE bucket = (SELECT id FROM buckets WHERE key = ?1) ORDER BY key";
        // One look at both: what is settled meanwhile must not be seen in neither.
        let _look = self.connection.unchecked_transaction().at(&self.path)?;
        let mut fresh = fresh::newest(&self.connection).at(&self.path)?;
        self.all(sql, [bucket.as_str()], |row| {
            let key = Key::new(row.get::<_, String>(1)?).ok();
            let settled = row.get::<_, Option<i64>>(2)?.map(Epoch::from_micros);
            let settled = settled.zip(sql_value::value(row.get_ref(3)?));
            let fresh = fresh.remove(&row.get(0)?);
            // Of two at one instant the fresh one was accepted later.
            let newest = settled.into_iter().chain(fresh).max_by_key(|(epoch, _)| *epoch);
            Ok(key.zip(newest).map(|(key, (epoch, value))| Reading::new(key, value, epoch)))
        })
    }

    /// The numbers of one key from `from` to just before `to`, gathered into at most `pixels` points. See [`Chart`].
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn chart(
        &self,
        bucket: &BucketKey,
        key: &Key,
        from: Epoch,
        to: Epoch,
        pixels: u32,
    ) -> Result<Chart, StoreError> {
        let chart = || match self.stream(bucket, key)? {
            Some(stream) => chart::draw(&self.connection, stream, from, to, pixels),
            None => Ok(Chart::default()),
        };
        chart().at(&self.path)
    }

    /// The runs of equal texts or booleans of one key that begin before `to` and end at `from` or later, or that hold
    /// at `from`; the newest `at_most` of them, oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn changes(
        &self,
        bucket: &BucketKey,
        key: &Key,
        from: Epoch,
        to: Epoch,
        at_most: u32,
    ) -> Result<Vec<Change>, StoreError> {
        let Some(stream) = self.stream(bucket, key).at(&self.path)? else { return Ok(Vec::new()) };
        let sql = "SELECT epoch, until, value FROM changes WHERE stream = ?1 AND epoch < ?3 AND epoch >= coalesce(
                       (SELECT max(epoch) FROM changes WHERE stream = ?1 AND epoch <= ?2), ?2)
                   ORDER BY epoch DESC, n DESC LIMIT ?4";
        let mut runs = self.all(sql, params![stream, from.micros(), to.micros(), at_most], Change::from_row)?;
        runs.reverse();
        Ok(runs)
    }

    /// The readings of `bucket` from `from` to just before `to`, in the order of their epochs; of one key where `key`
    /// is given. None at all for a bucket or key that is not here.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn export(
        &self,
        bucket: &BucketKey,
        key: Option<&Key>,
        from: Epoch,
        to: Epoch,
    ) -> Result<Export<'_>, StoreError> {
        let streams = self.streams(bucket, key)?;
        Export::new(&self.connection, &self.path, streams, from, to)
    }

    fn stream(&self, bucket: &BucketKey, key: &Key) -> rusqlite::Result<Option<i64>> {
        self.connection
            .prepare_cached(
                "SELECT s.id FROM streams s JOIN buckets b ON b.id = s.bucket WHERE b.key = ?1 AND s.key = ?2",
            )?
            .query_row([bucket.as_str(), key.as_str()], |row| row.get(0))
            .optional()
    }

    fn streams(&self, bucket: &BucketKey, key: Option<&Key>) -> Result<Vec<(i64, Key)>, StoreError> {
        let sql = "SELECT id, key FROM streams WHERE bucket = (SELECT id FROM buckets WHERE key = ?1)
                   AND (?2 IS NULL OR key = ?2) ORDER BY key";
        self.all(sql, params![bucket.as_str(), key.map(Key::as_str)], |row| {
            let id: i64 = row.get(0)?;
            Ok(Key::new(row.get::<_, String>(1)?).ok().map(|key| (id, key)))
        })
    }

    /// All rows of a query, but for those that hold what no store writes.
    fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<Option<T>>,
    ) -> Result<Vec<T>, StoreError> {
        let rows =
            || self.connection.prepare_cached(sql)?.query_map(params, read)?.filter_map(Result::transpose).collect();
        let rows: rusqlite::Result<_> = rows();
        rows.at(&self.path)
    }
}
