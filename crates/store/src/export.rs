//! All readings of a range, in the order of their epochs, without holding them all.

use std::collections::{HashMap, VecDeque};
use std::path::Path;

use rusqlite::{Connection, Result as SqlResult, params};
use streamer_reading::{Epoch, Key, Reading};

use crate::error::{AtPath, StoreError};
use crate::fresh;
use crate::occupied::Table;
use crate::span::Span;
use crate::sql_value;

/// Readings fetched at a time.
const FETCH: usize = 8192;
/// Minutes looked through at a time, for a key that is rare.
const LOOK: usize = 4096;

/// An iterator over readings; made by [`crate::Reader::export`].
///
/// It looks at the file in short steps, so that a long export keeps no writer from emptying its log. What is stored or
/// cut while it runs may be in it or not. After an error it ends.
#[derive(Debug)]
pub struct Export<'r> {
    file: &'r Connection,
    path: &'r Path,
    keys: HashMap<i64, Key>,
    /// The only stream wanted, where it is one: then the file's own order is the right one.
    alone: Option<i64>,
    fetched: VecDeque<Reading>,
    /// Where to go on: past this place.
    minute: i64,
    past: (i64, i64, i64),
    start: Epoch,
    end: Epoch,
    given: u64,
    at: Epoch,
    done: bool,
}

/// How far an export is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Readings given so far.
    pub readings: u64,
    /// How much of the time that holds readings has been passed, from 0 to 1.
    pub share: f64,
}

macro_rules! of_minute {
    ($table:literal, alone) => {
        concat!(
            "SELECT micros, stream, n, value FROM ",
            $table,
            " WHERE minute = ?1 AND stream = ?6 AND micros < ?5 AND (micros, n) > (?2, ?4) AND ?3 = ?3
              ORDER BY micros, n LIMIT ?7"
        )
    };
    ($table:literal) => {
        concat!(
            "SELECT micros, stream, n, value FROM ",
            $table,
            " WHERE minute = ?1 AND micros < ?5 AND (micros, stream, n) > (?2, ?3, ?4)
              AND stream IN (SELECT id FROM streams WHERE bucket = (SELECT bucket FROM streams WHERE id = ?6))
              ORDER BY micros, stream, n LIMIT ?7"
        )
    };
}

impl<'r> Export<'r> {
    pub(crate) fn new(
        file: &'r Connection,
        path: &'r Path,
        streams: Vec<(i64, Key)>,
        from: Epoch,
        to: Epoch,
    ) -> Result<Self, StoreError> {
        let oldest = Table::Readings.first(file).at(path)?.unwrap_or(0);
        let newest = Table::Readings.last(file).at(path)?.unwrap_or(-1);
        let start = from.max(Span::Minute.at(oldest, 0));
        let end = to.min(Span::Minute.at(newest.saturating_add(1), 0));
        let (minute, micros) = Span::Minute.of(start);
        Ok(Self {
            file,
            path,
            alone: if let [(stream, _)] = *streams { Some(stream) } else { None },
            done: streams.is_empty() || start >= end,
            keys: streams.into_iter().collect(),
            fetched: VecDeque::new(),
            minute,
            past: (micros - 1, i64::MAX, i64::MAX),
            start,
            end,
            given: 0,
            at: start,
        })
    }

    /// How far it is: for a line on a terminal.
    pub fn progress(&self) -> Progress {
        let share = if self.done && self.fetched.is_empty() {
            1.0
        } else {
            let whole = self.end.as_secs_f64() - self.start.as_secs_f64();
            ((self.at.as_secs_f64() - self.start.as_secs_f64()) / whole.max(1e-6)).clamp(0.0, 1.0)
        };
        Progress { readings: self.given, share }
    }

    /// Fetches the next readings, if any are near.
    fn fetch(&mut self) -> SqlResult<()> {
        // Locks are taken once for all the minutes.
        let _look = self.file.unchecked_transaction()?;
        for _ in 0..LOOK {
            if Span::Minute.at(self.minute, 0) >= self.end {
                self.done = true;
                break;
            }
            let rows = self.fetch_minute()?;
            if rows < FETCH {
                self.minute = Table::Readings.after(self.file, self.minute)?.unwrap_or(i64::MAX);
                self.past = (-1, i64::MAX, i64::MAX);
                self.at = Span::Minute.at(self.minute, 0);
            }
            if self.fetched.len() >= FETCH {
                break;
            }
        }
        Ok(())
    }

    /// Fetches from the minute that it is in, and says how many readings it found there.
    fn fetch_minute(&mut self) -> SqlResult<usize> {
        let until = self.end.micros().saturating_sub(Span::Minute.at(self.minute, 0).micros());
        let fresh = fresh::has(self.file, self.minute)?;
        let mut find = self.file.prepare_cached(match (self.alone.is_some(), fresh) {
            (true, false) => of_minute!("settled_readings", alone),
            (true, true) => of_minute!("fresh_readings", alone),
            (false, false) => of_minute!("settled_readings"),
            (false, true) => of_minute!("fresh_readings"),
        })?;
        let (micros, stream, n) = self.past;
        let one = self.alone.or_else(|| self.keys.keys().next().copied());
        let mut rows = find.query(params![self.minute, micros, stream, n, until, one, FETCH as i64])?;
        let mut found = 0;
        while let Some(row) = rows.next()? {
            self.past = (row.get(0)?, row.get(1)?, row.get(2)?);
            found += 1;
            // A key that is newer than this export has no name here.
            if let (Some(key), Some(value)) = (self.keys.get(&self.past.1), sql_value::value(row.get_ref(3)?)) {
                let epoch = Span::Minute.at(self.minute, self.past.0);
                self.fetched.push_back(Reading::new(key.clone(), value, epoch));
            }
        }
        Ok(found)
    }
}

impl Iterator for Export<'_> {
    type Item = Result<Reading, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.fetched.is_empty() {
            if self.done {
                return None;
            }
            if let Err(error) = self.fetch().at(self.path) {
                self.done = true;
                self.fetched.clear();
                return Some(Err(error));
            }
        }
        let reading = self.fetched.pop_front()?;
        self.given += 1;
        Some(Ok(reading))
    }
}
