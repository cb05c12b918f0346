//! `[[inputs.PLUGIN.readings]]`: one rule as it is written, and as it is used.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use streamer_plugin::options::{Glob, Period};
use streamer_reading::Key;
use toml::de::{DeTable, DeValue};

use crate::place::Findings;
use crate::tree::Value;

/// What to do with the readings of some keys. The first table that matches a key applies, once, in the order of these
/// options.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleOptions {
    /// Which keys, without the prefix: `*` is any run of characters, `?` any one.
    #[schemars(example = &"temperature")]
    r#match: Glob,
    /// Leaves the readings out.
    #[serde(default)]
    drop: bool,
    /// Another key in its place.
    #[schemars(example = &"air")]
    rename: Option<String>,
    /// Numbers are multiplied by this.
    #[schemars(example = 1.8)]
    scale: Option<f64>,
    /// And this is added.
    #[schemars(example = 32.0)]
    offset: Option<f64>,
    /// And they are rounded to so many decimals.
    #[schemars(example = 1, range(max = 15))]
    round: Option<u8>,
    /// Sends a value only if it is another than the last that was sent.
    #[schemars(extend("examples" = [{ "delta": 0.2, "heartbeat": "15m" }]))]
    on_change: Option<OnChangeOptions>,
}

/// When a value counts as another.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OnChangeOptions {
    /// Numbers must differ by at least this.
    #[schemars(example = 0.2)]
    delta: Option<f64>,
    /// Sends the value after this time although it is the same.
    #[schemars(example = &"15m")]
    heartbeat: Option<Period>,
}

/// What to do with the readings whose bare keys match.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Which keys.
    pub keys: Glob,
    /// Leaves them out.
    pub drop: bool,
    /// The key in its place.
    pub rename: Option<Key>,
    /// Factor.
    pub scale: Option<f64>,
    /// Summand, after the factor.
    pub offset: Option<f64>,
    /// Decimals.
    pub round: Option<u8>,
    /// Sends changes only.
    pub on_change: Option<OnChange>,
}

/// When a value counts as news.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct OnChange {
    /// The smallest difference between numbers; none: any.
    pub delta: Option<f64>,
    /// After this time it is sent although it is the same.
    pub heartbeat: Option<Duration>,
}

/// Checks a rule. `table` is how it is written, for the places.
pub(crate) fn rule(options: RuleOptions, table: &Value<'_>, findings: &mut Findings<'_>) -> Rule {
    let entries = table.get_ref().as_table();
    let place = |name: &str| entries.and_then(|all| all.get(name)).map_or(table.span(), toml::Spanned::span);
    let within = |name: &str| {
        let inner = entries.and_then(|all| all.get("on_change")).and_then(|value| value.get_ref().as_table());
        inner.and_then(|all| all.get(name)).map_or(table.span(), toml::Spanned::span)
    };
    let keys = options.r#match;
    let pattern = keys.to_string();
    if pattern.is_empty() {
        findings.error(&place("match"), "the pattern is empty; `*` matches every key");
    }
    if options.drop {
        only_dropped(entries, findings);
    }
    let rename = options.rename.and_then(|name| match Key::new(&name) {
        Ok(key) => Some(key),
        Err(refusal) => {
            findings.error(&place("rename"), format!("{refusal}, so nothing can be renamed to it"));
            None
        }
    });
    if let Some(key) = &rename
        && pattern.contains(['*', '?'])
        && !options.drop
    {
        findings.warn(&place("rename"), format!("every key that matches `{pattern}` becomes `{key}`")).help =
            Some("match one key in each table".into());
    }
    for (name, number) in [("scale", options.scale), ("offset", options.offset)] {
        if number.is_some_and(|number| !number.is_finite()) {
            findings.error(&place(name), format!("`{name}` is no finite number"));
        }
    }
    if options.round.is_some_and(|decimals| decimals > 15) {
        findings.error(&place("round"), "`round` is a number of decimals from 0 to 15");
    }
    let on_change = options.on_change.map(|change| {
        if change.delta.is_some_and(|delta| !(delta.is_finite() && delta >= 0.0)) {
            findings.error(&within("delta"), "`delta` is a distance: 0 or more");
        }
        if change.heartbeat.is_some_and(|beat| beat < Period::millis(1)) {
            findings.error(&within("heartbeat"), "`heartbeat` is too short; the shortest is 1ms");
        }
        OnChange { delta: change.delta, heartbeat: change.heartbeat.map(|beat| beat.0) }
    });
    let (scale, offset, round) = (options.scale, options.offset, options.round);
    Rule { keys, drop: options.drop, rename, scale, offset, round, on_change }
}

/// Where nothing is left, nothing else can be done.
fn only_dropped(entries: Option<&DeTable<'_>>, findings: &mut Findings<'_>) {
    let Some(entries) = entries else { return };
    let dropped = entries
        .iter()
        .find(|(key, value)| key.get_ref() == "drop" && matches!(value.get_ref(), DeValue::Boolean(true)));
    let Some((drop, _)) = dropped else { return };
    if let Some((other, _)) = entries.iter().find(|(key, _)| !["match", "drop"].contains(&key.get_ref().as_ref())) {
        let words = format!("`{}` has nothing to work on: these readings are left out", other.get_ref());
        findings.conflict((&other.span(), ""), (&drop.span(), "by this"), words).help = Some("keep one of them".into());
    }
}
