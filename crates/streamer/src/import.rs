//! What the Python client left behind: its missed-events file and its offline CSV, read as readings again.
//!
//! A reader yields one item a line, so that an import can be resumed behind the last line that was taken, and one bad
//! line costs that line only.

use std::io::{self, BufRead};

use serde_json::Value as Json;
use streamer_reading::{Epoch, Key, Reading, Refusal, Text, Value};

use crate::events_api;

/// What editors of another system put before the first line of a file that they save.
const MARK: char = '\u{feff}';
/// The first line of what `streamer export` writes.
const HEADING: &str = "epoch,key,value";

/// Which of the two files it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `err_missed_events.txt`: a JSON array of events on each line; bucket calls among them are passed over.
    MissedEvents,
    /// Offline CSV: `epoch,key,value`.
    OfflineCsv,
}

impl Format {
    /// Told by the first line that is not empty.
    pub fn of(line: &str) -> Self {
        let line = line.trim_start_matches(MARK).trim_start();
        if line.starts_with(['[', '{']) { Self::MissedEvents } else { Self::OfflineCsv }
    }
}

/// What one line (of a CSV with line ends in texts: one row) came to.
#[derive(Debug)]
pub struct Line {
    /// The number of its last line, from 1: where to resume behind.
    pub number: u64,
    /// How far into the file it reaches, in bytes: for whoever shows progress.
    pub end: u64,
    /// Its readings, in order.
    pub readings: Vec<Reading>,
    /// What on it is no reading, in words for a person.
    pub refused: Vec<LineError>,
}

/// Why something on a line is no reading.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// The line is not of its format.
    #[error("the line is neither an event nor a list of events")]
    NotEvents,
    /// A part of a line that is no JSON, with others around it that are.
    #[error("an event on the line is torn or has what no event may have")]
    NotAnEvent,
    /// A row without three fields.
    #[error("the row does not have the three fields epoch, key, value")]
    NotARow,
    /// An event without a stamp; when it happened is not known.
    #[error("{key:?} has no epoch that can be read")]
    NoEpoch {
        /// The event's key.
        key: String,
    },
    /// A reading that is refused.
    #[error("{key:?}: {refusal}")]
    Refused {
        /// The event's key.
        key: String,
        /// By which rule.
        refusal: Refusal,
    },
}

/// Reads a file from behind line `after` (0: from its start), one item a line.
///
/// ```
/// use streamer::import::{Format, lines};
/// let file = b"1790000000.5,temperature,21.5\n1790000001.5,door,open\n";
/// let readings: Vec<_> = lines(&file[..], Format::OfflineCsv, 1).map(|line| line.unwrap().readings).collect();
/// assert_eq!(readings.concat()[0].to_string(), "1790000001.500000 door open");
/// ```
pub fn lines<R: BufRead>(file: R, format: Format, after: u64) -> Lines<R> {
    Lines { file, format, number: 0, end: 0, after }
}

/// See [`lines`].
#[derive(Debug)]
pub struct Lines<R> {
    file: R,
    format: Format,
    number: u64,
    end: u64,
    after: u64,
}

impl<R: BufRead> Lines<R> {
    fn line(&mut self, text: &mut String) -> io::Result<bool> {
        let mut bytes = Vec::new();
        let more = self.file.read_until(b'\n', &mut bytes)? > 0;
        self.number += u64::from(more);
        self.end += bytes.len() as u64;
        let line = String::from_utf8_lossy(&bytes);
        text.push_str(if self.number == 1 { line.trim_start_matches(MARK) } else { &line });
        Ok(more)
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut text = String::new();
            match self.line(&mut text) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
            // A text with a line end in it goes on behind it; a quote that never ends costs at most what a text may hold.
            while self.format == Format::OfflineCsv && !text.matches('"').count().is_multiple_of(2) && text.len() < 8192
            {
                match self.line(&mut text) {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => return Some(Err(error)),
                }
            }
            let empty = text.trim().is_empty() || (self.number == 1 && text.trim() == HEADING);
            if self.number <= self.after || empty {
                continue;
            }
            let mut line = Line { number: self.number, end: self.end, readings: Vec::new(), refused: Vec::new() };
            match self.format {
                Format::MissedEvents => events(&text, &mut line),
                Format::OfflineCsv => line.take(row(text.trim_end_matches(['\n', '\r']))),
            }
            return Some(Ok(line));
        }
    }
}

impl Line {
    fn take(&mut self, reading: Result<Reading, LineError>) {
        match reading {
            Ok(reading) => self.readings.push(reading),
            Err(error) => self.refused.push(error),
        }
    }
}

fn events(text: &str, line: &mut Line) {
    match serde_json::from_str(text) {
        Ok(Json::Array(events)) => events.iter().for_each(|event| line.take(self::event(event))),
        // A bucket call that was missed: buckets are created anyway.
        Ok(Json::Object(call)) if events_api::is_bucket_call(&call) => {}
        Ok(event @ Json::Object(_)) => line.take(self::event(&event)),
        _ => whole_ones(text, line),
    }
}

/// The events of a line that is no JSON: the client writes `NaN` and `Infinity`, which JSON does not know, leaves half a
/// line behind when it is killed, and writes two lines over each other. Each of these costs its own event.
fn whole_ones(text: &str, line: &mut Line) {
    let before = text.split_once('{').map_or(text, |(before, _)| before).trim();
    if !["", "["].contains(&before) {
        line.refused.push(if before == text.trim() { LineError::NotEvents } else { LineError::NotAnEvent });
    }
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let from = &rest[at..];
        let mut found = serde_json::Deserializer::from_str(from).into_iter::<Json>();
        match found.next() {
            Some(Ok(event)) => {
                line.take(self::event(&event));
                rest = &from[found.byte_offset()..];
            }
            _ => {
                let end = from[1..].find('{').map_or(from.len(), |at| at + 1);
                line.refused.push(not_finite(&from[..end]));
                rest = &from[end..];
            }
        }
    }
}

/// Why an event is none: most often its value is no number.
fn not_finite(text: &str) -> LineError {
    let end = text.rfind('}').map_or(text, |end| &text[..=end]);
    let known = [("-Infinity", f64::NEG_INFINITY), ("Infinity", f64::INFINITY), ("NaN", f64::NAN)];
    let found = known.into_iter().find_map(|(word, value)| {
        let event: Json = serde_json::from_str(&end.replacen(&format!(": {word}"), ": null", 1)).ok()?;
        Some((event.get("key")?.as_str()?.to_owned(), value))
    });
    found.map_or(LineError::NotAnEvent, |(key, value)| LineError::Refused { key, refusal: Refusal::NotFinite(value) })
}

fn event(event: &Json) -> Result<Reading, LineError> {
    let key = event.get("key").and_then(Json::as_str).ok_or(LineError::NotEvents)?;
    let value = match event.get("value") {
        Some(Json::String(text)) => Value::try_from(text),
        Some(Json::Bool(flag)) => Ok(Value::from(*flag)),
        Some(Json::Number(number)) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(integer), ..) => Ok(Value::from(integer)),
            (None, Some(integer), _) => Value::try_from(integer),
            (None, None, float) => Value::try_from(float.unwrap_or(f64::NAN)),
        },
        Some(Json::Array(_)) => Err(Refusal::NoValue("a list")),
        Some(Json::Object(_)) => Err(Refusal::NoValue("an object")),
        Some(Json::Null) | None => Err(Refusal::NoValue("null")),
    };
    let epoch = match event.get("epoch") {
        Some(Json::Number(number)) => Some(number.to_string()),
        Some(Json::String(text)) => Some(text.clone()),
        _ => None,
    };
    reading(key, value, epoch.as_deref())
}

fn row(row: &str) -> Result<Reading, LineError> {
    let (epoch, rest) = row.split_once(',').ok_or(LineError::NotARow)?;
    let (key, rest) = field(rest, true).ok_or(LineError::NotARow)?;
    let (value, _) = field(rest, false).ok_or(LineError::NotARow)?;
    // The Python client writes a text as it stands and a boolean in its own spelling.
    let value = match (rest.starts_with('"'), value.as_str()) {
        (false, "True" | "true") => Ok(Value::from(true)),
        (false, "False" | "false") => Ok(Value::from(false)),
        (false, text) => number(text).map_or_else(|| Value::try_from(text), Ok),
        (true, text) => Text::new(text).map(Value::Text),
    };
    reading(&key, value, Some(epoch.trim()))
}

/// What JSON would take for a number; `007`, `nan` and `1_000` are texts.
fn number(text: &str) -> Option<Value> {
    let number: serde_json::Number = serde_json::from_str(text).ok()?;
    number.as_i64().map(Value::from).or_else(|| Value::try_from(text.parse::<f64>().ok()?).ok())
}

/// The first field and what follows its comma. The last one may have commas without quotes: the Python client has none.
fn field(text: &str, more: bool) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        return if more {
            text.split_once(',').map(|(f, rest)| (f.to_owned(), rest))
        } else {
            Some((text.to_owned(), ""))
        };
    };
    let mut field = String::new();
    let mut rest = quoted;
    loop {
        let (part, after) = rest.split_once('"')?;
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(again) => {
                field.push('"');
                rest = again;
            }
            None if more => return Some((field, after.strip_prefix(',')?)),
            None => return after.is_empty().then_some((field, "")),
        }
    }
}

fn reading(key: &str, value: Result<Value, Refusal>, epoch: Option<&str>) -> Result<Reading, LineError> {
    let refused = |refusal| LineError::Refused { key: key.to_owned(), refusal };
    let epoch =
        epoch.and_then(|text| text.parse::<f64>().ok()).ok_or_else(|| LineError::NoEpoch { key: key.to_owned() })?;
    let epoch = Epoch::from_secs_f64(epoch).map_err(refused)?;
    Ok(Reading::new(Key::new(key).map_err(refused)?, value.map_err(refused)?, epoch))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, format: Format) -> (Vec<String>, Vec<String>) {
        let lines: Vec<Line> = lines(text.as_bytes(), format, 0).map(Result::unwrap).collect();
        let readings = lines.iter().flat_map(|line| line.readings.iter().map(ToString::to_string)).collect();
        let refused = lines.iter().flat_map(|l| l.refused.iter().map(move |e| format!("{}: {e}", l.number))).collect();
        (readings, refused)
    }

    #[test]
    fn missed_events_with_bucket_calls_among_them_and_a_torn_line() {
        let (readings, refused) = all(
            "[{\"key\": \"a\", \"value\": 1, \"epoch\": 1601672453.418814}, {\"key\":\"b\",\"value\":\"x\",\"epoch\":\"1601672454\"}]\n\
             {\"bucketKey\": \"k\", \"bucketName\": \"n\"}\n\
             [{\"key\": \"n\", \"value\": [1], \"epoch\": 1601672453}, {\"key\": \"m\", \"value\": 2}]\n\
             [{\"key\": \"a\", \"val",
            Format::MissedEvents,
        );
        assert_eq!(readings, ["1601672453.418814 a 1", "1601672454.000000 b x"]);
        assert_eq!(refused.len(), 3, "{refused:?}");
        assert!(refused[0].starts_with("3: \"n\"") && refused[2].starts_with("4: "), "{refused:?}");
    }

    /// Python's `json.dumps` writes NaN and Infinity, which RFC 8259 does not know.
    #[test]
    fn one_nan_costs_itself_and_a_mark_before_the_first_line_nothing() {
        let text = "\u{feff}[{\"key\": \"a\", \"value\": NaN, \"epoch\": 1601672453}, \
                    {\"key\": \"b\", \"value\": \"NaN \\\"NaN\\\\\", \"epoch\": 1601672454}, \
                    {\"key\": \"c\", \"value\": -Infinity, \"epoch\": 1601672455}]\n";
        assert_eq!(Format::of(text), Format::MissedEvents);
        let (readings, refused) = all(text, Format::MissedEvents);
        assert_eq!(readings, ["1601672454.000000 b NaN \"NaN\\"]);
        let starts: Vec<&str> = refused.iter().map(|words| words.split(',').next().unwrap()).collect();
        assert_eq!(starts, ["1: \"a\": the value is NaN", "1: \"c\": the value is -inf"]);
        assert_eq!(all("\u{feff}1601672453,a,1\n", Format::OfflineCsv).0, ["1601672453.000000 a 1"]);
    }

    #[test]
    fn what_json_does_not_know_costs_its_own_event() {
        // As ISStreamer 2.0.0 writes it; the last two lines are one over the other, and one that a kill cut short.
        let (readings, refused) = all(
            "[{\"key\": \"a\", \"value\": 1, \"epoch\": 1795899996.0115054}, {\"key\": \"b\", \"value\": NaN, \"epoch\": 1795899996.014967}]\n\
             [{\"key\": \"c\", \"value\": -Infinity, \"epoch\": 1795899998.5}, {\"key\": \"note\", \"value\": \"{NaN: \\\"x\\\"}\", \"epoch\": 1795900000.5}]\n\
             ey\": \"x\", \"value\": 1, \"epoch\": 1795900001}, {\"key\": \"d\", \"value\": true, \"epoch\": 1795900002}]\n\
             [{\"key\": \"e\", \"value\": 5, \"epoch\": 1795900003}, {\"key\": \"f\", \"val",
            Format::MissedEvents,
        );
        let expected = [
            "1795899996.011505 a 1",
            "1795900000.500000 note {NaN: \"x\"}",
            "1795900002.000000 d true",
            "1795900003.000000 e 5",
        ];
        assert_eq!(readings, expected);
        assert_eq!(refused.len(), 4, "{refused:?}");
        assert!(refused[0].starts_with("1: \"b\": the value is NaN"), "{refused:?}");
        assert!(refused[1].starts_with("2: \"c\": the value is -inf"), "{refused:?}");
        assert!(refused[2].starts_with("3: ") && refused[3].starts_with("4: "), "{refused:?}");
    }

    #[test]
    fn the_heading_of_our_own_export_is_no_row() {
        let file = "\u{feff}epoch,key,value\n1790000000.500000,a,1\n";
        assert_eq!(all(file, Format::of(file)), (vec!["1790000000.500000 a 1".to_owned()], vec![]));
    }

    #[test]
    fn offline_csv_of_either_client() {
        let (readings, refused) = all(
            "1601672453.418814,a,21.5\n1601672454.0,note,one, two\n1601672455,\"k,1\",\"x\n\"\"y\"\"\"\n\n1601672456,up,True\n\
             1601672457,id,007\nnonsense\n1601672457000,ms,1\n1601672458,q,\"5\"\n",
            Format::OfflineCsv,
        );
        let expected = [
            "1601672453.418814 a 21.5",
            "1601672454.000000 note one, two",
            "1601672455.000000 k,1 x\n\"y\"",
            "1601672456.000000 up true",
            "1601672457.000000 id 007",
            "1601672458.000000 q 5",
        ];
        assert_eq!(readings, expected);
        assert_eq!(refused.len(), 2, "{refused:?}");
        assert!(refused[0].starts_with("8: ") && refused[1].starts_with("9: "), "{refused:?}");
    }

    #[test]
    fn what_we_write_is_read_back() {
        let written = Reading::new(
            Key::new("a \"b\", c").unwrap(),
            Value::try_from("7").unwrap(),
            Epoch::from_micros(1_790_000_000_123_456),
        );
        let mut file = Vec::new();
        crate::csv::row(&mut file, &written);
        let back = lines(&file[..], Format::of("1790000000.123456,"), 0).next().unwrap().unwrap();
        assert_eq!(back.readings, [written]);
    }
}
