//! A format made ready, and the readers it makes: one for each file or program, for each has a state of its own.

use streamer_reading::{Epoch, Key, limits};

use crate::access::AccessLog;
use crate::csv::Table;
use crate::influx::Room;
use crate::item::{Found, Item, Refused, Remark, Scalar, Sink};
use crate::joiner::{Joiner, Quotes};
use crate::pattern::Pattern;
use crate::row::Row;
use crate::series::{Pins, Series, Units};
use crate::stamp::Stamper;
use crate::{Cause, FormatError, InfluxOptions, Kind, Layout, Options, PairOptions};
use crate::{collectd, influx, json, nagios, pairs};

/// The longest record that open quotes join to one: several texts of the length that a value may have.
const JOIN_LIMIT: usize = 16 * 1024;

/// Options made ready. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Format {
    /// A reader that has read nothing.
    fresh: Box<Reader>,
}

/// Reads one file, or the outputs of one program, line by line.
#[derive(Debug, Clone)]
pub struct Reader {
    engine: Engine,
}

#[derive(Debug, Clone)]
enum Engine {
    Line { key: Key, stamper: Option<Stamper>, told: bool },
    Value { series: Series, units: Units },
    Pattern(Pattern),
    Json { row: Row, path: String, whole: bool },
    Csv { table: Table, delimiter: u8 },
    Pairs { row: Row, options: PairOptions },
    Influx { row: Row, options: InfluxOptions, room: Room },
    AccessLog(AccessLog),
    Nagios { row: Row },
    Collectd { row: Row, name: String },
}

impl Format {
    /// Makes the options ready.
    ///
    /// # Errors
    /// [`FormatError`] for a pattern, a time or a key that cannot be one, and for an option that speaks of nothing.
    pub fn new(options: &Options) -> Result<Self, FormatError> {
        let pins = Pins::new(options.types.clone());
        let units: Units =
            options.strip.iter().filter(|unit| !unit.is_empty()).map(|unit| unit.as_str().into()).collect();
        let stamper = options.epoch.as_ref().map(Stamper::new).transpose()?;
        let no_place = |what: &'static str| match &stamper {
            Some(_) => Err(FormatError::NoPlaceForEpoch(what)),
            None => Ok(()),
        };
        let row = || Row::new(pins.clone(), units.clone(), stamper.clone());
        let engine = match &options.layout {
            Layout::Line { key } => Engine::Line { key: key.clone(), stamper, told: false },
            Layout::Value { key } => {
                no_place("a single value")?;
                Engine::Value { series: Series::new(key.clone(), &pins), units }
            }
            Layout::Regex { pattern } => Engine::Pattern(Pattern::new(pattern, &pins, units, stamper)?),
            Layout::Json { whole } => Engine::Json { row: row(), path: String::new(), whole: *whole },
            Layout::Csv(csv) => Engine::Csv {
                table: Table::new(csv, pins, units, stamper)?,
                delimiter: u8::try_from(csv.delimiter).unwrap_or(b','),
            },
            Layout::Pairs(pairs) => Engine::Pairs { row: row(), options: pairs.clone() },
            Layout::Influx(influx) => Engine::Influx { row: row(), options: *influx, room: Room::default() },
            Layout::AccessLog { fields } => {
                let stamper = stamper.unwrap_or_else(Stamper::of_web_servers);
                Engine::AccessLog(AccessLog::new(fields, &pins, units, stamper)?)
            }
            Layout::Nagios => {
                no_place("performance data")?;
                Engine::Nagios { row: row() }
            }
            Layout::Collectd => Engine::Collectd { row: row(), name: String::new() },
        };
        Ok(Self { fresh: Box::new(Reader { engine }) })
    }

    /// A reader for one more file.
    pub fn reader(&self) -> Reader {
        (*self.fresh).clone()
    }

    /// Joins lines where this format has records of several: a quote is open. None where a line is a record.
    pub fn joiner(&self) -> Option<Joiner> {
        self.fresh.joiner()
    }

    /// The keys that are known before any line is read, each with the type that its values will have. Where the text
    /// itself names its keys, those that are pinned; where none is, one number called `value`.
    pub fn keys(&self) -> Vec<(String, &'static str)> {
        let typed = |series: &Series| (series.key().to_string(), series.pin().unwrap_or(Kind::Number).name());
        let pinned = |pins: &Pins| pins.iter().map(|(key, kind)| (key.clone(), kind.name())).collect();
        let keys: Vec<_> = match &self.fresh.engine {
            Engine::Line { key, .. } => vec![(key.to_string(), Kind::Text.name())],
            Engine::Value { series, .. } => vec![typed(series)],
            Engine::Pattern(pattern) => pattern.series().map(typed).collect(),
            Engine::AccessLog(log) => log.series().map(typed).collect(),
            Engine::Csv { table, .. } => match table.series() {
                Some(columns) => columns.map(typed).collect(),
                None => pinned(table.pins()),
            },
            Engine::Json { row, .. }
            | Engine::Pairs { row, .. }
            | Engine::Influx { row, .. }
            | Engine::Nagios { row }
            | Engine::Collectd { row, .. } => pinned(row.pins()),
        };
        if keys.is_empty() { vec![("value".into(), Kind::Number.name())] } else { keys }
    }

    /// Whether only the whole output has a meaning, so that it must be gathered before it is read.
    pub fn is_document(&self) -> bool {
        self.fresh.is_document()
    }
}

impl Reader {
    /// The file begins anew, or another one takes its place: a head may come, and the times have an order of their own.
    pub fn restart(&mut self) {
        match &mut self.engine {
            Engine::Line { stamper: Some(stamper), .. } => stamper.restart(),
            Engine::Pattern(pattern) => pattern.restart(),
            Engine::Csv { table, .. } => table.restart(),
            Engine::AccessLog(log) => log.restart(),
            Engine::Json { row, .. }
            | Engine::Pairs { row, .. }
            | Engine::Influx { row, .. }
            | Engine::Collectd { row, .. } => row.restart(),
            Engine::Line { .. } | Engine::Value { .. } | Engine::Nagios { .. } => {}
        }
    }

    /// Whether lines from the middle of a file mean nothing before its first line was read.
    pub fn wants_head(&self) -> bool {
        matches!(&self.engine, Engine::Csv { table, .. } if table.wants_head())
    }

    /// Reads one line, with or without its end, taken at `now`.
    pub fn read_line(&mut self, line: &str, now: Epoch, sink: &mut Sink<'_>) {
        let line = without_last(without_last(line, b'\n'), b'\r');
        let line = if line.as_bytes().starts_with(b"\xef\xbb\xbf") { &line[3..] } else { line };
        if line.is_empty() && !matches!(self.engine, Engine::Value { .. }) {
            return;
        }
        match &mut self.engine {
            Engine::Line { key, stamper, told } => whole_line(line, key, stamper.as_mut(), told, now, sink),
            Engine::Value { series, units } => one_value(line, series, units, sink),
            Engine::Pattern(pattern) => pattern.read(line, now, sink),
            Engine::Json { row, path, .. } => gathered(line, now, row, sink, |row| {
                let blank = line.trim().is_empty();
                if blank { Ok(None) } else { json::read(line, path, row).map(|()| None) }
            }),
            Engine::Csv { table, .. } => table.read(line, now, sink),
            Engine::Pairs { row, options } => {
                gathered(line, now, row, sink, |row| pairs::read(line, options, row).map(|()| None));
            }
            Engine::Influx { row, options, room } => {
                gathered(line, now, row, sink, |row| influx::read(line, *options, room, row));
            }
            Engine::AccessLog(log) => log.read(line, now, sink),
            Engine::Nagios { row } => gathered(line, now, row, sink, |row| nagios::read(line, row).map(|()| None)),
            Engine::Collectd { row, name } => {
                gathered(line, now, row, sink, |row| collectd::read(line, name, row));
            }
        }
    }

    /// Reads a whole output, taken at `now`: as one document where the format is one, else line by line.
    ///
    /// Each output begins anew, as after [`Self::restart`].
    pub fn read_document(&mut self, text: &str, now: Epoch, sink: &mut Sink<'_>) {
        self.restart();
        if self.is_document() {
            return self.read_line(text, now, sink);
        }
        let lines = text.lines();
        let Some(mut joiner) = self.joiner() else {
            return lines.for_each(|line| self.read_line(line, now, sink));
        };
        for line in lines {
            joiner.push(line, 0, &mut |record| self.read_line(record.text, now, sink));
        }
        joiner.flush(&mut |record| self.read_line(record.text, now, sink));
    }

    fn joiner(&self) -> Option<Joiner> {
        let quotes = match self.engine {
            Engine::Csv { delimiter, .. } => Quotes::Csv(delimiter),
            Engine::Influx { .. } => Quotes::Influx,
            _ => return None,
        };
        Some(Joiner::of_quotes(quotes, JOIN_LIMIT))
    }

    fn is_document(&self) -> bool {
        matches!(self.engine, Engine::Json { whole: true, .. } | Engine::Nagios { .. } | Engine::Value { .. })
    }
}

/// What stands before the last byte where it is this one. By the byte: a search for a character takes longer than all
/// else that is done to a short line.
fn without_last(line: &str, last: u8) -> &str {
    if line.as_bytes().last() == Some(&last) { &line[..line.len() - 1] } else { line }
}

/// One line as one text, cut where a text value ends.
fn whole_line(line: &str, key: &Key, stamper: Option<&mut Stamper>, told: &mut bool, now: Epoch, sink: &mut Sink<'_>) {
    let mut epoch = None;
    if let Some(stamper) = stamper {
        let Ok(read) = stamper.stamp_first(line, now, sink) else { return };
        epoch = read;
    }
    let mut text = line;
    if line.len() > limits::TEXT_CHARS
        && let Some((end, _)) = line.char_indices().nth(limits::TEXT_CHARS)
    {
        text = &line[..end];
        if !std::mem::replace(told, true) {
            sink(Item::Remark(Remark::LineCut(key)));
        }
    }
    sink(Item::Reading(Found { key, value: Scalar::Text(text), epoch }));
}

fn one_value(text: &str, series: &mut Series, units: &Units, sink: &mut Sink<'_>) {
    let value = text.trim();
    if value.is_empty() {
        series.give(Err(Cause::NoValue("an empty output")), text, None, sink);
    } else {
        series.read(value, units, None, sink);
    }
}

/// Gathers the values of a line and hands them over, or says why the line has none.
fn gathered(
    line: &str,
    now: Epoch,
    row: &mut Row,
    sink: &mut Sink<'_>,
    gather: impl FnOnce(&mut Row) -> Result<Option<Epoch>, Cause>,
) {
    row.begin();
    match gather(row) {
        Ok(_) if row.is_empty() => {}
        Ok(epoch) => row.deliver(line, epoch, now, sink),
        Err(cause) => sink(Item::Refused(Refused { key: None, cause, text: line })),
    }
}
