//! How text is to be read, in plain Rust. What these are called in a configuration is the affair of the inputs.

use std::collections::BTreeMap;

use streamer_reading::Key;

use crate::{AccessField, CsvOptions, EpochRule, InfluxOptions, Kind, PairOptions, PatternError};

/// What the text looks like.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Layout {
    /// The whole line is one text.
    Line {
        /// Its key.
        key: Key,
    },
    /// The whole line, or the whole output, is one value: `21.5`.
    Value {
        /// Its key.
        key: Key,
    },
    /// A regular expression whose named groups are the keys.
    Regex {
        /// In the syntax of the `regex` crate.
        pattern: String,
    },
    /// JSON documents.
    Json {
        /// The whole output is one document; else each line is one.
        whole: bool,
    },
    /// Rows under a head.
    Csv(CsvOptions),
    /// `key=value`, `key: value`, logfmt.
    Pairs(PairOptions),
    /// InfluxDB's line protocol.
    Influx(InfluxOptions),
    /// nginx's or Apache's access log.
    AccessLog {
        /// What of it is read, usually [`AccessField::DEFAULT`].
        fields: Vec<AccessField>,
    },
    /// Performance data of a monitoring plugin.
    Nagios,
    /// collectd's PUTVAL.
    Collectd,
}

/// A layout, and what is said of its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// What the text looks like.
    pub layout: Layout,
    /// Types that keys are pinned to.
    pub types: BTreeMap<String, Kind>,
    /// Units to take off before a number is read: `V`, `'C`.
    pub strip: Vec<String>,
    /// Where the time stands, unless the layout itself says so.
    pub epoch: Option<EpochRule>,
}

impl Options {
    /// A layout with nothing pinned, no units, and the time of reading.
    pub fn new(layout: Layout) -> Self {
        Self { layout, types: BTreeMap::new(), strip: Vec::new(), epoch: None }
    }
}

/// Why options cannot be a format.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The regular expression is none; the text shows where.
    #[error("the pattern is no regular expression: {0}")]
    Pattern(String),
    /// Nothing in the regular expression has a name.
    #[error("the pattern has no named group; write one for each key, like (?P<status>\\d+)")]
    NoGroups,
    /// An option speaks of a key that the format cannot have.
    #[error("{what} names {name:?}, which is neither a group of the pattern nor a column")]
    NoSuchGroup {
        /// Which option.
        what: &'static str,
        /// What it names.
        name: String,
    },
    /// A delimiter that cannot be one.
    #[error("{0:?} cannot stand between cells; use an ASCII character other than the quote")]
    Delimiter(char),
    /// A pattern that cannot be a time.
    #[error(transparent)]
    Epoch(#[from] PatternError),
    /// The layout gives its values no place for a time.
    #[error("{0} has no place for a time of its own; leave `epoch` out")]
    NoPlaceForEpoch(&'static str),
    /// A key that cannot be one.
    #[error(transparent)]
    Key(#[from] streamer_reading::Refusal),
}
