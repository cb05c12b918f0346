//! What a person can say about this input: a command on the schedule, or a program that keeps running.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use streamer_lines::config::{EpochOptions, Types, Units, Wrong};
use streamer_lines::{AccessField, InfluxNames, Precision};
use streamer_plugin::options::{Faults, Period, Size};
use streamer_plugin::{Input, InputError, Key, Kind, Lane, Options, Simulated, Site};

use crate::command::Wish;
use crate::format::{Writing, Written};
use crate::gather::Printed;
use crate::guess::Guess;
use crate::once::{Exits, Once, Readers};
use crate::stream::Stream;
use crate::voice::Voice;

/// Declares the options of one mode, with those that both share around them.
macro_rules! kind {
    ($(#[$about:meta])* $name:ident { $($(#[$meta:meta])* $option:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// The program and its arguments, each a text of its own. No shell reads them.
            #[schemars(example = measured())]
            command: Option<Vec<String>>,
            /// In place of `command`: a line for /bin/sh, with pipes and all. `${...}` in it is the shell's own.
            #[schemars(example = &"df / | tail -1")]
            shell: Option<String>,
            $($(#[$meta])* $option: $type,)*
            /// The key of the value, or of the lines, where the format is "value" or "line". Default: that word.
            #[schemars(example = &"temperature")]
            key: Option<String>,
            /// For "regex": the regular expression, in single quotes so that backslashes stand for themselves.
            #[schemars(example = r"up (?P<days>\d+) days")]
            pattern: Option<String>,
            /// For "key_value": what stands between a key and its value. Default: "=" and ":".
            #[schemars(example = separators())]
            separators: Option<Vec<char>>,
            /// For "csv": what stands between cells, usually a comma. For "key_value": between pairs, usually blanks.
            #[schemars(example = ';')]
            delimiter: Option<char>,
            /// For "csv": the keys of the columns where there is no head; an empty one leaves its column out.
            #[schemars(example = head())]
            columns: Option<Vec<String>>,
            /// For "csv": rows that begin with this character are passed over.
            #[schemars(example = '#')]
            comment: Option<char>,
            /// For "influx": what the points' time stamps count.
            #[schemars(example = Precision::Ns)]
            precision: Option<Precision>,
            /// For "influx": what a key is made of: measurement, tags and field, or the field alone.
            #[schemars(example = InfluxNames::Series)]
            names: Option<InfluxNames>,
            /// For "nginx" and "apache": what of a line is read.
            #[schemars(example = AccessField::DEFAULT)]
            fields: Option<Vec<AccessField>>,
            /// Types that keys are pinned to: "text", "integer", "number" or "boolean".
            #[serde(default)]
            #[schemars(example = pinned())]
            types: Types,
            /// A unit to take off before a number is read, or a list of them.
            #[serde(default)]
            strip: Units,
            /// Which value is the time, and how it is written. Default: the time at which the command was started, or
            /// at which its line came.
            #[schemars(example = stamped())]
            epoch: Option<EpochOptions>,
            /// Environment variables for the command, beside the agent's own. LC_ALL is "C" unless it stands here.
            #[serde(default)]
            #[schemars(example = variables())]
            env: BTreeMap<String, String>,
            /// The folder in which the command works. Default: the agent's.
            cwd: Option<PathBuf>,
            /// The user as whom the command runs, by name or number. Only an agent of root can give one.
            #[schemars(example = &"nobody")]
            user: Option<String>,
            /// The most memory that each process of the command may have, as address space.
            #[schemars(example = Size(256 << 20))]
            memory: Option<Size>,
            /// How long the command may take to end after it was told to (TERM) before it is ended (KILL).
            #[serde(default = "grace")]
            grace: Period,
            /// The key under which the command's exit code is told; 128 and the signal's number where one ended it.
            #[schemars(example = &"exit_code")]
            exit_code: Option<String>,
        }

        impl $name {
            fn wish(&self) -> Wish<'_> {
                Wish {
                    command: self.command.as_deref().unwrap_or_default(),
                    shell: self.shell.as_deref(),
                    environment: &self.env,
                    folder: self.cwd.as_deref(),
                    user: self.user.as_deref(),
                    memory: self.memory.map(|size| size.0),
                }
            }

            fn writing(&self, format: Written, once: bool, document: Option<bool>) -> Writing<'_> {
                Writing {
                    format,
                    once,
                    document,
                    key: self.key.as_deref(),
                    pattern: self.pattern.as_deref(),
                    separators: self.separators.as_deref(),
                    delimiter: self.delimiter,
                    columns: self.columns.as_deref(),
                    comment: self.comment,
                    precision: self.precision,
                    names: self.names,
                    fields: self.fields.as_deref(),
                    types: &self.types,
                    strip: &self.strip,
                    epoch: self.epoch.as_ref(),
                }
            }

            fn check_command(&self, faults: &mut Faults) {
                match (&self.command, &self.shell) {
                    (Some(_), Some(_)) => faults.add("shell", "either `command` or `shell` is given, not both"),
                    (None, None) => faults.add_with_help(
                        "command",
                        "neither `command` nor `shell` says what to run",
                        "for example command = [\"vcgencmd\", \"measure_temp\"]",
                    ),
                    (Some(command), None) if command.first().is_none_or(|program| program.trim().is_empty()) => {
                        faults.add("command", "its first text is the program, and that is empty");
                    }
                    (Some(command), None) if command.len() == 1 && is_line(&command[0]) => faults.add_with_help(
                        "command",
                        "it is one text with blanks, so it would be the name of a program",
                        "give each word as a text of its own, or use `shell`",
                    ),
                    (None, Some(line)) if line.trim().is_empty() => faults.add("shell", "it is empty"),
                    _ => {}
                }
                if let Some(name) = self.env.keys().find(|name| name.is_empty() || name.contains(['=', '\0'])) {
                    faults.add("env", format!("{name:?} cannot be the name of a variable"));
                }
                if self.memory.is_some_and(|size| size.0 < 1 << 20) {
                    faults.add("memory", "no program runs in less than 1MB");
                }
                if let Some(Err(refusal)) = self.exit_code.as_deref().map(Key::new) {
                    faults.add("exit_code", refusal.to_string());
                }
            }
        }
    };
}

kind! {
    /// A command that is run at every tick, and whose output is read.
    OnceOptions {
        /// How its output is written.
        #[serde(default)]
        format: Written,
        /// For "json": whether the output is one document, or one document a line. Default: as its first line shows.
        document: Option<bool>,
        /// Exit codes that are no failure. Default: 0; with "nagios" 0, 1 and 2; with `exit_code` all.
        #[schemars(example = exits())]
        good_exits: Option<Vec<u8>>,
        /// The most that the command may print. It is ended when it prints more, and nothing of that run is read.
        #[serde(default = "most")]
        max_output: Size,
    }
}

kind! {
    /// A program that is kept running, and whose every line is read as it comes.
    StreamOptions {
        /// How its lines are written. Default: each as it looks, of JSON, `key,value[,epoch]`, "influx" and "collectd".
        #[schemars(example = Written::Json)]
        format: Option<Written>,
        /// The longest line, in bytes. What is longer is cut and counted.
        #[serde(default = "longest")]
        max_line: Size,
        /// Whether the program waits in its own writing while the spool has no room. If not, what finds no room is
        /// dropped as `on_full` says, and counted.
        #[serde(default = "yes")]
        can_wait: bool,
        /// After how long without a line the program is taken for hung, and started anew. Default: never.
        #[schemars(example = Period::secs(600))]
        silence: Option<Period>,
        /// What the program is told when it greets, as PROTOCOL.md says; it is held against the schema that it brings.
        #[serde(default)]
        options: Map<String, Value>,
        /// How often a program is asked that wants to be asked.
        #[serde(default = "ask")]
        ask: Period,
        /// The pause before the program is started again after it ended. It doubles, up to five minutes, until the
        /// program lived for a minute.
        #[serde(default = "pause")]
        restart: Period,
    }
}

impl Options for OnceOptions {
    fn build(&self, site: &Site) -> Result<Input, InputError> {
        let writing = self.writing(self.format, true, self.document);
        let reader = |whole| match writing.ready(site.zone(), whole) {
            Ok(format) => Ok(format.reader()),
            Err(wrong) => Err(InputError::misconfigured(wrong.words)),
        };
        let readers = Readers {
            lines: reader(false)?,
            whole: reader(true)?,
            document: self.document,
            is_json: self.format == Written::Json,
        };
        let usual = match self.format {
            _ if self.exit_code.is_some() => None,
            Written::Nagios => Some(vec![0, 1, 2]),
            _ => Some(vec![0]),
        };
        let input = Once {
            command: self.wish().ready()?,
            readers,
            exits: Exits { good: self.good_exits.clone().or(usual), key: self.exit_code.clone() },
            grace: self.grace.0,
            most: usize::try_from(self.max_output.0).unwrap_or(usize::MAX),
            memory: self.memory.map(|size| size.0),
            printed: Printed::default(),
        };
        Ok(Input::sampler(input).in_lane(Lane::Own))
    }

    fn probe(&self, site: &Site) -> Result<(), InputError> {
        self.build(site)?;
        self.wish().ready()?.is_there()
    }

    fn simulated(&self, _: &Kind, site: &Site) -> Result<Input, InputError> {
        simulated(&self.writing(self.format, true, self.document), self.exit_code.as_deref(), site)
    }

    fn check(&self, faults: &mut Faults) {
        self.check_command(faults);
        self.writing(self.format, true, self.document).check(faults);
        if !(1..=64 << 20).contains(&self.max_output.0) {
            faults.add("max_output", "an output has at most 64MB, for it is held in memory");
        }
    }

    fn natural_key(&self) -> String {
        self.wish().natural_key()
    }
}

impl Options for StreamOptions {
    fn build(&self, site: &Site) -> Result<Input, InputError> {
        let wrong = |wrong: Wrong| InputError::misconfigured(wrong.words);
        let writing = self.writing(self.format.unwrap_or_default(), false, None);
        let voice = match self.format {
            None => Voice::Guessed(Box::new(Guess::new(&writing, site.zone()).map_err(wrong)?)),
            Some(_) => {
                let format = writing.ready(site.zone(), false).map_err(wrong)?;
                Voice::Written(Box::new(format.reader()), format.joiner())
            }
        };
        Ok(Input::listener(Stream {
            command: self.wish().ready()?,
            voice,
            longest: usize::try_from(self.max_line.0).unwrap_or(usize::MAX),
            can_wait: self.can_wait,
            silence: self.silence.map(|period| period.0),
            exit_key: self.exit_code.clone(),
            grace: self.grace.0,
            first_pause: self.restart.0,
            memory: self.memory.map(|size| size.0),
            options: self.options.clone(),
            ask: self.ask.0,
            id: site.id().to_owned(),
        }))
    }

    fn probe(&self, site: &Site) -> Result<(), InputError> {
        self.build(site)?;
        self.wish().ready()?.is_there()
    }

    fn simulated(&self, _: &Kind, site: &Site) -> Result<Input, InputError> {
        // A program without a format names its keys itself, as JSON does.
        simulated(&self.writing(self.format.unwrap_or(Written::Json), false, None), self.exit_code.as_deref(), site)
    }

    fn check(&self, faults: &mut Faults) {
        self.check_command(faults);
        // Lines that are guessed have the options of JSON.
        self.writing(self.format.unwrap_or(Written::Json), false, None).check(faults);
        if !(1024..=1 << 20).contains(&self.max_line.0) {
            faults.add("max_line", "a longest line has between 1KB and 1MB");
        }
        if self.restart.0 < Duration::from_millis(1) {
            faults.add("restart", "starting again without a pause would keep a processor busy");
        }
        if self.ask.0 < Duration::from_millis(10) {
            faults.add("ask", "no program answers that often");
        }
        if self.silence.is_some_and(|silence| silence.0 < Duration::from_millis(10)) {
            faults.add("silence", "no program says something that often");
        }
    }

    fn natural_key(&self) -> String {
        self.wish().natural_key()
    }

    fn can_wait(&self) -> bool {
        self.can_wait
    }

    fn listens(&self) -> bool {
        true
    }
}

/// What a program would tell, without running it.
fn simulated(writing: &Writing<'_>, exit_code: Option<&str>, site: &Site) -> Result<Input, InputError> {
    let format = writing.ready(site.zone(), false).map_err(|wrong| InputError::misconfigured(wrong.words))?;
    let mut keys = format.keys();
    keys.extend(exit_code.map(|key| (key.to_owned(), "")));
    Ok(Input::sampler(Simulated::new(keys)))
}

/// Whether a text is a command line rather than the path of a program.
fn is_line(text: &str) -> bool {
    text.trim().contains(' ') && !std::path::Path::new(text).exists()
}

fn most() -> Size {
    Size(1 << 20)
}

fn longest() -> Size {
    Size(64 * 1024)
}

fn grace() -> Period {
    Period::secs(1)
}

fn pause() -> Period {
    Period::secs(1)
}

fn ask() -> Period {
    Period::secs(10)
}

fn yes() -> bool {
    true
}

fn measured() -> Vec<String> {
    vec!["vcgencmd".into(), "measure_temp".into()]
}

fn head() -> Vec<String> {
    vec!["time".into(), "temp".into()]
}

fn variables() -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    variables.insert("TZ".into(), "UTC".into());
    variables
}

fn separators() -> Vec<char> {
    vec!['=']
}

fn exits() -> Vec<u8> {
    vec![0, 1]
}

fn pinned() -> Types {
    Types::from([("throttled".to_owned(), streamer_lines::Kind::Integer)])
}

fn stamped() -> EpochOptions {
    EpochOptions { key: "time".into(), format: "rfc3339".into(), zone: None, required: false }
}
