//! How the output of a program is written: the options of all formats, and which of them go together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use streamer_lines::config::{EpochOptions, Types, Units, Wrong, ready};
use streamer_lines::{AccessField, CsvOptions, Format, InfluxNames, InfluxOptions, Layout, PairOptions, Precision};
use streamer_plugin::Key;
use streamer_plugin::clock::Zone;
use streamer_plugin::options::Faults;

/// How an output is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Written {
    /// One value.
    #[default]
    Value,
    /// Each line is one text.
    Line,
    /// JSON: one document a line, or one over many.
    Json,
    /// Rows under a head that names the keys.
    Csv,
    /// `key=value` and `key: value`.
    KeyValue,
    /// `key=value` between blanks, with quotes about what holds blanks.
    Logfmt,
    /// The line protocol of InfluxDB.
    Influx,
    /// A regular expression whose named groups are the keys.
    Regex,
    /// Performance data of a monitoring plugin; exit codes 1 and 2 are states.
    Nagios,
    /// collectd's PUTVAL.
    Collectd,
    /// The access log of nginx.
    Nginx,
    /// The access log of Apache.
    Apache,
}

impl Written {
    /// As a configuration spells it.
    fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Line => "line",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::KeyValue => "key_value",
            Self::Logfmt => "logfmt",
            Self::Influx => "influx",
            Self::Regex => "regex",
            Self::Nagios => "nagios",
            Self::Collectd => "collectd",
            Self::Nginx => "nginx",
            Self::Apache => "apache",
        }
    }
}

/// The options that say how an output is written, of one input.
#[derive(Debug)]
pub struct Writing<'o> {
    pub format: Written,
    /// Whether one output follows another, each by itself.
    pub once: bool,
    pub document: Option<bool>,
    pub key: Option<&'o str>,
    pub pattern: Option<&'o str>,
    pub separators: Option<&'o [char]>,
    pub delimiter: Option<char>,
    pub columns: Option<&'o [String]>,
    pub comment: Option<char>,
    pub precision: Option<Precision>,
    pub names: Option<InfluxNames>,
    pub fields: Option<&'o [AccessField]>,
    pub types: &'o Types,
    pub strip: &'o Units,
    pub epoch: Option<&'o EpochOptions>,
}

impl Writing<'_> {
    /// The format made ready; in `whole`, JSON is one document over many lines.
    ///
    /// # Errors
    /// The option that is wrong.
    pub fn ready(&self, zone: &Zone, whole: bool) -> Result<Format, Wrong> {
        let key = |usual: &str| Key::new(self.key.unwrap_or(usual)).map_err(|refusal| Wrong::new("key", refusal));
        let layout = match self.format {
            Written::Value => Layout::Value { key: key("value")? },
            Written::Line => Layout::Line { key: key("line")? },
            Written::Json => Layout::Json { whole },
            Written::Csv => Layout::Csv(CsvOptions {
                delimiter: self.delimiter.unwrap_or(','),
                columns: self.columns.map(<[String]>::to_vec),
                comment: self.comment,
            }),
            Written::KeyValue => {
                let usual = PairOptions::default();
                Layout::Pairs(PairOptions {
                    separators: self.separators.map_or(usual.separators, <[char]>::to_vec),
                    delimiter: self.delimiter,
                })
            }
            Written::Logfmt => Layout::Pairs(PairOptions::logfmt()),
            Written::Influx => Layout::Influx(InfluxOptions {
                precision: self.precision.unwrap_or_default(),
                names: self.names.unwrap_or_default(),
            }),
            Written::Regex => {
                let pattern = self.pattern.ok_or_else(|| Wrong::new("format", "`pattern` is missing"))?;
                Layout::Regex { pattern: pattern.to_owned() }
            }
            Written::Nagios => Layout::Nagios,
            Written::Collectd => Layout::Collectd,
            Written::Nginx | Written::Apache => {
                Layout::AccessLog { fields: self.fields.unwrap_or(&AccessField::DEFAULT).to_vec() }
            }
        };
        ready(layout, self.types, self.strip, self.epoch, zone)
    }

    /// Says which options have nothing to do with the format, and what is wrong with the others.
    pub fn check(&self, faults: &mut Faults) {
        use Written::{Apache, Csv, Influx, Json, KeyValue, Line, Nagios, Nginx, Regex, Value};
        let given: [(&str, bool, &[Written]); 9] = [
            ("document", self.document.is_some(), &[Json]),
            ("key", self.key.is_some(), &[Value, Line]),
            ("pattern", self.pattern.is_some(), &[Regex]),
            ("separators", self.separators.is_some(), &[KeyValue]),
            ("delimiter", self.delimiter.is_some(), &[Csv, KeyValue]),
            ("columns", self.columns.is_some(), &[Csv]),
            ("comment", self.comment.is_some(), &[Csv]),
            ("precision", self.precision.is_some(), &[Influx]),
            ("fields", self.fields.is_some(), &[Nginx, Apache]),
        ];
        let mut misplaced = |option: &str, homes: &[Written]| {
            let homes: Vec<_> = homes.iter().map(|home| format!("\"{}\"", home.name())).collect();
            let words = format!("format = \"{}\" has no `{option}`", self.format.name());
            faults.add_with_help(option, words, format!("it belongs to {}", homes.join(" and ")));
        };
        for (option, is_given, homes) in given {
            if is_given && !homes.contains(&self.format) {
                misplaced(option, homes);
            }
        }
        if self.names.is_some() && self.format != Influx {
            misplaced("names", &[Influx]);
        }
        if self.format == Nagios && !self.once {
            faults.add("format", "performance data is the whole output of a command; it needs mode = \"once\"");
        }
        if let Err(wrong) = self.ready(&Zone::utc(), false) {
            faults.add(&wrong.option, wrong.words);
        }
    }
}

/// Whether JSON text is one document over several lines: the first line opens more than it closes.
pub fn is_document(text: &str) -> bool {
    let Some(first) = text.lines().find(|line| !line.trim().is_empty()) else { return false };
    let (mut depth, mut quoted, mut escaped) = (0_i64, false, false);
    for byte in first.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth -= 1,
            _ => {}
        }
    }
    depth > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_over_several_lines_is_known_by_its_first() {
        for text in ["{\n \"a\": 1\n}", "\n[\n1]", "{\"a\": [", "{\"a\": \"}\",\n"] {
            assert!(is_document(text), "{text}");
        }
        for text in ["", "5", "{\"a\": 1}\n{\"cut\": 1", "{\"a\": \"\\\"{\"}", "[1]\n["] {
            assert!(!is_document(text), "{text}");
        }
    }
}
