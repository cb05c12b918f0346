//! What arrived, counted: unique events, repeats, order, manners. It keeps the books and refuses nobody.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::json;

use super::check::Identity;
use super::event::Event;

/// A bucket as the service holds it.
#[derive(Debug, Default)]
struct Bucket {
    name: String,
    removed: bool,
    events: Vec<Event>,
    seen: HashSet<Event>,
    latest: HashMap<String, i64>,
}

/// All counts; [`Report`] is what others see of them.
#[derive(Debug, Default)]
pub struct Books {
    buckets: BTreeMap<Identity, Bucket>,
    /// The plain counts.
    pub counts: Counts,
}

/// Plain counts.
#[derive(Debug, Default, Clone)]
pub struct Counts {
    /// Requests of any kind.
    pub requests: u64,
    /// Requests that brought events.
    pub event_requests: u64,
    /// Requests for a bucket.
    pub bucket_requests: u64,
    /// Events stored, repeats included.
    pub stored: u64,
    /// Different events.
    pub unique: u64,
    /// Events that were stored before, byte for byte.
    pub duplicates: u64,
    /// Events older than one of the same bucket and key that was accepted before.
    pub out_of_order: u64,
    /// 429 answers because a window was spent.
    pub rate_limited: u64,
    /// Requests that came while told to wait.
    pub retry_after_violations: u64,
    /// Requests within five seconds of a final refusal.
    pub soon_after_refusal: u64,
    /// Requests with more events than the cap.
    pub over_cap: u64,
    /// The most events in one request that was stored.
    pub largest_batch: u64,
    /// Connections at once, at most.
    pub connections_peak: u64,
    /// Connections in all.
    pub connections: u64,
    /// Body bytes of stored requests.
    pub bytes: u64,
    /// Seconds from the first request to the last.
    pub seconds: f64,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Refused requests by rule.
    pub refusals: BTreeMap<String, u64>,
    /// Bent rules.
    pub warnings: BTreeMap<String, u64>,
    /// Access keys that were used.
    pub access_keys: BTreeMap<String, u64>,
    /// What the senders call themselves.
    pub user_agents: BTreeMap<String, u64>,
}

impl Books {
    /// Makes a bucket, or finds it; `true` when it was not there. The first name stays.
    pub fn create(&mut self, identity: Identity, name: String) -> bool {
        let mut made = false;
        self.buckets.entry(identity).or_insert_with(|| {
            made = true;
            Bucket { name, ..Bucket::default() }
        });
        made
    }

    /// Whether the bucket was made.
    pub fn exists(&self, identity: &Identity) -> bool {
        self.buckets.contains_key(identity)
    }

    /// Whether the bucket was removed.
    pub fn is_removed(&self, identity: &Identity) -> bool {
        self.buckets.get(identity).is_some_and(|bucket| bucket.removed)
    }

    /// Removes or restores every bucket of this key, whichever account it is in.
    pub fn set_removed(&mut self, bucket_key: &str, removed: bool) {
        for (identity, bucket) in &mut self.buckets {
            if identity.bucket_key == bucket_key {
                bucket.removed = removed;
            }
        }
    }

    /// Forgets that the buckets of this key were ever made; their events stay counted.
    pub fn forget(&mut self, bucket_key: &str) {
        self.buckets.retain(|identity, _| identity.bucket_key != bucket_key);
    }

    /// Stores a batch.
    pub fn store(&mut self, identity: &Identity, events: Vec<Event>) {
        let bucket = self.buckets.entry(identity.clone()).or_default();
        let counts = &mut self.counts;
        counts.largest_batch = counts.largest_batch.max(events.len() as u64);
        for event in events {
            counts.stored += 1;
            if !bucket.seen.insert(event.clone()) {
                counts.duplicates += 1;
                continue;
            }
            counts.unique += 1;
            let latest = bucket.latest.entry(event.key.clone()).or_insert(event.epoch);
            if event.epoch < *latest {
                counts.out_of_order += 1;
            }
            *latest = event.epoch.max(*latest);
            bucket.events.push(event);
        }
    }

    /// Whether an event of this key was stored in the bucket of this key, whichever account it is in.
    pub fn has(&self, bucket_key: &str, key: &str) -> bool {
        self.buckets
            .iter()
            .any(|(identity, bucket)| identity.bucket_key == bucket_key && bucket.latest.contains_key(key))
    }

    /// Counts one more of a warning.
    pub fn warn(&mut self, rule: &str) {
        *self.counts.warnings.entry(rule.to_owned()).or_default() += 1;
    }

    /// What others see.
    pub fn report(&self) -> Report {
        let buckets = self.buckets.iter().map(|(identity, bucket)| BucketReport {
            access_key: identity.access_key.clone(),
            key: identity.bucket_key.clone(),
            name: bucket.name.clone(),
            events: bucket.events.clone(),
        });
        Report { buckets: buckets.collect(), counts: self.counts.clone() }
    }
}

/// What the server saw up to a moment.
#[derive(Debug, Clone)]
pub struct Report {
    /// Every bucket with its different events in order of acceptance.
    pub buckets: Vec<BucketReport>,
    /// The counts.
    pub counts: Counts,
}

/// One bucket.
#[derive(Debug, Clone)]
pub struct BucketReport {
    /// Its account.
    pub access_key: String,
    /// Its key.
    pub key: String,
    /// Its name, by the first who made it.
    pub name: String,
    /// Its different events in order of acceptance.
    pub events: Vec<Event>,
}

impl Report {
    /// The events of the bucket with this key; none where there is no such bucket.
    pub fn events(&self, bucket_key: &str) -> &[Event] {
        self.buckets.iter().find(|bucket| bucket.key == bucket_key).map_or(&[], |bucket| &bucket.events)
    }

    /// The report as JSON, access keys left out.
    pub fn to_json(&self) -> serde_json::Value {
        let c = &self.counts;
        let buckets = self.buckets.iter().map(|b| json!({ "key": b.key, "name": b.name, "unique": b.events.len() }));
        json!({
            "requests": c.requests, "event_requests": c.event_requests, "bucket_requests": c.bucket_requests,
            "stored": c.stored, "unique": c.unique, "duplicates": c.duplicates, "out_of_order": c.out_of_order,
            "rate_limited": c.rate_limited, "retry_after_violations": c.retry_after_violations,
            "soon_after_refusal": c.soon_after_refusal, "over_cap": c.over_cap, "largest_batch": c.largest_batch,
            "connections": c.connections, "connections_peak": c.connections_peak, "bytes": c.bytes, "seconds": c.seconds,
            "statuses": c.statuses, "refusals": c.refusals, "warnings": c.warnings,
            "buckets": buckets.collect::<Vec<_>>(),
        })
    }
}
