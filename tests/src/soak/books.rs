//! The audit: what the writers wrote, what the server holds, what the local store holds, and what `status` says.
//!
//! Every side has its own count. A difference that the promises do not allow is a finding, in one line.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;
use streamer_tests::program::Row;
use streamer_tests::server::Event;

use crate::scripts::Shows;

/// What was found to be wrong.
pub type Findings = Vec<String>;

/// The numbers of each key, in order of acceptance.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Held(pub BTreeMap<String, Vec<(i64, u64)>>);

impl Held {
    /// What the server holds.
    pub fn of_events(events: &[Event]) -> Self {
        Self::gather(events.iter().map(|event| (event.key.clone(), event.epoch, event.value.parse().ok())))
    }

    /// What the local store holds.
    pub fn of_rows(rows: &[Row]) -> Self {
        Self::gather(rows.iter().map(|row| (row.key.clone(), row.epoch, row.value.parse().ok())))
    }

    fn gather(all: impl Iterator<Item = (String, i64, Option<u64>)>) -> Self {
        let mut held = Self::default();
        for (key, epoch, number) in all {
            // A text among the numbers stands for a line that was read wrongly, and 0 is never written.
            held.0.entry(key).or_default().push((epoch, number.unwrap_or(0)));
        }
        held
    }

    /// The numbers of a key.
    pub fn numbers(&self, key: &str) -> Vec<u64> {
        self.0.get(key).into_iter().flatten().map(|(_, number)| *number).collect()
    }

    /// How many there are in all.
    pub fn len(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }
}

/// A log: every line that was written, once, and in order unless it went into many files.
pub fn log(key: &str, written: u64, held: &[u64], in_order: bool, findings: &mut Findings) {
    let mut sorted = held.to_vec();
    sorted.sort_unstable();
    if let Some(at) = held.windows(2).position(|pair| pair[0] >= pair[1]).filter(|_| in_order) {
        findings.push(format!("{key}: {} came before {}", held[at], held[at + 1]));
    }
    once(key, &sorted, findings);
    sorted.dedup();
    if !sorted.iter().copied().eq(1..=written) {
        let there: HashSet<u64> = sorted.iter().copied().collect();
        let missing: Vec<u64> = (1..=written).filter(|number| !there.contains(number)).collect();
        let strange = sorted.iter().filter(|number| !(1..=written).contains(*number)).count();
        findings.push(format!("{key}: {written} written, missing {}, strange {strange}", ranges(&missing)));
    }
}

/// A program: what came of it was printed, in order and once; what is missing fits the kills.
pub fn program(key: &str, shows: Shows, claimed: u64, held: &[u64], kills: u64, findings: &mut Findings) -> u64 {
    if let Some(at) = held.windows(2).position(|pair| pair[0] >= pair[1]) {
        findings.push(format!("{key}: {} came before {}", held[at], held[at + 1]));
    }
    let strange = held.iter().filter(|number| !(1..=claimed).contains(*number)).count();
    if strange > 0 {
        findings.push(format!("{key}: {strange} readings that it never printed"));
    }
    let there: HashSet<u64> = held.iter().copied().collect();
    let expected = |number: &u64| match shows {
        Shows::EachRun | Shows::Lines => true,
        Shows::TwoOfThree => !number.is_multiple_of(3),
        Shows::Nothing => false,
    };
    let missing: Vec<u64> = (1..=claimed).filter(expected).filter(|number| !there.contains(number)).collect();
    // The last run, or the last lines, may have been cut off by the end as by a kill.
    let gaps = missing.chunk_by(|a, b| a + 1 == *b).count() as u64;
    if gaps > kills + 1 {
        findings.push(format!("{key}: {gaps} gaps after {kills} kills and one end: {}", ranges(&missing)));
    }
    if shows != Shows::Lines && missing.len() as u64 > kills + 1 {
        findings.push(format!("{key}: {} runs are missing after {kills} kills: {}", missing.len(), ranges(&missing)));
    }
    if shows == Shows::Nothing && !held.is_empty() {
        findings.push(format!("{key}: {} readings of what is never read", held.len()));
    }
    missing.len() as u64
}

/// What `status` says of each output of a bucket: all that was accepted is somewhere.
pub fn status(report: &Value, findings: &mut Findings) {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let outputs: Vec<Value> = list(&report["buckets"]).iter().flat_map(|bucket| list(&bucket["outputs"])).collect();
    if outputs.len() != 2 {
        findings.push(format!("status knows {} outputs of two", outputs.len()));
    }
    for output in outputs {
        let count = |name: &str| output[name].as_u64().unwrap_or(0);
        let dropped: u64 = output["dropped"].as_object().into_iter().flatten().filter_map(|(_, n)| n.as_u64()).sum();
        let there = count("acknowledged") + count("waiting") + count("set_aside") + dropped;
        let line = format!(
            "{}: accepted {}, acknowledged {}, waiting {}, set aside {}, dropped {dropped}",
            output["output"].as_str().unwrap_or_default(),
            count("accepted"),
            count("acknowledged"),
            count("waiting"),
            count("set_aside")
        );
        println!("  {line}");
        if count("accepted") != there || there == 0 {
            findings.push(format!("status does not balance: {line}"));
        }
    }
}

fn once(key: &str, sorted: &[u64], findings: &mut Findings) {
    let twice: Vec<u64> = sorted.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    if !twice.is_empty() {
        findings.push(format!("{key}: twice {}", ranges(&twice)));
    }
}

/// `3-7, 9 (6 in all)`: the first of them.
fn ranges(numbers: &[u64]) -> String {
    let runs = numbers.chunk_by(|a, b| a + 1 == *b);
    let shown: Vec<String> = runs.take(8).map(|run| format!("{}-{}", run[0], run[run.len() - 1])).collect();
    format!("{} ({} in all)", shown.join(", "), numbers.len())
}
