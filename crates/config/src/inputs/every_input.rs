//! The keys that every input has.

use schemars::JsonSchema;
use serde::Deserialize;
use streamer_plugin::options::Period;

/// What every input has beside its own options.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommonOptions {
    /// The name of the input in state, logs and status. Left out: made of the plugin and what the input is about.
    #[schemars(example = &"outside")]
    pub(super) id: Option<String>,
    /// The label of its bucket. May be left out where there is one bucket.
    #[schemars(example = &"home")]
    pub(super) bucket: Option<String>,
    /// How often it is read. Left out: `interval` of [agent].
    #[schemars(example = &"10s")]
    pub(super) interval: Option<Period>,
    /// When it is read, instead of `interval`: five fields, or six with seconds first.
    #[schemars(example = &"0 */5 * * * *")]
    pub(super) cron: Option<String>,
    /// The most that a read comes late, by a lot of its own.
    #[schemars(example = &"500ms")]
    pub(super) jitter: Option<Period>,
    /// Moves every read of an interval by this much.
    #[schemars(example = &"2s")]
    pub(super) offset: Option<Period>,
    /// Reads when the clock shows a multiple of the interval: 10m is :00, :10, :20.
    #[serde(default)]
    pub(super) align: bool,
    /// Reads once at the start too. Left out: with `interval` yes, with `cron` no.
    #[schemars(example = true)]
    pub(super) run_at_start: Option<bool>,
    /// How long one read may take. Left out: the interval, at most 10s.
    #[schemars(example = &"5s")]
    pub(super) timeout: Option<Period>,
    /// Put before every key, after all rules.
    #[serde(default)]
    #[schemars(example = &"outside_")]
    pub(super) prefix: String,
    /// The most readings a second; more are counted and left out. Left out: 1000, and no bound for inputs that can wait.
    #[schemars(example = 1000, range(min = 1))]
    pub(super) max_rate: Option<u32>,
}
