//! Plugins that only the tests know: with and without a selector, with claims, with an input that can wait.
#![expect(dead_code, reason = "options are read by serde and built by nobody")]

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use streamer_config::{Files, Mistakes, Plan, Surroundings, load};
use streamer_plugin::options::{Address, Faults, Period, Pin};
use streamer_plugin::{Claim, Input, InputError, Kind, Made, Options, Plugin, Site};

pub const PLUGINS: [Plugin; 5] = [SYSTEM, GPIO, I2C, TAIL, EXEC];

const SYSTEM: Plugin = Plugin::new(
    "system",
    "the machine itself",
    &[Kind::of::<System>("").makes(&[
        Made { key: "load_1", unit: "", about: "mean number of waiting tasks over a minute" },
        Made { key: "temp_NAME", unit: "°C", about: "temperature of a zone" },
    ])],
);
const GPIO: Plugin = Plugin::new("gpio", "pins", &[Kind::of::<Level>("level"), Kind::of::<Edge>("edge")])
    .selected_by("mode", Some("level"));
const I2C: Plugin = Plugin::new("i2c", "sensors on a bus", &[Kind::of::<Chip>("bme280"), Kind::of::<Chip>("sht3x")])
    .selected_by("sensor", None);
const TAIL: Plugin = Plugin::new("tail", "files that grow", &[Kind::of::<Lines>("line"), Kind::of::<Regex>("regex")])
    .selected_by("format", Some("line"));
const EXEC: Plugin = Plugin::new("exec", "programs", &[Kind::of::<Exec>("")]);

/// The machine.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct System {
    /// What to collect.
    #[serde(default)]
    collect: Vec<Part>,
    /// How many processes.
    #[serde(default)]
    top: u8,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Part {
    Cpu,
    Memory,
    Swap,
    Disk,
    Network,
    Load,
    Temperature,
    Throttle,
    Pressure,
    Wifi,
    Uptime,
}

/// A level.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Level {
    /// Which pin.
    pin: Pin,
    /// The key.
    #[schemars(example = &"door")]
    key: String,
}

/// An edge.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Edge {
    /// Which pin.
    pin: Pin,
    /// The key.
    #[schemars(example = &"door")]
    key: String,
    /// How long a level must hold.
    debounce: Option<Period>,
}

/// A chip.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Chip {
    /// Number of the bus.
    #[serde(default = "one")]
    bus: u8,
    /// Where it answers.
    address: Address,
}

/// Whole lines.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Lines {
    /// Which files.
    #[schemars(example = vec!["/var/log/syslog"])]
    files: Vec<PathBuf>,
}

/// Lines with a pattern.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Regex {
    /// Which files.
    #[schemars(example = vec!["/var/log/syslog"])]
    files: Vec<PathBuf>,
    /// What to find.
    #[schemars(example = &r"(?P<n>\d+)")]
    pattern: String,
}

/// A program.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Exec {
    /// The program and its arguments.
    #[serde(default)]
    command: Vec<String>,
    /// A line for the shell instead.
    shell: Option<String>,
}

fn one() -> u8 {
    1
}

fn none() -> Result<Input, InputError> {
    Err(InputError::misconfigured("made for tests"))
}

fn line(pin: &Pin) -> Vec<Claim> {
    pin.number().map(|line| Claim::Line { chip: "header".into(), line }).into_iter().collect()
}

impl Options for System {
    fn build(&self, _: &Site) -> Result<Input, InputError> {
        none()
    }
}

impl Options for Level {
    fn build(&self, _: &Site) -> Result<Input, InputError> {
        none()
    }
    fn claims(&self) -> Vec<Claim> {
        line(&self.pin)
    }
    fn natural_key(&self) -> String {
        self.pin.to_string()
    }
}

impl Options for Edge {
    fn build(&self, _: &Site) -> Result<Input, InputError> {
        none()
    }
    fn claims(&self) -> Vec<Claim> {
        line(&self.pin)
    }
    fn natural_key(&self) -> String {
        self.pin.to_string()
    }
}

impl Options for Chip {
    fn build(&self, _: &Site) -> Result<Input, InputError> {
        none()
    }
    fn claims(&self) -> Vec<Claim> {
        vec![Claim::I2c { bus: self.bus, address: self.address.get() }]
    }
    fn natural_key(&self) -> String {
        format!("{}-{:02x}", self.bus, self.address.get())
    }
}

impl Options for Lines {
    fn build(&self, _: &Site) -> Result<Input, InputError> {
        none()
    }
    fn claims(&self) -> Vec<Claim> {
        self.files.iter().cloned().map(Claim::File).collect()
    }
    fn natural_key(&self) -> String {
        self.files.first().map(|file| file.display().to_string()).unwrap_or_default()
    }
    fn can_wait(&self) -> bool {
        true
    }
}

impl Options for Regex {
    fn build(&self, _: &Site) -> Result<Input, InputError> {
        none()
    }
    fn check(&self, faults: &mut Faults) {
        if !self.pattern.contains("(?P<") {
            faults.add_with_help("pattern", "the pattern names nothing", "write (?P<name>...)");
        }
    }
    fn claims(&self) -> Vec<Claim> {
        self.files.iter().cloned().map(Claim::File).collect()
    }
    fn can_wait(&self) -> bool {
        true
    }
}

impl Options for Exec {
    fn build(&self, _: &Site) -> Result<Input, InputError> {
        none()
    }
    fn natural_key(&self) -> String {
        self.command.join(" ")
    }
}

/// The environment of every test.
pub fn variable(name: &str) -> Option<std::ffi::OsString> {
    match name {
        "HOME" => Some("/home/pi".into()),
        "IS_ACCESS_KEY" => Some("ist_fromTheEnvironment".into()),
        "EVERY" => Some("5s".into()),
        "WORD" => Some("soon".into()),
        "EMPTY" => Some("".into()),
        "TZ" => Some("UTC".into()),
        _ => None,
    }
}

pub fn around() -> Surroundings<'static> {
    Surroundings { variable: &variable, ..Surroundings::bare(&PLUGINS) }
}

pub fn load_text(text: &str) -> Result<Plan, Mistakes> {
    load(&Files::text("streamer.toml", text), &around())
}

/// The plan of a configuration that must be right.
pub fn plan(text: &str) -> Plan {
    load_text(text).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}
