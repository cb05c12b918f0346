//! What a configuration comes to: plain data, checked, with every default filled in. Nothing here starts anything.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use streamer_clock::{Mode, Zone};
use streamer_plugin::{Options, Secret};
use streamer_reading::{BucketKey, BucketName};
use streamer_schedule::Schedule;

use crate::place::{Diagnostic, Place};
use crate::rules::Rule;

/// All that an agent needs to know.
#[derive(Debug, Clone)]
pub struct Plan {
    /// `[agent]`
    pub agent: AgentPlan,
    /// `[spool]`
    pub spool: SpoolPlan,
    /// `[outputs.LABEL]`, in the order of the files.
    pub outputs: Vec<OutputPlan>,
    /// `[taps.*]`
    pub taps: Taps,
    /// `[buckets.LABEL]`, in the order of the files.
    pub buckets: Vec<BucketPlan>,
    /// `[[inputs.PLUGIN]]`, in the order of the files.
    pub inputs: Vec<InputPlan>,
    /// What somebody should look at although it works.
    pub warnings: Vec<Diagnostic>,
    /// No reading is a device's; see [`crate::Surroundings::simulated`].
    pub simulated: bool,
}

/// `[agent]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentPlan {
    /// Where all that outlives the process is kept.
    pub state_dir: PathBuf,
    /// How often inputs are read that do not say it themselves.
    pub interval: Duration,
    /// Whose clock cron expressions and alignment go by.
    pub zone: Zone,
    /// How much is said on stderr.
    pub log: Log,
    /// How long a clean end may deliver.
    pub shutdown_timeout: Duration,
    /// Where /proc, /sys and /dev are looked for.
    pub root: PathBuf,
    /// Whether the clock may be doubted.
    pub clock: Mode,
    /// How often it is said that readings wait for a true clock.
    pub clock_hold: Duration,
}

/// How much is said.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Default,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Log {
    /// What failed.
    Error,
    /// And what somebody should look at.
    Warn,
    /// And what is worth knowing.
    #[default]
    Info,
    /// And what helps to find a fault.
    Debug,
    /// Everything.
    Trace,
}

/// `[spool]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpoolPlan {
    /// The bound for the logs of all buckets together, in bytes.
    pub max_size: u64,
    /// What gives way beyond it.
    pub on_full: OnFull,
    /// When readings reach the disk.
    pub sync: Sync,
    /// How often cursors and positions reach the disk when nothing else does.
    pub checkpoint: Duration,
}

/// What gives way when the logs are over their bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFull {
    /// The oldest readings, counted.
    #[default]
    DropOldest,
    /// The newest readings are refused, counted.
    DropNewest,
}

/// When readings reach the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// This often: the most that a power cut may cost.
    Every(Duration),
    /// Before they are accepted.
    Always,
}

/// `[outputs.LABEL]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputPlan {
    /// The name by which buckets refer to it.
    pub label: String,
    /// What it is.
    pub kind: OutputKind,
    /// Where it is configured.
    pub place: Place,
}

/// Where readings are delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputKind {
    /// The Events API of Initial State, or of a server that speaks it.
    InitialState(InitialState),
    /// The embedded database.
    Local(Local),
    /// A file in the Python client's offline format; the path is as it was written.
    Csv(PathBuf),
}

/// `type = "initial_state"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitialState {
    /// Opens the account. Its Debug is stars.
    pub access_key: Secret,
    /// The file that it was read from, if it has one that a person named.
    pub key_file: Option<PathBuf>,
    /// Where the service is, without a slash at the end.
    pub api_base: String,
    /// The most events in one call.
    pub max_events_per_call: usize,
    /// A file of further trust roots.
    pub ca_file: Option<PathBuf>,
}

/// `type = "local"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// The database file, below the state folder unless it is absolute.
    pub path: PathBuf,
    /// How long readings are kept; for ever if none.
    pub retention: Option<Duration>,
    /// How large the file may become, in bytes.
    pub max_size: Option<u64>,
}

/// `[taps.*]`: views that are never waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Taps {
    /// One reading a line on stdout.
    pub stdout: bool,
}

/// `[buckets.LABEL]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketPlan {
    /// The name by which inputs and commands refer to it.
    pub label: String,
    /// What people see.
    pub name: BucketName,
    /// What identifies it at the service; none: made once and kept by the agent.
    pub key: Option<BucketKey>,
    /// How many readings are gathered before a call.
    pub buffer_size: usize,
    /// The longest that a reading waits for its batch.
    pub flush_interval: Duration,
    /// Labels of its outputs.
    pub outputs: Vec<String>,
    /// Where it is configured.
    pub place: Place,
}

/// `[[inputs.PLUGIN]]`
#[derive(Clone)]
pub struct InputPlan {
    /// The id by which it is known everywhere.
    pub id: String,
    /// The plugin's name.
    pub plugin: &'static str,
    /// The value of the plugin's selector; empty where it has none.
    pub kind: &'static str,
    /// Builds the input.
    pub options: Arc<dyn Options>,
    /// Label of its bucket.
    pub bucket: String,
    /// When it is read, where it is one that is asked.
    pub schedule: Schedule,
    /// It tells by itself; the schedule is not used.
    pub listens: bool,
    /// How long one read may take.
    pub timeout: Duration,
    /// Put before every key, after all rules.
    pub prefix: String,
    /// The most readings a second that it may send; none where it can wait instead.
    pub max_rate: Option<u32>,
    /// What is done to its readings.
    pub rules: Vec<Rule>,
    /// Where it is configured.
    pub place: Place,
    /// The same as long as nothing is changed that this input depends on: not comments, not its place, not the order of
    /// its keys. The same on every machine.
    pub fingerprint: u64,
}

impl fmt::Debug for InputPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InputPlan({} at {}, {} into {}, {})", self.id, self.place, self.plugin, self.bucket, self.schedule)
    }
}
