//! The newest readings, side by side in the order they came. In their own order, that of time and key, those of one
//! moment lie strewn over a page for each few keys, and so do their minutes and hours: a commit would write all of those
//! pages. Here it writes one or two. When a block of ten minutes is over its readings are settled: moved into their
//! order, with their rollups, in one go. What reads the file sees both as one.
//!
//! It is only ever one block that is fresh, and then all of its readings are. Whatever comes for another minute is
//! settled at once. The rows of a block that is settled stay where they are and are overwritten by those of the next:
//! pages that are not freed need not be taken again.

use std::collections::BTreeMap;

use rusqlite::{Connection, Result, params};
use streamer_reading::{Epoch, Value};

use crate::occupied::Table;
use crate::rollups::{Rollups, Tally};
use crate::span::{MINUTES, Span};
use crate::sql_value;

/// Minutes of a block; an hour has a whole number of blocks. It stands in `fresh.sql` too.
const BLOCK: i64 = 10;
/// Bytes of a reading but for its text.
const ROW: u64 = 32;

/// The block of minutes whose readings are fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    /// Its first minute.
    pub(crate) first: i64,
}

impl Block {
    const fn of(minute: i64) -> Self {
        Self { first: minute.div_euclid(BLOCK).saturating_mul(BLOCK) }
    }

    /// The first minute after it.
    pub(crate) const fn end(self) -> i64 {
        self.first.saturating_add(BLOCK)
    }

    /// The hour that it lies in.
    pub(crate) const fn hour(self) -> i64 {
        self.first.div_euclid(MINUTES)
    }

    pub(crate) fn holds(self, minute: i64) -> bool {
        (self.first..self.end()).contains(&minute)
    }
}

/// The block that is open, if one is.
pub(crate) fn open(file: &Connection) -> Result<Option<Block>> {
    let first: Option<i64> = file.prepare_cached("SELECT open FROM settling")?.query_row([], |row| row.get(0))?;
    Ok(first.map(|first| Block { first }))
}

/// Whether the readings of a minute are fresh.
pub(crate) fn has(file: &Connection, minute: i64) -> Result<bool> {
    Ok(open(file)?.is_some_and(|block| block.holds(minute)))
}

/// The numbers of one stream among the fresh readings, minute by minute.
pub(crate) fn tallies(file: &Connection, block: Block, stream: i64) -> Result<Vec<(i64, Tally)>> {
    let mut tallies: Vec<(i64, Tally)> = Vec::new();
    let mut find = file.prepare_cached(
        "SELECT minute, micros, value FROM fresh_readings WHERE minute >= ?1 AND minute < ?2 AND stream = ?3
         AND typeof(value) IN ('integer', 'real') ORDER BY minute, micros, n",
    )?;
    let mut rows = find.query(params![block.first, block.end(), stream])?;
    while let Some(row) = rows.next()? {
        let (minute, one) = (row.get(0)?, Tally::of(row.get(2)?, row.get(1)?));
        match tallies.last_mut() {
            Some((last, tally)) if *last == minute => tally.merge(&one),
            _ => tallies.push((minute, one)),
        }
    }
    Ok(tallies)
}

/// The last minute in which one stream has a fresh reading.
pub(crate) fn last_minute(file: &Connection, block: Block, stream: i64) -> Result<Option<i64>> {
    file.prepare_cached("SELECT max(minute) FROM fresh_readings WHERE minute >= ?1 AND minute < ?2 AND stream = ?3")?
        .query_row([block.first, block.end(), stream], |row| row.get(0))
}

/// The writer's place among the fresh readings.
#[derive(Debug)]
pub(crate) struct Fresh {
    block: Option<Block>,
    next: i64,
    /// What they take, about.
    bytes: u64,
}

impl Fresh {
    pub(crate) fn load(file: &Connection) -> Result<Self> {
        let block = open(file)?;
        let Some(Block { first }) = block else { return Ok(Self { block, next: 1, bytes: 0 }) };
        let (last, texts): (Option<i64>, Option<i64>) = file
            .prepare_cached(
                "SELECT max(id), sum(length(value)) FROM fresh_readings WHERE minute >= ?1 AND minute < ?1 + ?2",
            )?
            .query_row([first, BLOCK], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let last = last.unwrap_or(0);
        Ok(Self { block, next: last + 1, bytes: last.unsigned_abs() * ROW + texts.unwrap_or(0).unsigned_abs() })
    }

    /// Whether a reading of this minute is to be added here.
    pub(crate) fn holds(&self, minute: i64) -> bool {
        self.block.is_some_and(|block| block.holds(minute))
    }

    /// Readings come of which this is the newest minute. Its block is opened, if nothing of it is settled yet. A block
    /// that takes more than `room` is settled early: it goes through the log of pending writes at once, and whoever looks
    /// for one key in it looks at all of them.
    pub(crate) fn turn_to(&mut self, file: &Connection, minute: i64, room: u64) -> Result<()> {
        let block = Block::of(minute);
        if self.block != Some(block) {
            let settled =
                Table::Readings.settled_after(file, block.first.saturating_sub(1))?.is_some_and(|m| block.holds(m));
            if settled {
                return Ok(());
            }
        } else if self.bytes <= room {
            return Ok(());
        }
        let full = self.block == Some(block);
        self.settle(file)?;
        if !full {
            // What retention has cut must not come again with the rows that were left over of it.
            file.prepare_cached("DELETE FROM fresh_readings WHERE minute >= ?1 AND minute < ?2")?
                .execute([block.first, block.end()])?;
            file.prepare_cached("UPDATE settling SET open = ?1, hour = ?2")?.execute([block.first, block.hour()])?;
            *self = Self { block: Some(block), next: 1, bytes: 0 };
        }
        Ok(())
    }

    pub(crate) fn add(&mut self, file: &Connection, place: [i64; 4], value: &Value) -> Result<()> {
        let [minute, stream, micros, n] = place;
        file.prepare_cached("INSERT OR REPLACE INTO fresh_readings VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![self.next, minute, stream, micros, n, sql_value::cell(value)])?;
        self.next += 1;
        self.bytes += ROW + if let Value::Text(text) = value { text.as_str().len() as u64 } else { 0 };
        Ok(())
    }

    /// Puts all of it in its place, with its rollups and the newest reading of each stream.
    pub(crate) fn settle(&mut self, file: &Connection) -> Result<()> {
        let Some(block) = self.block.take() else { return Ok(()) };
        let mut note = file.prepare_cached(
            "UPDATE streams SET epoch = ?2, value = ?3 WHERE id = ?1 AND (epoch IS NULL OR epoch <= ?2)",
        )?;
        for (stream, (epoch, value)) in newest(file)? {
            note.execute(params![stream, epoch.micros(), sql_value::cell(&value)])?;
        }
        let mut rollups = Rollups::default();
        // One minute at a time: what is sorted for it fits into the cache.
        for minute in block.first..block.end() {
            file.prepare_cached(
                "INSERT INTO settled_readings (minute, stream, micros, n, value)
                 SELECT minute, stream, micros, n, value FROM fresh_readings WHERE minute = ?1
                 ORDER BY stream, micros, n",
            )?
            .execute([minute])?;
            let mut numbers = file.prepare_cached(
                "SELECT stream, micros, value FROM settled_readings WHERE minute = ?1
                 AND typeof(value) IN ('integer', 'real') ORDER BY stream, micros, n",
            )?;
            let mut rows = numbers.query([minute])?;
            while let Some(row) = rows.next()? {
                rollups.add(row.get(0)?, Span::Minute.at(minute, row.get(1)?), row.get(2)?);
            }
        }
        rollups.write(file)?;
        file.prepare_cached("UPDATE settling SET open = NULL, hour = NULL")?.execute([])?;
        // The next block is likely to be as large; what a larger one left over is given back.
        file.prepare_cached("DELETE FROM fresh_readings WHERE id >= ?1")?.execute([self.next])?;
        Ok(())
    }
}

/// Settles what is fresh, for whoever cuts where it lies.
pub(crate) fn settle(file: &Connection) -> Result<()> {
    Fresh::load(file)?.settle(file)
}

/// The newest fresh reading of each stream.
pub(crate) fn newest(file: &Connection) -> Result<BTreeMap<i64, (Epoch, Value)>> {
    let Some(block) = open(file)? else { return Ok(BTreeMap::new()) };
    let mut find = file.prepare_cached(
        "SELECT stream, minute, micros, value FROM fresh_readings WHERE minute >= ?1 AND minute < ?2 ORDER BY id",
    )?;
    let mut rows = find.query([block.first, block.end()])?;
    let mut newest = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let Some(value) = sql_value::value(row.get_ref(3)?) else { continue };
        let epoch = Span::Minute.at(row.get(1)?, row.get(2)?);
        // Of two at one instant the one accepted later is the newer.
        let place = newest.entry(row.get(0)?).or_insert((epoch, value.clone()));
        if epoch >= place.0 {
            *place = (epoch, value);
        }
    }
    Ok(newest)
}
