//! One transaction of the writer: rows of any number of buckets, with their rollups, change lists and marks. Dropped
//! without a commit it leaves nothing behind.

use std::collections::HashMap;

use rusqlite::{Connection, Result as SqlResult, params};
use streamer_reading::{BucketKey, BucketName, Reading, Value};

use crate::error::{AtPath, StoreError};
use crate::fresh::Fresh;
use crate::known::{KnownBucket, Stream};
use crate::marks::Marks;
use crate::rollups::Rollups;
use crate::span::Span;
use crate::store::Store;
use crate::{changes, retention, sql_value};

/// A reading with its sequence in the log of its bucket.
#[derive(Debug, Clone, Copy)]
pub struct Row<'r> {
    /// The random id of the log's opening.
    pub opening: u64,
    /// The place within that opening; rising from row to row.
    pub count: u64,
    /// What to store.
    pub reading: &'r Reading,
}

/// What a transaction did with its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Inserted {
    /// Rows that are now in the store.
    pub stored: u64,
    /// Rows that the store already had.
    pub skipped: u64,
}

/// A transaction; made by [`Store::begin`].
#[derive(Debug)]
pub struct Batch<'s> {
    store: &'s mut Store,
    rollups: Rollups,
    inserted: Inserted,
    open: bool,
}

impl<'s> Batch<'s> {
    pub(crate) fn begin(store: &'s mut Store) -> Result<Self, StoreError> {
        store.connection.prepare_cached("BEGIN IMMEDIATE").and_then(|mut begin| begin.execute([])).at(&store.path)?;
        Ok(Self { store, rollups: Rollups::default(), inserted: Inserted::default(), open: true })
    }

    /// Adds rows of one bucket, which is made if it is new. Rows at or before the mark of their opening are skipped.
    ///
    /// # Errors
    /// With an error the whole transaction is gone: that is why this takes the batch and gives it back.
    pub fn insert(mut self, bucket: &BucketKey, name: &BucketName, rows: &[Row<'_>]) -> Result<Self, StoreError> {
        self.add(bucket, name, rows).at(&self.store.path)?;
        Ok(self)
    }

    fn add(&mut self, bucket: &BucketKey, name: &BucketName, rows: &[Row<'_>]) -> SqlResult<()> {
        let file = &self.store.connection;
        let mut fresh = match self.store.fresh.take() {
            Some(fresh) => fresh,
            None => Fresh::load(file)?,
        };
        if let Some(newest) = rows.iter().map(|row| Span::Minute.of(row.reading.epoch).0).max() {
            fresh.turn_to(file, newest, retention::room_of_a_block(self.store.limits.max_size))?;
        }
        let known = self.store.known.bucket(file, bucket, name)?;
        let streams_before = known.len();
        let mut marks = Marks::of(known.id);
        let mut latest = HashMap::new();
        for row in rows {
            if !marks.pass(file, row.opening, row.count)? {
                self.inserted.skipped += 1;
                continue;
            }
            let stream = add_row(file, known, &mut fresh, row.reading)?;
            // What is fresh is settled later, and that with it.
            if !fresh.holds(Span::Minute.of(row.reading.epoch).0) {
                if stream.newest == row.reading.epoch.micros() {
                    latest.insert(stream.id, row.reading);
                }
                if let Some(number) = row.reading.value.as_f64() {
                    self.rollups.add(stream.id, row.reading.epoch, number);
                }
            }
            self.inserted.stored += 1;
        }
        write_latest(file, &latest)?;
        marks.write(file)?;
        let grown = known.len() - streams_before;
        self.store.known.grown(grown);
        self.store.fresh = Some(fresh);
        Ok(())
    }

    /// Makes all of it durable: when this returns, a power cut takes nothing of it.
    ///
    /// # Errors
    /// With an error nothing of it is in the store, and the same rows can be given again.
    pub fn commit(mut self) -> Result<Inserted, StoreError> {
        self.finish().at(&self.store.path)?;
        self.open = false;
        Ok(self.inserted)
    }

    fn finish(&mut self) -> SqlResult<()> {
        let file = &self.store.connection;
        self.rollups.write(file)?;
        if let Some(limit) = self.store.limits.max_size
            && retention::make_room(file, limit)?
        {
            self.store.fresh = None;
        }
        file.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        if self.open {
            self.store.roll_back();
        }
    }
}

/// Adds one reading and says to which stream, with the stream's newest epoch as it is now.
fn add_row(file: &Connection, known: &mut KnownBucket, fresh: &mut Fresh, reading: &Reading) -> SqlResult<Stream> {
    let stream = known.stream(file, &reading.key)?;
    let epoch = reading.epoch.micros();
    let (minute, micros) = Span::Minute.of(reading.epoch);
    let is_fresh = fresh.holds(minute);
    // Only what does not come after everything else can share its instant with another reading.
    let n: i64 = match stream.same {
        _ if epoch > stream.newest => 0,
        Some(same) if epoch == stream.newest => same,
        _ => file
            .prepare_cached(if is_fresh {
                "SELECT coalesce(max(n) + 1, 0) FROM fresh_readings WHERE minute = ?1 AND stream = ?2 AND micros = ?3"
            } else {
                "SELECT coalesce(max(n) + 1, 0) FROM settled_readings WHERE minute = ?1 AND stream = ?2 AND micros = ?3"
            })?
            .query_row(params![minute, stream.id, micros], |row| row.get(0))?,
    };
    if is_fresh {
        fresh.add(file, [minute, stream.id, micros, n], &reading.value)?;
    } else {
        file.prepare_cached(
            "INSERT INTO settled_readings (minute, stream, micros, n, value) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![minute, stream.id, micros, n, sql_value::cell(&reading.value)])?;
    }
    if matches!(reading.value, Value::Text(_) | Value::Bool(_)) {
        changes::record(file, stream.id, reading, n, epoch <= stream.newest)?;
    }
    if epoch >= stream.newest {
        (stream.newest, stream.same) = (epoch, Some(n + 1));
    }
    Ok(*stream)
}

fn write_latest(file: &Connection, latest: &HashMap<i64, &Reading>) -> SqlResult<()> {
    let mut update = file.prepare_cached("UPDATE streams SET epoch = ?2, value = ?3 WHERE id = ?1")?;
    for (stream, reading) in latest {
        update.execute(params![stream, reading.epoch.micros(), sql_value::cell(&reading.value)])?;
    }
    Ok(())
}
