//! The line protocol of InfluxDB: `measurement,tag=x field=1i,other="text" 1790000000000000000`.
//!
//! A key is the measurement, the values of the tags in the order of the tags' names, and the field, each made a word and
//! joined by `_`: `weather,site=north temperature=21.5` gives `weather_north_temperature`. The field alone can be asked
//! for where there is one device. A field that is broken costs itself; a line whose stamp cannot be read is refused, for
//! with another stamp it would be another point.

use std::ops::Range;

use streamer_reading::Epoch;

use crate::row::{JOINT, Raw, Row, Span};
use crate::stamp::Unit;
use crate::{Cause, number};

/// How points are named and what their stamps count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InfluxOptions {
    /// What the stamps count.
    pub precision: Precision,
    /// What a key is made of.
    pub names: InfluxNames,
}

/// What a time stamp counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "config", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Nanoseconds, as the protocol has it.
    #[default]
    Ns,
    /// Microseconds.
    Us,
    /// Milliseconds.
    Ms,
    /// Seconds.
    S,
}

/// What a key is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "config", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum InfluxNames {
    /// Measurement, values of the tags, and field.
    #[default]
    Series,
    /// The field alone.
    Field,
}

/// Room for one line's name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Room {
    name: String,
    tags: String,
    places: Vec<(Range<usize>, Range<usize>)>,
}

/// Gathers the fields of the point that `line` is, and reads its stamp.
pub(crate) fn read(line: &str, options: InfluxOptions, room: &mut Room, row: &mut Row) -> Result<Option<Epoch>, Cause> {
    if line.trim().is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let point = Point::split(line).map_err(|broken| broken.cause)?;
    room.name.clear();
    if options.names == InfluxNames::Series {
        room.series(line, &point)?;
    }
    let parent = room.name.len();
    let mut at = point.fields.start;
    loop {
        let end = at + unescaped(&line[at..point.fields.end], true, |b| b == b',');
        field(line, at..end, &mut room.name, row)?;
        room.name.truncate(parent);
        if end >= point.fields.end {
            break;
        }
        at = end + 1;
    }
    stamp(&line[point.fields.end..], options.precision, point.fields.end)
}

/// Whether a point goes on in the next line: a text is open.
pub(crate) fn is_open(text: &str) -> bool {
    !text.starts_with('#') && Point::split(text).is_err_and(|broken| broken.is_open)
}

struct Point {
    head: Range<usize>,
    fields: Range<usize>,
}

struct Broken {
    cause: Cause,
    is_open: bool,
}

fn broken(what: &'static str, at: usize) -> Cause {
    Cause::Malformed { format: "line protocol", what, at }
}

impl Point {
    /// Head, fields and stamp stand between blanks that no backslash and no text holds.
    fn split(line: &str) -> Result<Self, Broken> {
        let start = line.len() - line.trim_start().len();
        let head = start..start + unescaped(&line[start..], false, |b| b == b' ');
        let rest = &line[head.end..];
        let from = head.end + (rest.len() - rest.trim_start_matches(' ').len());
        if from >= line.trim_end().len() {
            return Err(Broken { cause: broken("there are no fields", from), is_open: false });
        }
        let length = unescaped(&line[from..], true, |b| b == b' ');
        if length > line.len() - from {
            return Err(Broken { cause: broken("a text has no end", from), is_open: true });
        }
        Ok(Self { head, fields: from..from + length })
    }
}

/// Where the first byte stands that `ends`, behind no backslash and, with `texts`, in no text. The length of `part` if
/// there is none, and more than that if a text is still open.
fn unescaped(part: &str, texts: bool, ends: impl Fn(u8) -> bool) -> usize {
    let bytes = part.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if matches!(bytes.get(at + 1), Some(b',' | b'=' | b' ')) => at += 1,
            // A text opens only where a value begins.
            b'=' if texts && bytes.get(at + 1) == Some(&b'"') => match text_end(bytes, at + 2) {
                Some(end) => at = end,
                None => return part.len() + 1,
            },
            _ if ends(byte) => return at,
            _ => {}
        }
        at += 1;
    }
    part.len()
}

/// Where the quote stands that closes a text.
fn text_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' if matches!(bytes.get(at + 1), Some(b'"' | b'\\')) => at += 2,
            _ => at += 1,
        }
    }
}

impl Room {
    /// Puts the measurement and the values of the tags into the name.
    fn series(&mut self, line: &str, point: &Point) -> Result<(), Cause> {
        self.tags.clear();
        self.places.clear();
        let head = &line[point.head.clone()];
        let mut at = unescaped(head, false, |b| b == b',');
        if at == 0 {
            return Err(broken("there is no measurement", point.head.start));
        }
        plain(&head[..at], &mut self.name);
        while at < head.len() {
            let end = at + 1 + unescaped(&head[at + 1..], false, |b| b == b',');
            let tag = &head[at + 1..end];
            let sign = unescaped(tag, false, |b| b == b'=');
            if sign == 0 || sign + 1 >= tag.len() {
                return Err(broken("a tag has no name or no value", point.head.start + at));
            }
            // `disk=C:\,host=a`: the backslash took the comma, and two tags would become one name.
            if tag[sign + 1..].len() > unescaped(&tag[sign + 1..], false, |b| b == b'=') {
                return Err(broken("a tag's value holds an equals sign without a backslash", point.head.start + at));
            }
            let start = self.tags.len();
            plain(&tag[..sign], &mut self.tags);
            let middle = self.tags.len();
            plain(&tag[sign + 1..], &mut self.tags);
            self.places.push((start..middle, middle..self.tags.len()));
            at = end;
        }
        let tags = &self.tags;
        self.places.sort_unstable_by(|(one, _), (other, _)| {
            tags[one.clone()].cmp(&tags[other.clone()]).then(one.start.cmp(&other.start))
        });
        for (_, value) in &self.places {
            self.name.push(JOINT);
            self.name.push_str(&tags[value.clone()]);
        }
        Ok(())
    }
}

/// A name without the backslashes that the protocol puts before commas, blanks and equals signs.
fn plain(name: &str, into: &mut String) {
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' || !matches!(chars.peek(), Some(',' | '=' | ' ')) {
            into.push(c);
        }
    }
}

fn field(line: &str, place: Range<usize>, name: &mut String, row: &mut Row) -> Result<(), Cause> {
    let text = &line[place.clone()];
    let sign = unescaped(text, false, |b| b == b'=');
    if !name.is_empty() {
        name.push(JOINT);
    }
    let before = name.len();
    plain(&text[..sign], name);
    let start = (place.start + sign + 1).min(place.end);
    let span = Span { start, end: place.end, decoded: false };
    if name.len() == before {
        return row.push_nameless(Span { start: place.start, ..span });
    }
    let (raw, span) = typed(line, span, row);
    row.push(name, raw, span)
}

/// The type that a field's spelling gives it.
fn typed(line: &str, span: Span, row: &mut Row) -> (Raw, Span) {
    let text = &line[span.start..span.end];
    match text {
        "" => return (Raw::Nothing("an empty field"), span),
        "t" | "T" | "true" | "True" | "TRUE" => return (Raw::Bool(true), span),
        "f" | "F" | "false" | "False" | "FALSE" => return (Raw::Bool(false), span),
        _ => {}
    }
    if text.len() >= 2 && text.starts_with('"') && text_end(text.as_bytes(), 1) == Some(text.len() - 1) {
        let inside = Span { start: span.start + 1, end: span.end - 1, decoded: false };
        let text = &line[inside.start..inside.end];
        if !text.contains('\\') {
            return (Raw::Text, inside);
        }
        let start = row.decoded.len();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let next = if c == '\\' { chars.next_if(|c| matches!(c, '"' | '\\')) } else { None };
            row.decoded.push(next.unwrap_or(c));
        }
        return (Raw::Text, Span { start, end: row.decoded.len(), decoded: true });
    }
    if let Some(digits) = text.strip_suffix(['i', 'u']) {
        let unsigned = digits.strip_prefix('-').filter(|_| text.ends_with('i')).unwrap_or(digits);
        if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
            return (Raw::Integer, Span { end: span.end - 1, ..span });
        }
    }
    match number::loose(text) {
        Some(Ok(_)) => (Raw::Float, span),
        Some(Err(_)) => (Raw::NotFinite, span),
        None if ["nan", "inf", "+inf", "-inf"].iter().any(|word| text.eq_ignore_ascii_case(word)) => {
            (Raw::NotFinite, span)
        }
        None => (Raw::Nothing("this field, which is neither a number nor a quoted text,"), span),
    }
}

fn stamp(rest: &str, precision: Precision, at: usize) -> Result<Option<Epoch>, Cause> {
    let digits = rest.trim();
    if digits.is_empty() {
        return Ok(None);
    }
    let number: i64 = digits.parse().map_err(|_| broken("the time stamp is no integer", at))?;
    let unit = match precision {
        Precision::Ns => Unit::Nanos,
        Precision::Us => Unit::Micros,
        Precision::Ms => Unit::Millis,
        Precision::S => Unit::Seconds,
    };
    unit.epoch(number).map(Some).map_err(|refusal| Cause::EpochRequired(refusal.into()))
}
