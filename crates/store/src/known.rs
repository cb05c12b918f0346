//! What the writer remembers of the file: the numbers of buckets and streams, and each stream's newest epoch. It is a
//! copy; after a rollback it is thrown away and read again.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, OptionalExtension, Result, params};
use streamer_reading::{BucketKey, BucketName, Key};

use crate::fresh;

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
    /// The newest of each stream among the readings that were fresh when the bucket was looked up.
    fresh: BTreeMap<i64, i64>,
    streams: HashMap<Key, Stream>,
}

/// One stream as the file has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stream {
    pub(crate) id: i64,
    /// The epoch of its newest reading, in microseconds; the smallest number before the first.
    pub(crate) newest: i64,
    /// How many readings it has of that epoch, as far as this is known.
    pub(crate) same: Option<i64>,
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
        let write = || {
            file.prepare_cached(
                "INSERT INTO buckets (key, name) VALUES (?1, ?2)
                 ON CONFLICT (key) DO UPDATE SET name = excluded.name RETURNING id",
            )?
            .query_row(params![key.as_str(), name.as_str()], |row| row.get(0))
        };
        match self.buckets.entry(key.clone()) {
            Entry::Occupied(known) => {
                let known = known.into_mut();
                if known.name != *name {
                    known.id = write()?;
                    known.name = name.clone();
                }
                Ok(known)
            }
            Entry::Vacant(place) => {
                let fresh =
                    fresh::newest(file)?.into_iter().map(|(stream, (epoch, _))| (stream, epoch.micros())).collect();
                Ok(place.insert(KnownBucket { id: write()?, name: name.clone(), fresh, streams: HashMap::new() }))
            }
        }
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
        let place = match self.streams.entry(key.clone()) {
            Entry::Occupied(known) => return Ok(known.into_mut()),
            Entry::Vacant(place) => place,
        };
        let found = file
            .prepare_cached("SELECT id, epoch FROM streams WHERE bucket = ?1 AND key = ?2")?
            .query_row(params![self.id, key.as_str()], |row| {
                Ok(Stream { id: row.get(0)?, newest: row.get::<_, Option<i64>>(1)?.unwrap_or(i64::MIN), same: None })
            })
            .optional()?;
        if let Some(mut stream) = found {
            stream.newest = self.fresh.get(&stream.id).map_or(stream.newest, |fresh| stream.newest.max(*fresh));
            return Ok(place.insert(stream));
        }
        file.prepare_cached("INSERT INTO streams (bucket, key) VALUES (?1, ?2)")?
            .execute(params![self.id, key.as_str()])?;
        Ok(place.insert(Stream { id: file.last_insert_rowid(), newest: i64::MIN, same: None }))
    }
}
