//! Which minutes and hours hold anything at all, of whatever stream. Whoever goes from span to span asks here after an
//! empty one, so that one reading with an epoch of the year 5000 does not make anybody walk there minute by minute.

use rusqlite::{Connection, OptionalExtension, Result};

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
            Table::Readings => nearest!("minute", "readings", $side, $order),
            Table::Minutes => nearest!("minute", "minutes", $side, $order),
            Table::Hours => nearest!("hour", "hours", $side, $order),
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

    /// The first span after `number`.
    pub(crate) fn after(self, file: &Connection, number: i64) -> Result<Option<i64>> {
        file.prepare_cached(nearest!(self, " > ", " ASC"))?.query_row([number], |row| row.get(0)).optional()
    }

    /// The last span before `number`.
    pub(crate) fn before(self, file: &Connection, number: i64) -> Result<Option<i64>> {
        file.prepare_cached(nearest!(self, " < ", " DESC"))?.query_row([number], |row| row.get(0)).optional()
    }
}
