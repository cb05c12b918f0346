//! Which minutes and hours hold anything at all, of whatever stream. Whoever goes from span to span asks here after an
//! empty one, so that one reading with an epoch of the year 5000 does not make anybody walk there minute by minute.

use rusqlite::{Connection, OptionalExtension, Result};

use crate::fresh;

/// A table whose rows lie in the order of a span of time.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Table {
    Readings,
    Minutes,
    Hours,
}

macro_rules! nearest {
    ($table:expr, $side:literal, $order:literal) => {
        match $table {
            Table::Readings => nearest!("minute", "settled_readings", $side, $order),
            Table::Minutes => nearest!("minute", "settled_minutes", $side, $order),
            Table::Hours => nearest!("hour", "settled_hours", $side, $order),
        }
    };
    ($span:literal, $table:literal, $side:literal, $order:literal) => {
        concat!("SELECT ", $span, " FROM ", $table, " WHERE ", $span, $side, "?1 ORDER BY ", $span, $order, " LIMIT 1")
    };
}

impl Table {
    /// The first span in it.
    pub(crate) fn first(self, file: &Connection) -> Result<Option<i64>> {
        self.after(file, i64::MIN)
    }

    /// The last span in it.
    pub(crate) fn last(self, file: &Connection) -> Result<Option<i64>> {
        self.before(file, i64::MAX)
    }

    /// The first span after `number`; of readings the fresh ones too.
    pub(crate) fn after(self, file: &Connection, number: i64) -> Result<Option<i64>> {
        let settled = self.settled_after(file, number)?;
        let fresh = match fresh::open(file)? {
            // Nothing in the block lies nearer than what was found, or all of it lies on the other side.
            Some(block) if settled.is_some_and(|minute| minute < block.first) || block.end() - 1 <= number => None,
            Some(block) if matches!(self, Self::Readings) => fresh_minute(
                file,
                "SELECT min(minute) FROM fresh_readings WHERE minute > ?1 AND minute < ?2",
                (number.max(block.first - 1), block.end()),
            )?,
            _ => None,
        };
        Ok(settled.into_iter().chain(fresh).min())
    }

    /// The last span before `number`; of readings the fresh ones too.
    pub(crate) fn before(self, file: &Connection, number: i64) -> Result<Option<i64>> {
        let settled =
            file.prepare_cached(nearest!(self, " < ", " DESC"))?.query_row([number], |row| row.get(0)).optional()?;
        let fresh = match fresh::open(file)? {
            Some(block) if settled.is_some_and(|minute: i64| minute >= block.end()) || block.first >= number => None,
            Some(block) if matches!(self, Self::Readings) => fresh_minute(
                file,
                "SELECT max(minute) FROM fresh_readings WHERE minute > ?1 AND minute < ?2",
                (block.first - 1, number.min(block.end())),
            )?,
            _ => None,
        };
        Ok(settled.into_iter().chain(fresh).max())
    }

    /// The first settled span after `number`.
    pub(crate) fn settled_after(self, file: &Connection, number: i64) -> Result<Option<i64>> {
        file.prepare_cached(nearest!(self, " > ", " ASC"))?.query_row([number], |row| row.get(0)).optional()
    }
}

fn fresh_minute(file: &Connection, sql: &str, (after, before): (i64, i64)) -> Result<Option<i64>> {
    file.prepare_cached(sql)?.query_row([after, before], |row| row.get(0))
}
