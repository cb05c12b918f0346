//! The way out: readings gathered to batches, each sent with the place it reaches, and what must be said once.

use std::collections::HashSet;
use std::fmt::Display;
use std::time::Duration;

use streamer_lines::{Found, Item, Reader, Refused};
use streamer_plugin::{Item as Put, Outlet, Position, Readings, SendError, Stop, When};

use crate::meanwhile::others_act;
use crate::text::Stains;

/// How many readings go out together. More would only hold memory: what a batch costs besides is small by then.
const BATCH: usize = 1024;

/// How many bytes of lines go out together, where the lines are long.
pub const BATCH_BYTES: usize = 128 * 1024;

/// The input was told to stop; what was not sent is read again after the next start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

/// Where the readings of all files go.
pub struct Delivery<'o> {
    outlet: &'o Outlet,
    stop: &'o Stop,
    poll: Duration,
    readings: Readings,
    said: HashSet<String>,
}

impl<'o> Delivery<'o> {
    pub fn new(outlet: &'o Outlet, stop: &'o Stop, poll: Duration) -> Self {
        Self { outlet, stop, poll, readings: outlet.readings(), said: HashSet::new() }
    }

    pub fn outlet(&self) -> &'o Outlet {
        self.outlet
    }

    /// A batch begins: its readings have the time of now, unless their lines give one. What was to be counted stays.
    pub fn begin(&mut self) {
        if self.is_empty() {
            self.readings.begin(self.outlet.clock().now(), Duration::from_secs(10));
        }
    }

    /// Whether the batch is large enough to go.
    pub fn is_full(&self) -> bool {
        self.readings.items().len() >= BATCH
    }

    pub fn len(&self) -> usize {
        self.readings.items().len() + self.readings.refused().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0 && self.readings.remarks().is_empty()
    }

    /// Reads one record into the batch.
    #[inline]
    pub fn read(&mut self, reader: &mut Reader, record: &str) {
        let now = self.readings.began().wall;
        reader.read_line(record, now, &mut |item| match item {
            Item::Reading(found) => put(&mut self.readings, found),
            Item::Refused(refused) => {
                // Whoever shows it puts the key before it.
                let words = Refused { key: None, ..refused.clone() };
                self.readings.refuse(refused.key.unwrap_or_default(), refused.cause.word(), words);
            }
            Item::Remark(remark) => {
                let words = remark.to_string();
                if self.said.insert(words.clone()) {
                    self.readings.remark(words.clone(), words);
                }
            }
            _ => {}
        });
    }

    /// Counts something that was lost or mended, and says it once for each file.
    pub fn count(&mut self, file: impl Display, cause: &'static str, times: u64, words: &str) {
        if times > 0 {
            self.readings.refuse_many("", cause, times, format_args!("{file}: {words}"));
            self.say(file, words);
        }
    }

    /// Says something once for each file.
    pub fn say(&mut self, file: impl Display, words: &str) {
        let words = format!("{file}: {words}");
        if self.said.insert(words.clone()) {
            self.readings.remark(words.clone(), words);
        }
    }

    /// Counts something about a file when it is first met, and not again before it was different.
    pub fn count_once(&mut self, file: impl Display, cause: &'static str, words: &str) {
        let said = format!("{file}: {words}");
        if self.said.insert(said.clone()) {
            self.readings.refuse("", cause, &said);
            self.readings.remark(said.clone(), said);
        }
    }

    pub fn stains(&mut self, file: &dyn Display, stains: Stains) {
        self.count(file, "invalid_utf8", stains.invalid, "bytes that are no UTF-8 were replaced by U+FFFD");
        self.count(file, "nul", stains.nul, "NUL bytes within lines were replaced by U+FFFD");
        self.count(file, "hole", stains.holes, "NUL bytes before a line were passed over; truncation left a hole");
        self.count(file, "line_cut", stains.cut, "a line longer than `max_line` was cut");
    }

    /// Sends the batch, together with the place that it reaches. Where there is no room it waits.
    pub fn send(&mut self, position: Option<Position<'_>>) -> Result<(), Stopped> {
        loop {
            others_act();
            match self.outlet.send(&self.readings, position) {
                Ok(()) => break,
                Err(SendError::Full) if !self.stop.wait(self.poll) => {}
                Err(_) => return Err(Stopped),
            }
        }
        self.readings.begin(self.outlet.clock().now(), Duration::from_secs(10));
        Ok(())
    }
}

#[inline]
fn put(readings: &mut Readings, found: Found<'_>) {
    // A reader has checked the value against the limits.
    let Ok(value) = found.value.to_value() else { return };
    readings.push(Put { key: found.key.clone(), value, when: found.epoch.map_or(When::Began, When::Epoch) });
}
