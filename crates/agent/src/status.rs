//! How the agent is: gathered once as JSON, which `status` shows as it is or in words.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use streamer::Pulse;
use streamer::drain::{Handle, Snapshot};
use streamer::output::Standing;
use streamer_clock::{Clock, Moment};
use streamer_reading::BucketKey;
use streamer_spool::{BucketStatus, DiskState, OutputStatus, Spool};

use crate::agent::{Agent, Inputs};
use crate::flow::Flow;
use crate::input::Cell;
use crate::lanes::Lanes;
use crate::outflow::{Bucket, Outflow};
use crate::taps::Taps;
use crate::trusted::Trusted;

/// All that a report is made of; each part can be looked at without waiting for anybody.
pub struct Report {
    clock: Clock,
    spool: Spool,
    trusted: Arc<Trusted>,
    commits: Arc<Pulse>,
    buckets: Vec<Bucket>,
    drains: Vec<Drain>,
    /// None while no agent runs.
    agent: Option<Working>,
}

/// What only a running agent has.
struct Working {
    started: Moment,
    inputs: Inputs,
    lanes: Lanes,
    taps: Taps,
    flow: Arc<Flow>,
}

struct Drain {
    bucket: String,
    output: String,
    handle: Handle,
}

impl Report {
    /// A report on the agent as it is configured now.
    pub fn of(agent: &Agent) -> Self {
        let (started, inputs, lanes, taps) = (agent.started, agent.inputs(), agent.lanes.clone(), agent.taps());
        let flow = agent.flow.clone();
        Self { agent: Some(Working { started, inputs, lanes, taps, flow }), ..Self::at_rest(&agent.outflow) }
    }

    /// A report on a spool without an agent.
    pub fn at_rest(outflow: &Outflow) -> Self {
        let drains = outflow.delivery.running().iter().map(|running| Drain {
            bucket: running.bucket.label.clone(),
            output: running.output.label.clone(),
            handle: running.handle.clone(),
        });
        Self {
            clock: outflow.clock.clone(),
            spool: outflow.spool.clone(),
            trusted: outflow.trusted.clone(),
            commits: outflow.commits.clone(),
            buckets: outflow.buckets.clone(),
            drains: drains.collect(),
            agent: None,
        }
    }

    /// The spool it reports on.
    pub fn spool(&self) -> &Spool {
        &self.spool
    }

    /// Who has owed a sign of life for longer than `span`, of all who work by themselves.
    pub fn stuck_for(&self, span: Duration) -> Option<String> {
        if self.commits.late() > span {
            return Some("the committer".into());
        }
        let lane = self.agent.as_ref().and_then(|agent| agent.lanes.late_by(span));
        lane.map(|lane| format!("the worker of lane {lane}")).or_else(|| {
            let drain = self.drains.iter().find(|drain| drain.handle.late() > span)?;
            Some(format!("the drain of {} to {}", drain.bucket, drain.output))
        })
    }

    /// How it is, in one line for a person.
    pub fn in_a_line(&self) -> String {
        let (waiting, why) = self.undelivered(None);
        let mut line = String::new();
        if let Some(agent) = &self.agent {
            let inputs = agent.inputs.read().unwrap_or_else(PoisonError::into_inner);
            let well = inputs.iter().filter(|(_, cell)| cell.health().error.is_none()).count();
            line = format!("{well} of {} inputs work, ", inputs.len());
        }
        line += &format!("{waiting} readings wait");
        if let DiskState::MemoryOnly { error, .. } = self.spool.status().disk {
            line += &format!("; the disk takes nothing: {error}");
        }
        why.map_or(line.clone(), |why| format!("{line}; {why}"))
    }

    /// A person put letters on trial.
    pub fn retry_letters(&self) {
        self.drains.iter().for_each(|drain| drain.handle.retry_now());
    }

    /// Readings that an output has still to get, and what holds them up.
    pub fn undelivered(&self, only: Option<&str>) -> (u64, Option<String>) {
        let asked = |output: &str| only.is_none_or(|only| only == output);
        let status = self.spool.status();
        let outputs = status.buckets.iter().flat_map(|bucket| &bucket.outputs);
        let wanted = outputs.filter(|output| !output.removed && asked(&output.output));
        let waiting = wanted.map(|output| output.waiting.readings).sum();
        let why = self.drains.iter().filter(|drain| asked(&drain.output)).find_map(|drain| {
            let snapshot = drain.handle.snapshot();
            snapshot.standing.why().map(|why| format!("{} to {}: {why}", drain.bucket, drain.output))
        });
        (waiting, why)
    }

    /// The whole report. Epochs are seconds as they go over the wire; spans are seconds.
    pub fn json(&self) -> Value {
        let now = self.clock.now();
        let status = self.spool.status();
        let buckets: Vec<Value> = status.buckets.iter().map(|bucket| self.bucket(bucket, now)).collect();
        let letters = self.spool.dead_letters().counts();
        let mut report = json!({
            "running": self.agent.is_some(),
            "version": env!("CARGO_PKG_VERSION"),
            "clock": if self.trusted.get() { "right" } else { "suspect" },
            "spool": {
                "bytes": status.bytes,
                "max_size": status.max_size,
                "unsynced": status.unsynced,
                "survives_a_kill": status.survives_a_kill,
                "disk": disk(&status.disk),
                "dead_letters": { "on_trial": letters.on_trial, "set_aside": letters.set_aside, "dropped": letters.dropped },
            },
            "buckets": buckets,
            "inputs": [],
        });
        if let (Some(agent), Value::Object(report)) = (&self.agent, &mut report) {
            let inputs = agent.inputs.read().unwrap_or_else(PoisonError::into_inner);
            report.insert("pid".into(), std::process::id().into());
            report.insert("uptime".into(), now.boot.since(agent.started.boot).as_secs().into());
            report.insert("inputs".into(), inputs.iter().map(|(_, cell)| input(cell)).collect());
            report.insert("stuck_threads".into(), agent.lanes.stuck().into());
            report.insert("tap_left_out".into(), agent.taps.left_out().into());
        }
        report
    }

    fn bucket(&self, status: &BucketStatus, now: Moment) -> Value {
        let bucket = self.buckets.iter().find(|bucket| bucket.key == status.bucket);
        let label = bucket.map(|bucket| bucket.plan.label.as_str());
        let outputs: Vec<Value> = status
            .outputs
            .iter()
            .map(|output| {
                let drain = self.drains.iter().find(|d| Some(d.bucket.as_str()) == label && d.output == output.output);
                let mut told = self.output(output, drain.map(|drain| drain.handle.snapshot()), now);
                self.rates(&mut told, &status.bucket, output, now);
                told
            })
            .collect();
        json!({
            "bucket": label,
            "key": status.bucket.as_str(),
            "name": bucket.map(|bucket| bucket.plan.name.as_str()),
            "accepted": status.accepted,
            "bytes": status.bytes,
            "refused": { "full": status.refused.full, "too_large": status.refused.too_large },
            "waits_for": status.waits_for,
            "outputs": outputs,
        })
    }

    /// How fast readings come and go, and when the backlog will be gone if that goes on; nothing where it is not known.
    fn rates(&self, told: &mut Value, bucket: &BucketKey, output: &OutputStatus, now: Moment) {
        let rates = self.agent.as_ref().and_then(|agent| agent.flow.rates(bucket, output, now.boot));
        if let (Some(rates), Value::Object(told)) = (rates, told) {
            told.insert("comes_per_s".into(), json!((rates.comes * 10.0).round() / 10.0));
            told.insert("goes_per_s".into(), json!((rates.goes * 10.0).round() / 10.0));
            told.insert(
                "drained_in".into(),
                rates.drained_in(output.waiting.readings).map(|span| span.as_secs()).into(),
            );
        }
    }

    fn output(&self, status: &OutputStatus, snapshot: Option<Snapshot>, now: Moment) -> Value {
        let oldest = status.waiting.oldest;
        let age = oldest.map(|oldest| (now.wall.micros() - oldest.micros()).max(0) / 1_000_000);
        let mut told = json!({
            "output": status.output,
            "accepted": status.accepted,
            "acknowledged": status.acknowledged,
            "waiting": status.waiting.readings,
            "oldest_age": if self.trusted.get() { age } else { None },
            "set_aside": status.set_aside,
            "dropped": { "full": status.dropped.full, "lost": status.dropped.lost, "removed": status.dropped.removed },
            "held": status.held,
            "removed": status.removed,
        });
        if let (Some(snapshot), Value::Object(told)) = (snapshot, &mut told) {
            let counts = &snapshot.counts;
            let (state, why, next) = standing(&snapshot.standing, now);
            told.insert("state".into(), state.into());
            told.insert("why".into(), why.into());
            told.insert("next_try".into(), next.into());
            told.insert("sent".into(), counts.sent.into());
            told.insert("possibly_twice".into(), counts.in_doubt.into());
            told.insert("retries".into(), counts.retries.into());
            told.insert("late".into(), counts.late.into());
            told.insert("refused".into(), json!(counts.refused));
            told.insert("never_known".into(), counts.never_known.into());
            told.insert("last_error".into(), snapshot.last_error.into());
        }
        told
    }
}

fn standing(standing: &Standing, now: Moment) -> (&'static str, Option<String>, Option<u64>) {
    match standing {
        Standing::Streaming => ("streaming", None, None),
        Standing::Waiting { why, until } => {
            ("waiting", Some(why.clone()), until.map(|until| until.since(now.boot).as_secs()))
        }
        Standing::Parked { why, until } => ("parked", Some(why.clone()), Some(until.since(now.boot).as_secs())),
    }
}

fn disk(state: &DiskState) -> Value {
    match state {
        DiskState::None => json!({ "state": "none" }),
        DiskState::Ok => json!({ "state": "ok" }),
        DiskState::MemoryOnly { since, error, .. } => {
            json!({ "state": "memory_only", "error": error, "since": since.map(|since| since.to_string()) })
        }
    }
}

fn input(cell: &Cell) -> Value {
    let health = cell.health();
    let counts = &health.counts;
    json!({
        "id": cell.id,
        "place": cell.place,
        "schedule": cell.schedule.describe(),
        "state": health.condition.word(),
        "error": health.error,
        "rounds": counts.rounds,
        "accepted": counts.accepted,
        "missed_ticks": counts.missed,
        "failed": counts.failed,
        "late": counts.late,
        "refused": counts.refused,
        "dropped": counts.dropped,
        "last_reading": health.last_reading.map(|epoch| epoch.to_string()),
    })
}
