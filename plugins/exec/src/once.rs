//! A command that is run on the schedule, and whose output is read once it has ended.

use std::time::Duration;

use streamer_lines::{Item, Reader, Refused};
use streamer_plugin::{InputError, Item as Put, Readings, Sampler, When};

use crate::child::{Child, Status};
use crate::command::Command;
use crate::failure;
use crate::format::is_document;
use crate::gather::{End, Printed};
use crate::said::last_words;
use crate::text::{Stains, cleaned};

/// What is left for our own work between a command's time and ours: a tenth, within these.
const SPARE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(250));

/// Reads outputs: line by line, or as a whole.
#[derive(Debug)]
pub struct Readers {
    pub lines: Reader,
    /// For JSON over many lines.
    pub whole: Reader,
    /// Whether JSON is one document; none: it shows.
    pub document: Option<bool>,
    pub is_json: bool,
}

/// What ends a command well.
#[derive(Debug)]
pub struct Exits {
    /// Codes that are no failure; none: all of them.
    pub good: Option<Vec<u8>>,
    /// The key of the code, where it is asked for.
    pub key: Option<String>,
}

/// The input.
pub struct Once {
    pub command: Command,
    pub readers: Readers,
    pub exits: Exits,
    pub grace: Duration,
    pub most: usize,
    pub memory: Option<u64>,
    pub printed: Printed,
}

impl Sampler for Once {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        let shown = &self.command.shown;
        let time = out.remaining();
        let time = time.saturating_sub((time / 10).clamp(SPARE.0, SPARE.1));
        let until = out.clock().boot().plus(time);
        let mut child = Child::start(&self.command, self.grace, out.clock(), false)?;
        let gathered = self.printed.gather(&mut child, self.most, until, out.clock());
        // A child that is dropped unreaped is ended by the undertaker.
        match gathered.map_err(|error| InputError::again(error).of(shown))? {
            End::TooLong => {
                let words = self.words().map(|words| format!("; its last words: {words}")).unwrap_or_default();
                return Err(InputError::again(format_args!(
                    "{shown}: did not end within {time:.1?} and was ended; raise `timeout` if it needs longer{words}"
                )));
            }
            End::TooMuch => {
                return Err(InputError::again(format_args!(
                    "{shown}: printed more than {} and was ended; raise `max_output` if that is right",
                    streamer_plugin::options::Size(self.most as u64)
                )));
            }
            End::Ended => {}
        }
        let status = child.reap().map_err(|error| InputError::again(error).of(shown))?;
        if let Some(key) = &self.exits.key {
            out.put(key.as_str(), i64::from(status.code()));
        }
        if !self.exits.are_good(status) {
            return Err(failure::ended(shown, status, self.words().as_deref(), self.memory));
        }
        let mut stains = Stains::default();
        self.readers.read(&cleaned(&self.printed.out, &mut stains), out);
        stains.count(out);
        Ok(())
    }
}

impl Once {
    /// What it said last: on stderr, or else in what it printed.
    fn words(&self) -> Option<String> {
        self.printed.said.last_words().or_else(|| last_words(&self.printed.out))
    }
}

impl Exits {
    fn are_good(&self, status: Status) -> bool {
        match (&self.good, status) {
            (None, _) => true,
            (Some(good), Status::Exited(code)) => good.iter().any(|good| i32::from(*good) == code),
            (Some(_), Status::Killed(_)) => false,
        }
    }
}

impl Readers {
    fn read(&mut self, text: &str, out: &mut Readings) {
        let now = out.began().wall;
        if self.is_json && self.document.unwrap_or_else(|| is_document(text)) {
            return self.whole.read_document(text, now, &mut |item| add(item, out));
        }
        self.lines.read_document(text, now, &mut |item| add(item, out));
    }
}

/// Reads one line into the readings.
pub fn put(reader: &mut Reader, line: &str, out: &mut Readings) {
    reader.read_line(line, out.began().wall, &mut |item| add(item, out));
}

/// Adds what a reader found.
fn add(item: Item<'_>, out: &mut Readings) {
    match item {
        Item::Reading(found) => match found.value.to_value() {
            Ok(value) => {
                out.push(Put { key: found.key.clone(), value, when: found.epoch.map_or(When::Began, When::Epoch) })
            }
            Err(refusal) => out.refuse(found.key.as_str(), refusal.cause(), refusal),
        },
        Item::Refused(refused) => refuse(&refused, out),
        Item::Remark(remark) => out.remark(remark.to_string(), remark),
        _ => {}
    }
}

fn refuse(refused: &Refused<'_>, out: &mut Readings) {
    // Whoever shows it puts the key before it.
    out.refuse(refused.key.unwrap_or_default(), refused.cause.word(), Refused { key: None, ..refused.clone() });
}
