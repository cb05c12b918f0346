//! Text to readings: whole lines, single values, regular expressions, JSON, CSV, `key=value`, the line protocol of InfluxDB,
//! access logs, performance data of monitoring plugins, and PUTVAL.
//!
//! [`Options`] say how a text is written, [`Format::new`] makes them ready, and a [`Reader`] for each file or program turns
//! lines into [`Item`]s: readings, refusals to be counted, and remarks. One bad value costs that value and not its line,
//! one bad line not its file. Nothing here opens a file or asks a clock: the time of reading is handed in.
//!
//! ```
//! use streamer_lines::{Format, Item, Layout, Options};
//! use streamer_reading::Epoch;
//!
//! let pattern = r"(?P<status>\d{3}) (?P<bytes>\S+)$".to_owned();
//! let mut reader = Format::new(&Options::new(Layout::Regex { pattern }))?.reader();
//! let mut found = Vec::new();
//! reader.read_line("GET / 200 612\n", Epoch::ZERO, &mut |item| {
//!     if let Item::Reading(reading) = item {
//!         found.push(format!("{} {}", reading.key, reading.value.to_value().unwrap()));
//!     }
//! });
//! assert_eq!(found, ["status 200", "bytes 612"]);
//! # Ok::<(), streamer_lines::FormatError>(())
//! ```

mod access;
mod cause;
mod collectd;
#[cfg(feature = "config")]
pub mod config;
mod csv;
mod format;
mod influx;
mod item;
mod joiner;
mod json;
mod kind;
mod nagios;
mod number;
mod options;
mod pairs;
mod pattern;
mod quote;
mod row;
mod series;
mod stamp;
mod triple;

pub use access::AccessField;
pub use cause::{Cause, EpochCause};
pub use csv::CsvOptions;
pub use format::{Format, Reader};
pub use influx::{InfluxNames, InfluxOptions, Precision};
pub use item::{Class, Found, Item, Refused, Remark, Scalar, Sink};
pub use joiner::{JoinRule, Joiner, Record};
pub use kind::Kind;
pub use options::{FormatError, Layout, Options};
pub use pairs::PairOptions;
pub use stamp::{EpochRule, PatternError};
pub use triple::{TripleError, infer, seconds, triple};
