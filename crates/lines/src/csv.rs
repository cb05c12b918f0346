//! Rows of cells under a head that names them. The head is never data, however often it comes again.
//!
//! A row with fewer or more cells than its head is refused whole: a row that was cut would else give half a number, and a
//! shifted one right values under wrong names. An empty cell is no value, and costs nothing.

use std::collections::HashMap;

use memchr::memchr;
use streamer_reading::{Epoch, Key, Namer};

use crate::item::{Item, Refused, Remark, Sink};
use crate::row::Span;
use crate::series::{Pins, Series, Units};
use crate::stamp::Stamper;
use crate::{Cause, FormatError};

/// How the rows are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvOptions {
    /// Between cells; an ASCII character. The default is a comma.
    pub delimiter: char,
    /// The keys of the columns where the file has no head; an empty name leaves its column out.
    pub columns: Option<Vec<String>>,
    /// Rows that begin with this character are skipped. The default is none.
    pub comment: Option<char>,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { delimiter: ',', columns: None, comment: None }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Table {
    delimiter: u8,
    comment: Option<char>,
    /// The columns were given: what stands in the file never renames them.
    given: bool,
    head: Option<Head>,
    /// The next row is the first of its file.
    first: bool,
    /// No row was read under this head yet.
    unused: bool,
    cells: Vec<Span>,
    decoded: String,
    pins: Pins,
    units: Units,
    stamper: Option<Stamper>,
}

#[derive(Debug, Clone)]
struct Head {
    /// As they stand in the file, to know the head when it comes again.
    names: Vec<String>,
    columns: Vec<Option<Series>>,
    time: Option<usize>,
}

impl Table {
    pub(crate) fn new(
        options: &CsvOptions,
        pins: Pins,
        units: Units,
        stamper: Option<Stamper>,
    ) -> Result<Self, FormatError> {
        let delimiter = u8::try_from(options.delimiter).ok().filter(|byte| byte.is_ascii() && *byte != b'"');
        let delimiter = delimiter.ok_or(FormatError::Delimiter(options.delimiter))?;
        let mut table = Self {
            delimiter,
            comment: options.comment,
            given: options.columns.is_some(),
            head: None,
            first: true,
            unused: true,
            cells: Vec::new(),
            decoded: String::new(),
            pins,
            units,
            stamper,
        };
        if let Some(columns) = &options.columns {
            for name in columns.iter().filter(|name| !name.is_empty()) {
                Key::new(name)?;
            }
            let known = |name: &String| columns.contains(name);
            if let Some(name) = table.pins.keys().find(|name| !known(name)) {
                return Err(FormatError::NoSuchGroup { what: "types", name: name.clone() });
            }
            table.head = Some(table.named(columns.clone(), |name| name.to_owned()));
        }
        Ok(table)
    }

    /// The columns that are known; none before a head was read.
    pub(crate) fn series(&self) -> Option<impl Iterator<Item = &Series>> {
        self.head.as_ref().map(|head| head.columns.iter().flatten())
    }

    pub(crate) fn pins(&self) -> &Pins {
        &self.pins
    }

    /// A new file begins: its first row may be a head.
    pub(crate) fn restart(&mut self) {
        self.first = true;
        if let Some(stamper) = &mut self.stamper {
            stamper.restart();
        }
    }

    pub(crate) fn wants_head(&self) -> bool {
        self.head.is_none()
    }

    pub(crate) fn read(&mut self, line: &str, now: Epoch, sink: &mut Sink<'_>) {
        if line.trim().is_empty() || self.comment.is_some_and(|comment| line.starts_with(comment)) {
            return;
        }
        if let Err(cause) = self.split(line) {
            return sink(Item::Refused(Refused { key: None, cause, text: line }));
        }
        if !self.is_head(line, sink) {
            self.data(line, now, sink);
        }
    }

    /// Whether the row is a head; a new one takes the place of the old.
    fn is_head(&mut self, line: &str, sink: &mut Sink<'_>) -> bool {
        let first = std::mem::replace(&mut self.first, false);
        let cell = |span: &Span| cell(line, &self.decoded, *span);
        if let Some(head) = &self.head {
            if self.cells.iter().map(cell).eq(head.names.iter().map(String::as_str)) {
                return true;
            }
            // Behind a rotation the file may go on without a head, or with another one.
            let names = |text: &str| {
                text.starts_with(|c: char| c.is_alphabetic() || c == '_') && text != "true" && text != "false"
            };
            // A title or a version that stands alone before the head looked like one.
            let titled = self.unused && head.columns.len() == 1 && self.cells.len() > 1;
            if self.given || !(first || titled) || !self.cells.iter().map(cell).all(names) {
                return false;
            }
        }
        let names: Vec<String> = self.cells.iter().map(|span| cell(span).to_owned()).collect();
        let namer = Namer::new(names.iter().map(String::as_str).collect::<Vec<_>>());
        let head = self.named(names, |name| namer.word(name));
        for (place, name) in head.names.iter().enumerate() {
            if head.names[..place].contains(name)
                && let Some(series) = &head.columns[place]
            {
                sink(Item::Remark(Remark::ColumnDoubled(series.key())));
            }
        }
        self.head = Some(head);
        self.unused = true;
        true
    }

    /// A head of these names. A name that comes again counts on: `temp`, `temp_2`.
    fn named(&self, names: Vec<String>, word: impl Fn(&str) -> String) -> Head {
        let mut met: HashMap<&str, usize> = HashMap::new();
        let mut time = None;
        let mut columns = Vec::with_capacity(names.len());
        for (place, name) in names.iter().enumerate() {
            let again = met.entry(name).and_modify(|times| *times += 1).or_insert(1);
            let made = word(name);
            let is_time = self.stamper.as_ref().is_some_and(|stamper| stamper.is(name) || stamper.is(&made));
            if is_time && time.is_none() {
                time = Some(place);
                columns.push(None);
                continue;
            }
            let made = if *again > 1 { format!("{made}_{again}") } else { made };
            let key = if name.is_empty() { None } else { Key::new(made).ok() };
            columns.push(key.map(|key| Series::new(key, &self.pins)));
        }
        Head { names, columns, time }
    }

    fn data(&mut self, line: &str, now: Epoch, sink: &mut Sink<'_>) {
        let Some(head) = &mut self.head else { return };
        let text = |place: usize| self.cells.get(place).map_or("", |span| cell(line, &self.decoded, *span));
        let (cells, columns) = (self.cells.len(), head.columns.len());
        // Some writers end every row with a delimiter.
        if cells < columns || (columns..cells).any(|place| !text(place).is_empty()) {
            return sink(Item::Refused(Refused { key: None, cause: Cause::Cells { cells, columns }, text: line }));
        }
        self.unused = false;
        let mut epoch = None;
        if let Some(stamper) = &mut self.stamper {
            let time = head.time.map(text).filter(|time| !time.is_empty());
            let Ok(read) = stamper.stamp(time, line, now, sink) else { return };
            epoch = read;
        }
        for (place, column) in head.columns.iter_mut().enumerate() {
            let text = text(place);
            if let Some(series) = column
                && !text.is_empty()
            {
                series.read(text, &self.units, epoch, sink);
            }
        }
    }

    /// Finds the cells of `line`.
    fn split(&mut self, line: &str) -> Result<(), Cause> {
        self.cells.clear();
        self.decoded.clear();
        let bytes = line.as_bytes();
        let mut at = 0;
        loop {
            let quoted = line[at..].trim_start_matches(' ').starts_with('"');
            let (span, end) = if quoted {
                self.quoted(line, at + line[at..].find('"').unwrap_or(0) + 1)?
            } else {
                let end = memchr(self.delimiter, &bytes[at..]).map_or(bytes.len(), |far| at + far);
                let cell = &line[at..end];
                let start = at + (cell.len() - cell.trim_start_matches(' ').len());
                (Span { start, end: start + cell.trim_matches(' ').len(), decoded: false }, end)
            };
            self.cells.push(span);
            if end >= bytes.len() {
                return Ok(());
            }
            at = end + 1;
        }
    }

    /// The cell whose text begins at `at`, behind its quote, and where the delimiter or the end behind it stands.
    fn quoted(&mut self, line: &str, at: usize) -> Result<(Span, usize), Cause> {
        let bytes = line.as_bytes();
        let broken = |what| Cause::Malformed { format: "CSV", what, at };
        let start = self.decoded.len();
        let mut from = at;
        let end = loop {
            let quote = from + memchr(b'"', &bytes[from..]).ok_or_else(|| broken("a quote has no end"))?;
            if bytes.get(quote + 1) != Some(&b'"') {
                break quote;
            }
            self.decoded.push_str(&line[from..=quote]);
            from = quote + 2;
        };
        let span = if from == at {
            Span { start: at, end, decoded: false }
        } else {
            self.decoded.push_str(&line[from..end]);
            Span { start, end: self.decoded.len(), decoded: true }
        };
        let behind = end + 1 + bytes[end + 1..].iter().take_while(|b| **b == b' ').count();
        match bytes.get(behind) {
            Some(byte) if *byte != self.delimiter => Err(broken("there is more behind a quote")),
            _ => Ok((span, behind)),
        }
    }
}

fn cell<'l>(line: &'l str, decoded: &'l str, span: Span) -> &'l str {
    let whole = if span.decoded { decoded } else { line };
    whole.get(span.start..span.end).unwrap_or_default()
}

/// Whether a row goes on in the next line: a quote is open.
pub(crate) fn is_open(text: &str, delimiter: u8) -> bool {
    #[derive(PartialEq)]
    enum Place {
        Start,
        Plain,
        Inside,
        /// Behind a quote that closed, unless another one follows.
        Closed,
    }
    let mut place = Place::Start;
    for byte in text.bytes() {
        place = match (place, byte) {
            (Place::Start | Place::Closed, b'"') => Place::Inside,
            (Place::Inside, b'"') => Place::Closed,
            (Place::Inside, _) => Place::Inside,
            (_, byte) if byte == delimiter => Place::Start,
            (Place::Start, b' ') => Place::Start,
            _ => Place::Plain,
        };
    }
    place == Place::Inside
}
