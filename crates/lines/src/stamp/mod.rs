//! Epochs from text: a rule says which value is the time and how it is written.
//!
//! A time is never guessed. What cannot be read leaves the reading with the time of reading, or refuses the line.

mod calendar;
mod pieces;
mod scan;
mod unix;

use streamer_clock::Zone;
use streamer_reading::Epoch;

use crate::item::{Item, Refused, Sink};
use crate::{Cause, EpochCause};

use calendar::Calendar;
pub use pieces::PatternError;
use pieces::Piece;
use scan::Scan;
pub(crate) use unix::{Unit, read as read_unix};

/// How far ahead of now a time without a year may lie, for clocks that do not agree: an hour.
const AHEAD: i64 = 3_600_000_000;

/// Which value of a line is its time, and how to read it.
#[derive(Debug, Clone, PartialEq)]
pub struct EpochRule {
    /// The name of the value. It is taken out of the readings. The format `line` needs none: its time stands first.
    pub key: String,
    /// `rfc3339`, `unix`, `unix_ms`, `unix_us`, `unix_ns`, `syslog`, or a pattern such as `%d/%b/%Y:%H:%M:%S %z`.
    ///
    /// After the seconds a fraction of any length may follow a point or a comma, whether the pattern says so or not.
    pub format: String,
    /// Where the clocks are read that wrote the time, unless the time itself says so.
    pub zone: Zone,
    /// Whether a line without a time that can be read is refused whole.
    pub required: bool,
}

/// The line is refused, and that was said.
pub(crate) struct Dropped;

/// A rule made ready, and what it must remember of one file.
#[derive(Debug, Clone)]
pub(crate) struct Stamper {
    key: Box<str>,
    style: Style,
    calendar: Calendar,
    required: bool,
}

#[derive(Debug, Clone)]
enum Style {
    Pattern(Box<[Piece]>),
    WebServer(Box<[Piece]>),
    Rfc3339,
    Syslog,
    Unix(Unit),
}

impl Stamper {
    /// # Errors
    /// [`PatternError`] for a pattern that cannot be a time.
    pub(crate) fn new(rule: &EpochRule) -> Result<Self, PatternError> {
        let style = match rule.format.as_str() {
            "rfc3339" => Style::Rfc3339,
            "syslog" => Style::Syslog,
            "unix" => Style::Unix(Unit::Seconds),
            "unix_ms" => Style::Unix(Unit::Millis),
            "unix_us" => Style::Unix(Unit::Micros),
            "unix_ns" => Style::Unix(Unit::Nanos),
            pattern => Style::Pattern(pieces::compile(pattern)?),
        };
        let calendar = Calendar::new(rule.zone.tz().clone());
        Ok(Self { key: rule.key.as_str().into(), style, calendar, required: rule.required })
    }

    /// Times as web servers write them: `05/Mar/2026:06:00:01 +0100`, or RFC 3339 where somebody asked for that.
    pub(crate) fn of_web_servers() -> Self {
        use Piece::{Blank, Day, Hour, Literal, Minute, MonthName, Offset, Second, Year};
        const SLASH: Piece = Literal('/');
        const COLON: Piece = Literal(':');
        const SECOND: Piece = Second { fraction: true };
        let pieces = [Day, SLASH, MonthName, SLASH, Year, COLON, Hour, COLON, Minute, COLON, SECOND, Blank, Offset];
        let calendar = Calendar::new(Zone::utc().tz().clone());
        Self { key: "time".into(), style: Style::WebServer(pieces.into()), calendar, required: false }
    }

    /// Whether a value of this name is the time.
    pub(crate) fn is(&self, name: &str) -> bool {
        *self.key == *name
    }

    /// The name of the value that is the time.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// A new file begins: its order is its own.
    pub(crate) fn restart(&mut self) {
        self.calendar.forget();
    }

    /// The epoch that `text`, the time found in `line`, means. What cannot be read is said to `sink`.
    pub(crate) fn stamp(
        &mut self,
        text: Option<&str>,
        line: &str,
        now: Epoch,
        sink: &mut Sink<'_>,
    ) -> Result<Option<Epoch>, Dropped> {
        let read = text.ok_or(EpochCause::Missing).and_then(|text| self.read(text, now));
        self.said(read, text.unwrap_or(line), line, sink)
    }

    /// The epoch at the start of `line`, where a log without fields has it.
    pub(crate) fn stamp_first(
        &mut self,
        line: &str,
        now: Epoch,
        sink: &mut Sink<'_>,
    ) -> Result<Option<Epoch>, Dropped> {
        let start = line.len() - line.trim_start_matches([' ', '[']).len();
        let read = self.read_from(&line[start..], now).map(|(epoch, _)| epoch);
        self.said(read, line, line, sink)
    }

    fn said(
        &self,
        read: Result<Epoch, EpochCause>,
        text: &str,
        line: &str,
        sink: &mut Sink<'_>,
    ) -> Result<Option<Epoch>, Dropped> {
        match read {
            Ok(epoch) => Ok(Some(epoch)),
            Err(cause) if self.required => {
                sink(Item::Refused(Refused { key: None, cause: Cause::EpochRequired(cause), text: line }));
                Err(Dropped)
            }
            Err(cause) => {
                let key = if self.key.is_empty() { "time" } else { &*self.key };
                sink(Item::Refused(Refused { key: Some(key), cause: Cause::Epoch(cause), text }));
                Ok(None)
            }
        }
    }

    /// The epoch that the whole of `text` means.
    pub(crate) fn read(&mut self, text: &str, now: Epoch) -> Result<Epoch, EpochCause> {
        let text = text.trim();
        let (epoch, end) = self.read_from(text, now)?;
        if end < text.len() { Err(EpochCause::Shape { wanted: "the end of the time", at: end }) } else { Ok(epoch) }
    }

    /// The epoch that `text` begins with, and where it ends.
    fn read_from(&mut self, text: &str, now: Epoch) -> Result<(Epoch, usize), EpochCause> {
        let mut scan = Scan::new(text);
        let fields = match &self.style {
            Style::Unix(unit) => {
                let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | ',' | '-' | '+' | 'e' | 'E'));
                let end = end.unwrap_or(text.len());
                return Ok((unix::read(&text[..end], *unit)?, end));
            }
            Style::WebServer(_) if text.as_bytes().get(4) == Some(&b'-') => scan.rfc3339()?,
            Style::Pattern(pieces) | Style::WebServer(pieces) => scan.pieces(pieces)?,
            Style::Rfc3339 => scan.rfc3339()?,
            Style::Syslog => scan.syslog()?,
        };
        Ok((self.calendar.epoch(&fields, now)?, scan.at()))
    }
}
