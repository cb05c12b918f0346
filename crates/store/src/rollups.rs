//! Minute and hour rollups of numbers: gathered in memory while a transaction runs, then merged into the file once for
//! each stream and span. Late readings merge like any other. Texts and booleans are not numbers; see the change list.

use std::collections::BTreeMap;

use rusqlite::{Connection, Result, Row, params};
use streamer_reading::Epoch;

use crate::span::Span;

/// Numbers of one stream within one span (or one pixel of a chart).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tally {
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) sum: f64,
    pub(crate) count: u64,
    pub(crate) last: f64,
    /// Where the last one lies, counted from the start of the span.
    pub(crate) last_micros: i64,
}

impl Tally {
    pub(crate) const fn of(number: f64, micros: i64) -> Self {
        Self { min: number, max: number, sum: number, count: 1, last: number, last_micros: micros }
    }

    /// Takes in what was accepted later. Of two at one instant the one accepted later is the last.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        // Held at the ends: an infinity plus its opposite would be no number at all.
        self.sum = (self.sum + other.sum).clamp(f64::MIN, f64::MAX);
        self.count += other.count;
        if other.last_micros >= self.last_micros {
            self.last = other.last;
            self.last_micros = other.last_micros;
        }
    }

    /// A tally from the columns min, max, sum, count, last, last_micros.
    pub(crate) fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            min: row.get(0)?,
            max: row.get(1)?,
            sum: row.get::<_, f64>(2)?.clamp(f64::MIN, f64::MAX),
            count: row.get::<_, i64>(3)?.cast_unsigned(),
            last: row.get(4)?,
            last_micros: row.get(5)?,
        })
    }
}

/// The rollups of one transaction.
#[derive(Debug, Default)]
pub(crate) struct Rollups {
    minutes: BTreeMap<(i64, i64), Tally>,
    hours: BTreeMap<(i64, i64), Tally>,
}

impl Rollups {
    /// Takes in one number of one stream.
    pub(crate) fn add(&mut self, stream: i64, epoch: Epoch, number: f64) {
        for (span, tallies) in [(Span::Minute, &mut self.minutes), (Span::Hour, &mut self.hours)] {
            let (start, micros) = span.of(epoch);
            let one = Tally::of(number, micros);
            tallies.entry((start, stream)).and_modify(|tally| tally.merge(&one)).or_insert(one);
        }
    }

    /// Merges all of it into the file.
    pub(crate) fn write(&self, file: &Connection) -> Result<()> {
        upsert(file, &self.minutes, MINUTES)?;
        upsert(file, &self.hours, HOURS)
    }
}

macro_rules! merge_into {
    ($table:literal, $span:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " (",
            $span,
            ", stream, min, max, sum, count, last, last_micros)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (",
            $span,
            ", stream) DO UPDATE SET
                 min = min(min, excluded.min), max = max(max, excluded.max),
                 sum = sum + excluded.sum, count = count + excluded.count,
                 last = iif(excluded.last_micros >= last_micros, excluded.last, last),
                 last_micros = max(last_micros, excluded.last_micros)"
        )
    };
}
const MINUTES: &str = merge_into!("settled_minutes", "minute");
const HOURS: &str = merge_into!("settled_hours", "hour");

fn upsert(file: &Connection, tallies: &BTreeMap<(i64, i64), Tally>, sql: &str) -> Result<()> {
    let mut statement = file.prepare_cached(sql)?;
    for ((start, stream), tally) in tallies {
        statement.execute(params![
            start,
            stream,
            tally.min,
            tally.max,
            tally.sum,
            tally.count.cast_signed(),
            tally.last,
            tally.last_micros
        ])?;
    }
    Ok(())
}
