//! The change list of texts and booleans: a row for each run of equal values, kept right when readings come late.

use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use streamer_reading::{Epoch, Reading, Value};

use crate::fresh;
use crate::occupied::Table;
use crate::span::Span;
use crate::sql_value;

/// A run of equal texts or booleans of one key.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The first reading of the run.
    pub epoch: Epoch,
    /// The last reading of the run so far.
    pub until: Epoch,
    /// The value of all of them.
    pub value: Value,
}

impl Change {
    /// From the columns epoch, until, value; `None` where the cell holds nothing that a store writes.
    pub(crate) fn from_row(row: &Row<'_>) -> Result<Option<Self>> {
        let value = sql_value::value(row.get_ref(2)?);
        let (epoch, until) = (Epoch::from_micros(row.get(0)?), Epoch::from_micros(row.get(1)?));
        Ok(value.map(|value| Self { epoch, until, value }))
    }
}

/// A place in a stream: an instant, and which of the readings of that instant.
type Place = (i64, i64);

struct Run {
    start: Place,
    until: i64,
    value: Value,
}

/// Enters a text or boolean that has just been stored as the `n`th of its instant. `late` says that the stream already
/// had a reading of that instant or a later one.
pub(crate) fn record(file: &Connection, stream: i64, reading: &Reading, n: i64, late: bool) -> Result<()> {
    let (epoch, value) = (reading.epoch.micros(), &reading.value);
    let before = run_before(file, stream, (epoch, n))?;
    if let Some(run) = &before {
        if run.value == *value {
            return if epoch > run.until { extend(file, stream, run.start, epoch) } else { Ok(()) };
        }
        if epoch < run.until {
            return split(file, stream, run, (epoch, n), value);
        }
    }
    // It lies between two runs. The next one may be of the same value: then that one begins here.
    let after = if late { run_after(file, stream, (epoch, n))? } else { None };
    match after {
        Some(run) if run.value == *value => {
            remove(file, stream, run.start)?;
            insert(file, stream, (epoch, n), run.until, value)
        }
        _ => insert(file, stream, (epoch, n), epoch, value),
    }
}

/// A late reading within a run of another value makes two runs of it, with itself between.
fn split(file: &Connection, stream: i64, run: &Run, place: Place, value: &Value) -> Result<()> {
    let before = nearest(file, stream, place, run.start.0, Towards::Past)?;
    let after = nearest(file, stream, place, run.until, Towards::Future)?;
    extend(file, stream, run.start, before.map_or(run.start.0, |(epoch, _)| epoch))?;
    insert(file, stream, place, place.0, value)?;
    match after {
        Some(second) => insert(file, stream, second, run.until, &run.value),
        // Retention has taken the readings of the second half.
        None => Ok(()),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Towards {
    Past,
    Future,
}

macro_rules! look_in {
    ($table:literal, $side:literal, $order:literal) => {
        concat!(
            "SELECT micros, n FROM ",
            $table,
            " WHERE minute = ?1 AND stream = ?2 AND (micros, n) ",
            $side,
            " (?3, ?4) AND typeof(value) IN ('text', 'blob') ORDER BY ",
            $order,
            " LIMIT 1"
        )
    };
}

impl Towards {
    const fn look_in(self, fresh: bool) -> &'static str {
        match (self, fresh) {
            (Self::Past, false) => look_in!("settled_readings", "<", "micros DESC, n DESC"),
            (Self::Past, true) => look_in!("fresh_readings", "<", "micros DESC, n DESC"),
            (Self::Future, false) => look_in!("settled_readings", ">", "micros, n"),
            (Self::Future, true) => look_in!("fresh_readings", ">", "micros, n"),
        }
    }
}

/// The text or boolean stored next to `place`, looked for minute by minute as far as `end`.
fn nearest(file: &Connection, stream: i64, place: Place, end: i64, towards: Towards) -> Result<Option<Place>> {
    let (own, own_micros) = Span::Minute.of(Epoch::from_micros(place.0));
    let (last, _) = Span::Minute.of(Epoch::from_micros(end));
    let mut minute = own;
    let (mut micros, mut n) = (own_micros, place.1);
    loop {
        let found = file
            .prepare_cached(towards.look_in(fresh::has(file, minute)?))?
            .query_row(params![minute, stream, micros, n], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
            .optional()?;
        if let Some((micros, n)) = found {
            return Ok(Some((Span::Minute.at(minute, micros).micros(), n)));
        }
        let next = match towards {
            Towards::Past => Table::Readings.before(file, minute)?.filter(|minute| *minute >= last),
            Towards::Future => Table::Readings.after(file, minute)?.filter(|minute| *minute <= last),
        };
        let Some(next) = next else { return Ok(None) };
        minute = next;
        // Any reading of that minute will do.
        (micros, n) = match towards {
            Towards::Past => (i64::MAX, i64::MAX),
            Towards::Future => (-1, -1),
        };
    }
}

fn run_before(file: &Connection, stream: i64, place: Place) -> Result<Option<Run>> {
    one_run(
        file,
        "SELECT epoch, n, until, value FROM changes WHERE stream = ?1 AND (epoch, n) < (?2, ?3)
         ORDER BY epoch DESC, n DESC LIMIT 1",
        stream,
        place,
    )
}

fn run_after(file: &Connection, stream: i64, place: Place) -> Result<Option<Run>> {
    one_run(
        file,
        "SELECT epoch, n, until, value FROM changes WHERE stream = ?1 AND (epoch, n) > (?2, ?3)
         ORDER BY epoch, n LIMIT 1",
        stream,
        place,
    )
}

fn one_run(file: &Connection, sql: &str, stream: i64, place: Place) -> Result<Option<Run>> {
    let run = file
        .prepare_cached(sql)?
        .query_row(params![stream, place.0, place.1], |row| {
            let value = sql_value::value(row.get_ref(3)?);
            let (start, until) = ((row.get(0)?, row.get(1)?), row.get(2)?);
            Ok(value.map(|value| Run { start, until, value }))
        })
        .optional()?;
    Ok(run.flatten())
}

fn insert(file: &Connection, stream: i64, start: Place, until: i64, value: &Value) -> Result<()> {
    file.prepare_cached("INSERT INTO changes (stream, epoch, n, until, value) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![stream, start.0, start.1, until, sql_value::cell(value)])?;
    Ok(())
}

fn extend(file: &Connection, stream: i64, start: Place, until: i64) -> Result<()> {
    file.prepare_cached("UPDATE changes SET until = ?4 WHERE stream = ?1 AND epoch = ?2 AND n = ?3")?
        .execute(params![stream, start.0, start.1, until])?;
    Ok(())
}

fn remove(file: &Connection, stream: i64, start: Place) -> Result<()> {
    file.prepare_cached("DELETE FROM changes WHERE stream = ?1 AND epoch = ?2 AND n = ?3")?
        .execute(params![stream, start.0, start.1])?;
    Ok(())
}
