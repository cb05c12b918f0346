//! The local store as an output. It commits when the gate opens, together with the spool, and tidies up now and then.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use streamer::output::{Output, Standing, Verdict};
use streamer_clock::{Clock, SinceBoot};
use streamer_config::Local;
use streamer_reading::{BucketKey, BucketName};
use streamer_spool::{Limit, Record};
use streamer_store::{Inserted, Limits, Row, Store, StoreError};

use crate::gate::{Gate, Visitor};
use crate::trusted::Trusted;

/// The most readings of one transaction: some tens of milliseconds.
const READINGS: usize = 10_000;
/// How often it looks for what is over age or over size.
const TIDY_EVERY: Duration = Duration::from_secs(60);

/// All database files that outputs write.
pub struct Stores {
    clock: Clock,
    trusted: Arc<Trusted>,
    opened: HashMap<PathBuf, LocalStore>,
}

impl Stores {
    /// None yet.
    pub fn new(clock: Clock, trusted: Arc<Trusted>) -> Self {
        Self { clock, trusted, opened: HashMap::new() }
    }

    /// One bucket's way into its store.
    pub fn bucket(&mut self, plan: &Local, key: BucketKey, name: BucketName, gate: &Gate) -> LocalBucket {
        let limits = Limits { retention: plan.retention, max_size: plan.max_size };
        let store = self
            .opened
            .entry(plan.path.clone())
            .or_insert_with(|| LocalStore::new(plan.path.clone(), limits, self.clock.clone(), self.trusted.clone()));
        store.set_limits(limits);
        LocalBucket { store: store.clone(), key, name, visitor: gate.visitor(), full: false }
    }
}

/// One database file, shared by the drains of all its buckets.
#[derive(Clone)]
struct LocalStore(Arc<Mutex<Shared>>);

struct Shared {
    path: PathBuf,
    limits: Limits,
    store: Option<Store>,
    clock: Clock,
    trusted: Arc<Trusted>,
    tidied: SinceBoot,
}

impl LocalStore {
    /// The store at `path`; it is opened when the first batch comes, and again after trouble.
    fn new(path: PathBuf, limits: Limits, clock: Clock, trusted: Arc<Trusted>) -> Self {
        let tidied = clock.boot();
        Self(Arc::new(Mutex::new(Shared { path, limits, store: None, clock, trusted, tidied })))
    }

    /// Other bounds from now on.
    fn set_limits(&self, limits: Limits) {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.limits != limits {
            shared.limits = limits;
            // It is opened with the new bounds when the next batch comes.
            shared.store = None;
        }
    }
}

impl Shared {
    fn insert(&mut self, key: &BucketKey, name: &BucketName, records: &[Record]) -> Result<Inserted, StoreError> {
        let store = match &mut self.store {
            Some(store) => store,
            None => self.store.insert(Store::open(&self.path, self.limits)?),
        };
        let rows: Vec<Row<'_>> = records
            .iter()
            .map(|record| Row { opening: record.seq.opening, count: record.seq.count, reading: &record.reading })
            .collect();
        store.begin()?.insert(key, name, &rows)?.commit()
    }

    /// A step of retention, if it is time for one. Trouble here is no trouble of a batch: it is told, and tried again.
    fn tidy(&mut self) {
        let now = self.clock.now();
        if !self.trusted.get() || now.boot.since(self.tidied) < TIDY_EVERY {
            return;
        }
        let Some(store) = &mut self.store else { return };
        match store.tidy(now.wall) {
            Ok(tidied) if tidied.more => {}
            Ok(_) => self.tidied = now.boot,
            Err(error) => {
                self.tidied = now.boot;
                tracing::warn!("{error}");
            }
        }
    }
}

/// One bucket's way into the local store.
pub struct LocalBucket {
    store: LocalStore,
    key: BucketKey,
    name: BucketName,
    visitor: Visitor,
    /// The last batch was as large as can be: more waits, and need not wait for the next commit.
    full: bool,
}

impl Output for LocalBucket {
    fn limit(&self) -> Limit {
        Limit { events: READINGS, bytes: usize::MAX }
    }

    fn size(&self, _: &Record) -> usize {
        0
    }

    fn standing(&self) -> impl Fn() -> Option<Standing> + Send + Sync + 'static {
        || None
    }

    async fn ready(&mut self) {
        if !self.full {
            self.visitor.pass().await;
        }
    }

    async fn deliver(&mut self, records: &[Record]) -> Verdict {
        let mut shared = self.store.0.lock().unwrap_or_else(PoisonError::into_inner);
        let inserted = shared.insert(&self.key, &self.name, records);
        self.full = inserted.is_ok() && records.len() >= READINGS;
        let verdict = match inserted {
            Ok(_) => {
                shared.tidy();
                Verdict::Delivered
            }
            Err(error) => {
                shared.store = None;
                let why = error.to_string();
                if error.is_later() { Verdict::Retry { why, in_doubt: false } } else { Verdict::Parked { why } }
            }
        };
        drop(shared);
        if !self.full {
            self.visitor.done();
        }
        verdict
    }

    fn not_now(&mut self) {
        self.full = false;
        self.visitor.done();
    }
}
