//! What the store forgets, by age and by size, in steps that are bounded.
//!
//! The rule: readings, minutes and the runs of the change list go together, oldest first, when they are older than
//! `retention` or when the file would be larger than `max_size`. Hours reach ten times as far back. A key whose newest
//! reading is older than its hours may be is forgotten with its name. Freed pages are used again; when they are more
//! than a thirty-second of the file they go back to the file system, without a copy of the whole (`VACUUM`).

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Result, params};
use streamer_reading::Epoch;

use crate::file::PAGE;
use crate::fresh;
use crate::occupied::Table;
use crate::span::{MINUTES, Span};

/// How long and how much a store keeps; the default keeps everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Readings older than this go.
    pub retention: Option<Duration>,
    /// Bytes of the file together with the log of pending writes; at least [`Limits::SMALLEST`].
    pub max_size: Option<u64>,
}

impl Limits {
    /// A smaller `max_size` is taken as this: below it the log of
    /// pending writes would be most of it.
    pub const SMALLEST: u64 = 4 << 20;

    pub(crate) fn clamped(self) -> Self {
        Self { max_size: self.max_size.map(|size| size.max(Self::SMALLEST)), ..self }
    }
}

/// What one step of retention did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tidied {
    /// Readings that are gone.
    pub readings: u64,
    /// Keys that are gone with them.
    pub streams: u64,
    /// Whether there is more to do: call again.
    pub more: bool,
}

/// Readings cut in one step: some tens of milliseconds.
const STEP: u64 = 10_000;
/// Cuts made for one transaction, at most: what is then still too much waits for the next.
const MOST_CUTS: u32 = 32;
/// Pages given back in one step: 2 MB.
const STEP_PAGES: u64 = 512;
/// Free pages that are kept for use, whatever the size of the file.
const SPARE_PAGES: u64 = 64;
/// How many times as far back hours reach.
const HOURS_REACH: i64 = 10;
/// Bytes of the log of pending writes: at most, and where `max_size` is small at least. One commit of a thousand
/// readings takes some forty pages of it.
const LOG: u64 = 4 << 20;
const SMALLEST_LOG: u64 = 256 << 10;

/// Bytes of `max_size` that the log of pending writes may take.
fn log_room(max_size: Option<u64>) -> u64 {
    max_size.map_or(LOG, |size| (size / 24).clamp(SMALLEST_LOG, LOG))
}

/// Bytes that readings may take before they are settled, which writes them into the log once more, with their rollups.
pub(crate) fn room_of_a_block(max_size: Option<u64>) -> u64 {
    log_room(max_size) / 8
}

/// Lets SQLite empty the log of pending writes into the file before the log is larger than its room.
pub(crate) fn bound_the_log(file: &Connection, max_size: Option<u64>) -> Result<()> {
    let room = log_room(max_size);
    // Half of it: the transaction that reaches the mark is itself in the log.
    file.pragma_update_and_check(None, "wal_autocheckpoint", (room / PAGE / 2).cast_signed(), |_| Ok(()))?;
    file.pragma_update_and_check(None, "journal_size_limit", room.cast_signed(), |_| Ok(()))
}

fn pages(file: &Connection, pragma: &str) -> Result<u64> {
    file.prepare_cached(pragma)?.query_row([], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
}

fn total_pages(file: &Connection) -> Result<u64> {
    pages(file, "PRAGMA page_count")
}

fn free_pages(file: &Connection) -> Result<u64> {
    pages(file, "PRAGMA freelist_count")
}

/// Bytes of pages that hold something.
pub(crate) fn used(file: &Connection) -> Result<u64> {
    Ok((total_pages(file)? - free_pages(file)?) * PAGE)
}

/// Whether the file must shrink: it holds more than `max_size` less the room of the log.
fn over(file: &Connection, max_size: u64) -> Result<bool> {
    Ok(used(file)? + log_room(Some(max_size)) > max_size)
}

/// Cuts the oldest readings within the transaction of new ones, where they do not fit: a little more than is needed, so
/// that most transactions cut nothing. What is cut and what came in may differ in size, so it is done by pages. Says
/// whether it cut.
pub(crate) fn make_room(file: &Connection, max_size: u64) -> Result<bool> {
    let step = (max_size / PAGE).min(STEP / 2);
    let mut cut = false;
    for _ in 0..MOST_CUTS {
        if !over(file, max_size)? {
            break;
        }
        cut = true;
        if cut_oldest(file, step, None)? == 0 {
            break;
        }
    }
    Ok(cut)
}

/// One step: a transaction that cuts, then some pages given back.
pub(crate) fn tidy(file: &Connection, limits: Limits, now: Epoch) -> Result<Tidied> {
    let mut tidied = Tidied::default();
    let too_old = limits.retention.map(|age| {
        let age = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
        let before = |age: i64| now.plus_micros(age.saturating_neg());
        (Span::Minute.of(before(age)).0, Span::Hour.of(before(age.saturating_mul(HOURS_REACH))).0)
    });
    let over_age = match too_old {
        Some((minute, hour)) => {
            begins_before(Table::Readings, file, minute)? || begins_before(Table::Hours, file, hour)?
        }
        None => false,
    };
    let over_size = limits.max_size.map_or(Ok(false), |size| over(file, size))?;
    if over_age || over_size {
        file.execute_batch("BEGIN IMMEDIATE")?;
        if let (true, Some((minute, hour))) = (over_age, too_old) {
            tidied.readings += cut_oldest(file, STEP, Some(minute))?;
            // A key goes after its last reading, never before.
            if !begins_before(Table::Readings, file, minute)? {
                tidied.streams += cut_hours(file, hour)?;
            }
        }
        if over_size {
            tidied.readings += cut_oldest(file, STEP, None)?;
        }
        file.execute_batch("COMMIT")?;
        tidied.more = tidied.readings > 0;
    }
    give_back(file, &mut tidied)?;
    Ok(tidied)
}

/// Whether a table holds anything before the minute or hour `number`.
fn begins_before(table: Table, file: &Connection, number: i64) -> Result<bool> {
    Ok(table.first(file)?.is_some_and(|first| first < number))
}

/// Cuts at most `most` of the oldest readings, only those before minute `before` where it is given, with the minutes
/// and runs that go with them, and the hours that then reach too far back. Says how many readings it cut.
fn cut_oldest(file: &Connection, most: u64, before: Option<i64>) -> Result<u64> {
    let end = before.unwrap_or(i64::MAX);
    // The first reading that stays: so a single minute with a million readings is cut in steps too.
    let mut first_kept = settled_at(file, most)?;
    // Where the cut comes to what is fresh it is settled first: it is cut, if it is, like all the rest.
    let kept = first_kept.map_or(end, |edge| edge.0.min(end));
    if fresh::open(file)?.is_some_and(|block| block.first < kept) {
        fresh::settle(file)?;
        first_kept = settled_at(file, most)?;
    }
    let edge = match first_kept {
        Some(edge) if edge.0 < end => edge,
        // Fewer than a step are left. Without an age to cut at, the newest minute stays.
        _ => match before.map_or_else(|| Table::Readings.last(file), |end| Ok(Some(end)))? {
            Some(end) => (end, i64::MIN, 0, 0),
            None => return Ok(0),
        },
    };
    let streams = streams_with_runs(file, edge)?;
    let gone = file
        .prepare_cached("DELETE FROM settled_readings WHERE (minute, stream, micros, n) < (?1, ?2, ?3, ?4)")?
        .execute(params![edge.0, edge.1, edge.2, edge.3])?;
    file.prepare_cached("DELETE FROM settled_minutes WHERE minute < ?1")?.execute([edge.0])?;
    let cut = Span::Minute.at(edge.0, 0).micros();
    for stream in streams {
        file.prepare_cached("DELETE FROM changes WHERE stream = ?1 AND epoch < ?2 AND until < ?2")?
            .execute([stream, cut])?;
    }
    // A minute that was cut into is no longer whole.
    let whole = edge.0 + i64::from(edge.1 > i64::MIN);
    file.prepare_cached("UPDATE retention SET cut = max(coalesce(cut, ?1), ?1)")?.execute([whole])?;
    if let (None, Some(newest)) = (before, Table::Readings.last(file)?) {
        let newest = newest.div_euclid(MINUTES);
        let reach = newest.saturating_sub(edge.0.div_euclid(MINUTES)).saturating_mul(HOURS_REACH);
        file.prepare_cached("DELETE FROM settled_hours WHERE hour < ?1")?
            .execute([newest.saturating_sub(reach.max(1))])?;
    }
    Ok(gone as u64)
}

/// The settled reading that has `place` others before it.
fn settled_at(file: &Connection, place: u64) -> Result<Option<(i64, i64, i64, i64)>> {
    file.prepare_cached(
        "SELECT minute, stream, micros, n FROM settled_readings ORDER BY minute, stream, micros, n LIMIT 1 OFFSET ?1",
    )?
    .query_row([place.cast_signed()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
    .optional()
}

/// The streams that have texts or booleans among the readings before `edge`.
fn streams_with_runs(file: &Connection, edge: (i64, i64, i64, i64)) -> Result<Vec<i64>> {
    file.prepare_cached(
        "SELECT DISTINCT stream FROM settled_readings
         WHERE (minute, stream, micros, n) < (?1, ?2, ?3, ?4) AND typeof(value) IN ('text', 'blob')",
    )?
    .query_map(params![edge.0, edge.1, edge.2, edge.3], |row| row.get(0))?
    .collect()
}

/// Cuts the hours before `hour`, and the keys that had nothing since. Says how many keys.
fn cut_hours(file: &Connection, hour: i64) -> Result<u64> {
    file.prepare_cached("DELETE FROM settled_hours WHERE hour < ?1")?.execute([hour])?;
    let edge = Span::Hour.at(hour, 0).micros();
    // The newest reading of a stream may be fresh yet, and then it is not over age: those that are have been settled.
    file.prepare_cached(
        "DELETE FROM changes WHERE stream IN (
             SELECT id FROM streams WHERE epoch < ?1 AND id NOT IN (SELECT stream FROM fresh))",
    )?
    .execute([edge])?;
    let gone = file
        .prepare_cached("DELETE FROM streams WHERE epoch < ?1 AND id NOT IN (SELECT stream FROM fresh)")?
        .execute([edge])?;
    Ok(gone as u64)
}

/// Gives free pages back where there are many.
fn give_back(file: &Connection, tidied: &mut Tidied) -> Result<()> {
    let spare = (total_pages(file)? / 32).max(SPARE_PAGES);
    let excess = free_pages(file)?.saturating_sub(spare);
    if excess == 0 {
        return Ok(());
    }
    let mut vacuum = file.prepare(&format!("PRAGMA incremental_vacuum({})", excess.min(STEP_PAGES)))?;
    let mut steps = vacuum.query([])?;
    while steps.next()?.is_some() {}
    drop(steps);
    tidied.more |= excess > STEP_PAGES;
    // The file gets shorter when the log of pending writes is emptied into it. A reader may put that off.
    file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}
