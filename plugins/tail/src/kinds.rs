//! One options type for each format: its own options, and those that all of them share.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use streamer_lines::config::{EpochOptions, Types, Units, Wrong, ready};
use streamer_lines::{AccessField, CsvOptions, Format, InfluxNames, InfluxOptions, Layout, PairOptions, Precision};
use streamer_plugin::clock::Zone;
use streamer_plugin::options::{Faults, Period, Size};
use streamer_plugin::{Claim, Input, InputError, Key, Kind, Options, Simulated, Site};

use crate::options::{From, Multiline, Shared, keep, longest, poll, silence};
use crate::tail::Tail;

/// Declares the options of one format, with those that all formats share behind them.
macro_rules! kind {
    ($(#[$about:meta])* $name:ident { $($(#[$meta:meta])* $option:ident: $type:ty,)* } $format:expr) => {
        $(#[$about])*
        #[derive(Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// The files to follow: paths and globs. `*`, `?` and `[a-z]` stop at `/`; `**` goes through all folders.
            #[schemars(example = followed())]
            files: Vec<String>,
            /// Where to begin with a file that was never seen before.
            #[serde(default)]
            from: From,
            $($(#[$meta])* $option: $type,)*
            /// How lines that belong together are known: a stack trace behind its message.
            #[schemars(example = dated())]
            multiline: Option<Multiline>,
            /// The longest line, or record of several lines, in bytes. What is longer is cut and counted.
            #[serde(default = "longest")]
            max_line: Size,
            /// How often to look whether something changed. The kernel's hints usually make it much faster.
            #[serde(default = "poll")]
            poll: Period,
            /// How long a file that was renamed or deleted must be silent before it is left.
            #[serde(default = "silence")]
            rotated_wait: Period,
            /// Whether what was rotated and compressed with gzip before all of it was read is unpacked and read on.
            #[serde(default)]
            rotated_gzip: bool,
            /// How long the place in a file that is gone is kept, in case that it comes back.
            #[serde(default = "keep")]
            forget_after: Period,
        }

        impl $name {
            fn shared(&self) -> Shared<'_> {
                Shared {
                    files: &self.files,
                    from: self.from,
                    poll: self.poll,
                    max_line: self.max_line,
                    multiline: self.multiline.as_ref(),
                    rotated_wait: self.rotated_wait,
                    rotated_gzip: self.rotated_gzip,
                    forget_after: self.forget_after,
                }
            }

            fn format(&self, zone: &Zone) -> Result<Format, Wrong> {
                let format: fn(&Self, &Zone) -> Result<Format, Wrong> = $format;
                format(self, zone)
            }
        }

        impl Options for $name {
            fn build(&self, site: &Site) -> Result<Input, InputError> {
                let format = self.format(site.zone()).map_err(|wrong| InputError::misconfigured(wrong.words))?;
                let following = self.shared().ready(&format).map_err(|(_, words)| InputError::misconfigured(words))?;
                Ok(Input::listener(Tail::new(following, format, site)))
            }

            fn simulated(&self, _: &Kind, site: &Site) -> Result<Input, InputError> {
                let format = self.format(site.zone()).map_err(|wrong| InputError::misconfigured(wrong.words))?;
                Ok(Input::sampler(Simulated::new(format.keys())))
            }

            fn check(&self, faults: &mut Faults) {
                let format = self.format(&Zone::utc()).map_err(|wrong| faults.add(&wrong.option, wrong.words)).ok();
                self.shared().check(format.as_ref(), faults);
            }

            fn claims(&self) -> Vec<Claim> {
                self.files.iter().map(|file| Claim::File(PathBuf::from(file))).collect()
            }

            fn natural_key(&self) -> String {
                let first = self.files.first().map(PathBuf::from);
                first.and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned())).unwrap_or_default()
            }

            fn can_wait(&self) -> bool {
                true
            }

            fn listens(&self) -> bool {
                true
            }
        }
    };
}

fn key(name: &str) -> Result<Key, Wrong> {
    Key::new(name).map_err(|refusal| Wrong::new("key", refusal))
}

kind! {
    /// Each line is one text.
    LineOptions {
        /// The key of the lines.
        #[serde(default = "line")]
        key: String,
        /// Where the time stands: at the start of each line. Default: the time of reading.
        #[schemars(example = logged())]
        epoch: Option<EpochOptions>,
    }
    |own, zone| ready(Layout::Line { key: key(&own.key)? }, &Types::new(), &Units::default(), own.epoch.as_ref(), zone)
}

kind! {
    /// Each line is one value.
    ValueOptions {
        /// The key of the values.
        #[serde(default = "value")]
        key: String,
        /// The type that the key is pinned to.
        #[serde(default)]
        types: Types,
        /// A unit to take off before a number is read, or a list of them.
        #[serde(default)]
        strip: Units,
    }
    |own, zone| ready(Layout::Value { key: key(&own.key)? }, &own.types, &own.strip, None, zone)
}

kind! {
    /// A regular expression finds the values; its named groups are the keys. A line that it does not find is counted.
    RegexOptions {
        /// The regular expression, in single quotes so that backslashes stand for themselves.
        #[schemars(example = r"(?P<status>\d{3}) (?P<bytes>\d+)$")]
        pattern: String,
        /// Types that keys are pinned to: "text", "integer", "number" or "boolean".
        #[serde(default)]
        #[schemars(example = pinned())]
        types: Types,
        /// A unit to take off before a number is read, or a list of them.
        #[serde(default)]
        strip: Units,
        /// Which group is the time, and how it is written. Default: the time of reading.
        #[schemars(example = stamped())]
        epoch: Option<EpochOptions>,
    }
    |own, zone| {
        ready(Layout::Regex { pattern: own.pattern.clone() }, &own.types, &own.strip, own.epoch.as_ref(), zone)
    }
}

kind! {
    /// Each line is a JSON document. What lies deeper has the names above it before its own: `outside_temp`.
    JsonOptions {
        /// Types that keys are pinned to: "text", "integer", "number" or "boolean".
        #[serde(default)]
        #[schemars(example = pinned())]
        types: Types,
        /// A unit to take off before a number is read from a text, or a list of them.
        #[serde(default)]
        strip: Units,
        /// Which value is the time, and how it is written. Default: the time of reading.
        #[schemars(example = stamped())]
        epoch: Option<EpochOptions>,
    }
    |own, zone| ready(Layout::Json { whole: false }, &own.types, &own.strip, own.epoch.as_ref(), zone)
}

kind! {
    /// Rows under a head that names the keys. A file without a head behind a rotation goes on under the last one.
    CsvKindOptions {
        /// What stands between two cells.
        #[serde(default = "comma")]
        delimiter: char,
        /// The keys of the columns where the file has no head; an empty one leaves its column out.
        #[schemars(example = head())]
        columns: Option<Vec<String>>,
        /// Rows that begin with this character are passed over.
        #[schemars(example = '#')]
        comment: Option<char>,
        /// Types that keys are pinned to: "text", "integer", "number" or "boolean".
        #[serde(default)]
        #[schemars(example = pinned())]
        types: Types,
        /// A unit to take off before a number is read, or a list of them.
        #[serde(default)]
        strip: Units,
        /// Which column is the time, and how it is written. Default: the time of reading.
        #[schemars(example = stamped())]
        epoch: Option<EpochOptions>,
    }
    |own, zone| {
        let csv = CsvOptions { delimiter: own.delimiter, columns: own.columns.clone(), comment: own.comment };
        ready(Layout::Csv(csv), &own.types, &own.strip, own.epoch.as_ref(), zone)
    }
}

kind! {
    /// `key=value` and `key: value`, as programs print them.
    PairsKindOptions {
        /// What stands between a key and its value; in a line the first of them that makes a pair is the only one.
        #[serde(default = "separators")]
        separators: Vec<char>,
        /// What stands between two pairs. Default: blanks.
        #[schemars(example = '&')]
        delimiter: Option<char>,
        /// Types that keys are pinned to: "text", "integer", "number" or "boolean".
        #[serde(default)]
        #[schemars(example = pinned())]
        types: Types,
        /// A unit to take off before a number is read, or a list of them.
        #[serde(default)]
        strip: Units,
        /// Which value is the time, and how it is written. Default: the time of reading.
        #[schemars(example = stamped())]
        epoch: Option<EpochOptions>,
    }
    |own, zone| {
        let pairs = PairOptions { separators: own.separators.clone(), delimiter: own.delimiter };
        ready(Layout::Pairs(pairs), &own.types, &own.strip, own.epoch.as_ref(), zone)
    }
}

kind! {
    /// logfmt: `key=value` between blanks, with quotes about what holds blanks.
    LogfmtOptions {
        /// Types that keys are pinned to: "text", "integer", "number" or "boolean".
        #[serde(default)]
        #[schemars(example = pinned())]
        types: Types,
        /// A unit to take off before a number is read, or a list of them.
        #[serde(default)]
        strip: Units,
        /// Which value is the time, and how it is written. Default: the time of reading.
        #[schemars(example = stamped())]
        epoch: Option<EpochOptions>,
    }
    |own, zone| ready(Layout::Pairs(PairOptions::logfmt()), &own.types, &own.strip, own.epoch.as_ref(), zone)
}

kind! {
    /// The line protocol of InfluxDB. The time is the point's own.
    InfluxKindOptions {
        /// What the points' time stamps count.
        #[serde(default)]
        precision: Precision,
        /// What a key is made of: measurement, tags and field, or the field alone.
        #[serde(default)]
        names: InfluxNames,
        /// Types that keys are pinned to: "text", "integer", "number" or "boolean".
        #[serde(default)]
        #[schemars(example = pinned())]
        types: Types,
    }
    |own, zone| {
        let influx = InfluxOptions { precision: own.precision, names: own.names };
        ready(Layout::Influx(influx), &own.types, &Units::default(), None, zone)
    }
}

kind! {
    /// The access log of a web server, "common" or "combined". The time is the server's own.
    AccessOptions {
        /// What of it is read. What is about a person is only read when it is asked for.
        #[serde(default = "usual")]
        fields: Vec<AccessField>,
        /// Types that keys are pinned to: "text", "integer", "number" or "boolean".
        #[serde(default)]
        #[schemars(example = pinned())]
        types: Types,
    }
    |own, zone| ready(Layout::AccessLog { fields: own.fields.clone() }, &own.types, &Units::default(), None, zone)
}

fn line() -> String {
    "line".into()
}

fn value() -> String {
    "value".into()
}

fn comma() -> char {
    ','
}

fn separators() -> Vec<char> {
    PairOptions::default().separators
}

fn usual() -> Vec<AccessField> {
    AccessField::DEFAULT.to_vec()
}

fn followed() -> Vec<String> {
    vec!["/var/log/nginx/access.log".into()]
}

fn dated() -> Multiline {
    Multiline { starts: Some(r"^\d{4}-".into()), ..Multiline::default() }
}

fn head() -> Vec<String> {
    vec!["time".into(), "temp".into()]
}

fn pinned() -> Types {
    Types::from([("status".to_owned(), streamer_lines::Kind::Text)])
}

fn stamped() -> EpochOptions {
    EpochOptions {
        key: "time".into(),
        format: "%d/%b/%Y:%H:%M:%S %z".into(),
        zone: Some("local".into()),
        required: false,
    }
}

fn logged() -> EpochOptions {
    EpochOptions { key: String::new(), format: "syslog".into(), zone: None, required: false }
}
