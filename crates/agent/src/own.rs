//! The input `self`: the agent's own counters as readings, by the names that `streamer status --json` gives them.
//!
//! It looks at what everybody may look at, and never waits for anybody.

use std::sync::{PoisonError, RwLock};

use serde_json::Value;
use streamer_plugin::reading::word;
use streamer_plugin::{Input, InputError, Kind, Made, Options, Plugin, Readings, Sampler, Site};

use crate::status::Report;

/// The agent of this process.
static AGENT: RwLock<Option<Asked>> = RwLock::new(None);

type Asked = Box<dyn Fn() -> Value + Send + Sync>;

/// Says whom the input `self` is to tell about.
pub fn tell_about(report: impl Fn() -> Value + Send + Sync + 'static) {
    *AGENT.write().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(report));
}

/// As [`tell_about`], for a command that takes one round.
pub fn tell_about_round(report: Report) {
    tell_about(move || report.json());
}

/// The agent's own counters; there is nothing to choose. Rules leave out what is not wanted.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct SelfOptions {}

impl Options for SelfOptions {
    fn build(&self, _: &Site) -> Result<Input, InputError> {
        Ok(Input::sampler(Counters))
    }

    /// It has no device, and tells the truth about a run that is simulated, too.
    fn simulated(&self, _: &Kind, site: &Site) -> Result<Input, InputError> {
        self.build(site)
    }
}

struct Counters;

impl Sampler for Counters {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        let agent = AGENT.read().unwrap_or_else(PoisonError::into_inner);
        let report =
            agent.as_ref().ok_or_else(|| InputError::skip("it tells about a running agent; none runs here"))?;
        numbers(out, &report());
        Ok(())
    }
}

/// Every number of a report that counts something.
fn numbers(out: &mut Readings, report: &Value) {
    put(out, "uptime", &report["uptime"]);
    put(out, "stuck_threads", &report["stuck_threads"]);
    let spool = &report["spool"];
    for name in ["bytes", "unsynced", "dead_letters"] {
        put(out, &format!("spool_{name}"), &spool[name]);
    }
    for bucket in each(&report["buckets"]) {
        let label = name(bucket, "bucket");
        put(out, &format!("{label}_accepted"), &bucket["accepted"]);
        put(out, &format!("{label}_refused"), &bucket["refused"]);
        for output in each(&bucket["outputs"]) {
            members(out, &format!("{label}_{}", name(output, "output")), output);
        }
    }
    for input in each(&report["inputs"]) {
        members(out, &name(input, "id"), input);
    }
}

fn members(out: &mut Readings, prefix: &str, table: &Value) {
    for (name, value) in table.as_object().into_iter().flatten() {
        put(out, &format!("{prefix}_{name}"), value);
    }
}

/// A number as it is, and a table of causes as a number each. All else counts nothing.
fn put(out: &mut Readings, key: &str, value: &Value) {
    match value {
        Value::Number(number) => {
            if let Some(number) = number.as_i64() {
                out.put(word(key), number);
            }
        }
        Value::Object(causes) => {
            causes.iter().for_each(|(cause, count)| put(out, &format!("{key}_{cause}"), count));
        }
        _ => {}
    }
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn name(table: &Value, member: &str) -> String {
    table[member].as_str().map(word).unwrap_or_default()
}

/// `[[inputs.self]]`.
pub const PLUGIN: Plugin = Plugin::new(
    "self",
    "the agent's own counters, by the names of `streamer status --json`",
    &[Kind::of::<SelfOptions>("").makes(&[
        Made { key: "uptime", unit: "s", about: "time since the agent started" },
        Made { key: "stuck_threads", unit: "", about: "threads in inputs that never came back" },
        Made {
            key: "spool_bytes",
            unit: "bytes",
            about: "what waits in the spool; spool_unsynced: what a power cut would take",
        },
        Made { key: "spool_dead_letters_STATE", unit: "", about: "readings on_trial, set_aside, and dropped" },
        Made { key: "BUCKET_accepted", unit: "", about: "readings accepted" },
        Made { key: "BUCKET_refused_CAUSE", unit: "", about: "readings that the spool did not take" },
        Made { key: "BUCKET_OUTPUT_waiting", unit: "", about: "readings that the output has still to get" },
        Made { key: "BUCKET_OUTPUT_oldest_age", unit: "s", about: "how long the oldest of them has waited" },
        Made { key: "BUCKET_OUTPUT_acknowledged", unit: "", about: "readings delivered; sent: since the start" },
        Made {
            key: "BUCKET_OUTPUT_possibly_twice",
            unit: "",
            about: "readings sent again after a lost answer, each time",
        },
        Made { key: "BUCKET_OUTPUT_retries", unit: "", about: "attempts that were put off" },
        Made { key: "BUCKET_OUTPUT_refused_CAUSE", unit: "", about: "readings that the output refused for good" },
        Made { key: "BUCKET_OUTPUT_dropped_CAUSE", unit: "", about: "readings it will never get: full, lost, removed" },
        Made { key: "INPUT_accepted", unit: "", about: "readings of an input; rounds: how often it was read" },
        Made { key: "INPUT_failed", unit: "", about: "rounds that failed; late: cut at the deadline; missed_ticks" },
        Made { key: "INPUT_refused_CAUSE", unit: "", about: "values that were no readings; dropped_CAUSE: not taken" },
    ])],
);

#[cfg(test)]
mod tests {
    use serde_json::json;
    use streamer_plugin::clock::Clock;

    use super::*;

    #[test]
    fn numbers_get_the_names_of_the_report_and_words_are_left_out() {
        let report = json!({
            "uptime": 5, "version": "1", "stuck_threads": 0,
            "spool": { "bytes": 7, "max_size": 9, "unsynced": 0, "dead_letters": { "set_aside": 1 } },
            "buckets": [{ "bucket": "my house", "accepted": 3, "refused": { "full": 2 }, "outputs": [
                { "output": "local", "waiting": 4, "held": false, "state": "streaming", "oldest_age": null,
                  "refused": { "the service answered 400": 1 } }] }],
            "inputs": [{ "id": "exec-date", "state": "working", "failed": 6, "dropped": { "max_rate": 8 } }],
        });
        let mut out = Readings::new(&Clock::system(), std::time::Duration::ZERO);
        numbers(&mut out, &report);
        let mut told: Vec<String> = out.items().iter().map(|item| format!("{} {}", item.key, item.value)).collect();
        // In which order a report has its members is nobody's promise.
        told.sort();
        assert_eq!(
            told,
            [
                "exec-date_dropped_max_rate 8",
                "exec-date_failed 6",
                "my_house_accepted 3",
                "my_house_local_refused_the_service_answered_400 1",
                "my_house_local_waiting 4",
                "my_house_refused_full 2",
                "spool_bytes 7",
                "spool_dead_letters_set_aside 1",
                "spool_unsynced 0",
                "stuck_threads 0",
                "uptime 5",
            ]
        );
        assert!(out.refused().is_empty());
    }
}
