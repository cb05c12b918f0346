//! `[buckets.LABEL]`

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use streamer_plugin::options::{Period, Table, nearest};
use streamer_reading::{BucketKey, BucketName};
use toml::Spanned;

use super::{labelled, place, read};
use crate::place::{Findings, Span};
use crate::plan::BucketPlan;
use crate::tree::Value;

/// Where readings go: a name for people and a key for the service, under an access key.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct BucketOptions {
    /// What people see above the bucket. Left out: the label.
    #[schemars(example = &"Greenhouse")]
    name: Option<String>,
    /// What identifies the bucket at the service. Left out: made once and kept in the state folder.
    #[schemars(example = &"greenhouse_2026")]
    key: Option<String>,
    /// How many readings are gathered before a call.
    #[schemars(range(min = 1))]
    buffer_size: u32,
    /// The longest that a reading waits for its batch.
    flush_interval: Period,
    /// The labels of its outputs. Left out: all there are.
    #[schemars(extend("examples" = [["initial_state"]]))]
    outputs: Option<Vec<String>>,
}

impl Default for BucketOptions {
    fn default() -> Self {
        Self { name: None, key: None, buffer_size: 10, flush_interval: Period::secs(1), outputs: None }
    }
}

/// Labels that something may refer to, with their places, whether or not all else about them is right.
pub(crate) type Labels = Vec<(String, Span)>;

/// The buckets, and the labels of them all.
pub(crate) fn buckets(
    value: Option<Value<'_>>,
    outputs: &Labels,
    findings: &mut Findings<'_>,
) -> (Vec<BucketPlan>, Labels) {
    let mut plans = Vec::new();
    let mut labels = Labels::new();
    let mut keys: HashMap<BucketKey, Span> = HashMap::new();
    for (label, table) in labelled(value, "buckets", findings) {
        labels.push((label.clone(), table.span()));
        let options: BucketOptions = read(&table, findings).unwrap_or_default();
        let plan = options.plan(label, &table, outputs, findings);
        if let Some(key) = &plan.key {
            let span = place(&table, "key");
            if let Some(first) = keys.get(key) {
                findings.conflict((&span, "the same key"), (first, "is here"), "two buckets have one key").help =
                    Some("give each its own, or let the inputs of both name one bucket".into());
            } else {
                keys.insert(key.clone(), span);
            }
        }
        plans.push(plan);
    }
    (plans, labels)
}

impl BucketOptions {
    fn plan(self, label: String, table: &Table<'_>, known: &Labels, findings: &mut Findings<'_>) -> BucketPlan {
        let name = BucketName::new(self.name.as_ref().unwrap_or(&label)).unwrap_or_else(|refusal| {
            findings.error(&place(table, "name"), refusal.to_string());
            BucketName::default()
        });
        let key = self.key.and_then(|key| {
            BucketKey::new(key)
                .map_err(|refusal| findings.error(&place(table, "key"), refusal.to_string()).help = None)
                .ok()
        });
        if self.buffer_size == 0 {
            findings.error(&place(table, "buffer_size"), "`buffer_size` is 0; at least one reading makes a batch");
        }
        if self.flush_interval < Period::millis(1) {
            findings.error(&place(table, "flush_interval"), "`flush_interval` is too short; the shortest is 1ms");
        }
        if let Some(named) = table.get("outputs").and_then(|value| value.get_ref().as_array()) {
            outputs_are_known(named, known, findings);
        }
        let outputs = self.outputs.unwrap_or_else(|| known.iter().map(|(label, _)| label.clone()).collect());
        BucketPlan {
            name,
            key,
            buffer_size: usize::try_from(self.buffer_size).unwrap_or(usize::MAX),
            flush_interval: self.flush_interval.0,
            outputs,
            place: findings.files().place(&table.span()),
            label,
        }
    }
}

fn outputs_are_known(named: &[Value<'_>], known: &Labels, findings: &mut Findings<'_>) {
    let mut seen: Vec<(&str, Span)> = Vec::new();
    for (name, span) in named.iter().filter_map(|item| Some((item.get_ref().as_str()?, Spanned::span(item)))) {
        if !known.iter().any(|(label, _)| label == name) {
            let labels = known.iter().map(|(label, _)| label.as_str());
            findings.error(&span, format!("there is no output `{name}`")).help =
                reference_help(name, labels, "[outputs.LABEL]");
        } else if let Some((_, first)) = seen.iter().find(|(other, _)| *other == name) {
            findings.conflict((&span, "again"), (first, "here"), format!("the output `{name}` is named twice"));
        } else {
            seen.push((name, span));
        }
    }
}

/// What to do about a name that nothing bears.
pub(crate) fn reference_help<'k>(
    name: &str,
    known: impl Iterator<Item = &'k str> + Clone,
    head: &str,
) -> Option<String> {
    if let Some(word) = nearest(name, known.clone()) {
        return Some(format!("did you mean `{word}`?"));
    }
    let all: Vec<_> = known.collect();
    Some(if all.is_empty() {
        format!("none is configured; add one with {head}")
    } else {
        format!("known here: {}", all.join(", "))
    })
}
