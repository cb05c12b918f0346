//! What the writer remembers of the file: the numbers of buckets and streams, and each stream's newest epoch. It is a
//! copy; after a rollback it is thrown away and read again.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Result, params};
use streamer_reading::{BucketKey, BucketName, Key};

/// Streams kept in mind: some hundred bytes each.
const MOST: usize = 20_000;

/// The buckets and streams seen since the store was opened.
#[derive(Debug, Default)]
pub(crate) struct Known {
    buckets: HashMap<BucketKey, KnownBucket>,
    streams: usize,
}

#[derive(Debug)]
pub(crate) struct KnownBucket {
    pub(crate) id: i64,
    name: BucketName,
    streams: HashMap<Key, Stream>,
}

/// One stream as the file has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stream {
    pub(crate) id: i64,
    /// The epoch of its newest reading, in microseconds; the smallest number before the first.
    pub(crate) newest: i64,
}

impl Known {
    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The bucket, made if it is new and renamed if its name is another now.
    pub(crate) fn bucket(&mut self, file: &Connection, key: &BucketKey, name: &BucketName) -> Result<&mut KnownBucket> {
        if self.streams > MOST {
            self.clear();
        }
        if self.buckets.get(key).is_none_or(|known| known.name != *name) {
            let id = file
                .prepare_cached(
                    "INSERT INTO buckets (key, name) VALUES (?1, ?2)
                     ON CONFLICT (key) DO UPDATE SET name = excluded.name RETURNING id",
                )?
                .query_row(params![key.as_str(), name.as_str()], |row| row.get(0))?;
            let streams = self.buckets.remove(key).map(|known| known.streams).unwrap_or_default();
            self.buckets.insert(key.clone(), KnownBucket { id, name: name.clone(), streams });
        }
        let fresh = KnownBucket { id: 0, name: BucketName::default(), streams: HashMap::new() };
        Ok(self.buckets.entry(key.clone()).or_insert(fresh))
    }

    /// Notes that `more` streams were added to the buckets.
    pub(crate) fn grown(&mut self, more: usize) {
        self.streams += more;
    }
}

impl KnownBucket {
    /// How many streams are kept in mind.
    pub(crate) fn len(&self) -> usize {
        self.streams.len()
    }

    /// The stream of `key`, made if it is new.
    pub(crate) fn stream(&mut self, file: &Connection, key: &Key) -> Result<&mut Stream> {
        if !self.streams.contains_key(key) {
            let found = file
                .prepare_cached("SELECT id, epoch FROM streams WHERE bucket = ?1 AND key = ?2")?
                .query_row(params![self.id, key.as_str()], |row| {
                    Ok(Stream { id: row.get(0)?, newest: row.get::<_, Option<i64>>(1)?.unwrap_or(i64::MIN) })
                })
                .optional()?;
            let stream = match found {
                Some(stream) => stream,
                None => {
                    file.prepare_cached("INSERT INTO streams (bucket, key) VALUES (?1, ?2)")?
                        .execute(params![self.id, key.as_str()])?;
                    Stream { id: file.last_insert_rowid(), newest: i64::MIN }
                }
            };
            self.streams.insert(key.clone(), stream);
        }
        Ok(self.streams.entry(key.clone()).or_insert(Stream { id: 0, newest: i64::MIN }))
    }
}
