//! From the spool to the outputs: one drain for each output of each bucket.
//!
//! What talks to a network runs as a task; what blocks, a file or the local store, runs on a thread of its output's own,
//! so that an output which hangs holds up no other.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use streamer::Pace;
use streamer::csv::Csv;
use streamer::drain::{Drain, DrainOptions, Handle};
use streamer::events_api::{Account, AccountOptions, EventsApi, KnownBuckets};
use streamer::output::Output;
use streamer_clock::Clock;
use streamer_config::{BucketPlan, InitialState, Local, OutputKind, OutputPlan};
use streamer_reading::BucketKey;
use streamer_spool::{DeadLetters, Log, Seq};
use streamer_store::Limits;
use tokio::task::JoinHandle;

use crate::exit::Failure;
use crate::gate::Gate;
use crate::input::Trusted;
use crate::local::LocalStore;

/// Rows that are gathered for one sync of a CSV file, unless a second passes first.
const CSV_ROWS: usize = 1000;
/// A sequence that no reading has: a flush up to it ends when nothing waits any more.
const ALL: Seq = Seq { opening: 0, count: 0 };

/// All drains, and what they share.
pub struct Delivery {
    clock: Clock,
    gate: Gate,
    trusted: Arc<Trusted>,
    letters: DeadLetters,
    pace: Pace,
    known: KnownBuckets,
    accounts: Vec<(InitialState, Account)>,
    stores: HashMap<PathBuf, LocalStore>,
    threads: HashMap<String, Thread>,
    running: Vec<Running>,
}

/// One drain at work.
pub struct Running {
    /// The bucket as it was configured when the drain was started.
    pub bucket: BucketPlan,
    /// The output, likewise.
    pub output: OutputPlan,
    /// The bucket's key.
    pub key: BucketKey,
    /// The drain, from outside.
    pub handle: Handle,
    task: JoinHandle<()>,
}

/// A thread for the drains of one output that blocks.
struct Thread {
    runtime: tokio::runtime::Handle,
    /// Dropped at the end: the thread goes home.
    _stay: tokio::sync::oneshot::Sender<()>,
}

impl Delivery {
    pub fn new(clock: Clock, gate: Gate, trusted: Arc<Trusted>, letters: DeadLetters, state: PathBuf) -> Self {
        let known = KnownBuckets::in_file(state.join("known-buckets"));
        Self {
            clock,
            gate,
            trusted,
            letters,
            pace: pace(),
            known,
            accounts: Vec::new(),
            stores: HashMap::new(),
            threads: HashMap::new(),
            running: Vec::new(),
        }
    }

    /// All drains at work.
    pub fn running(&self) -> &[Running] {
        &self.running
    }

    /// Starts the drain of one output of one bucket, unless it runs already as it is configured now.
    pub fn start(
        &mut self,
        bucket: &BucketPlan,
        key: &BucketKey,
        output: &OutputPlan,
        log: &Log,
    ) -> Result<(), Failure> {
        if self.running.iter().any(|running| running.is(bucket, key, output)) {
            return Ok(());
        }
        let name = bucket.name.clone();
        match &output.kind {
            OutputKind::InitialState(plan) => {
                let account = self.account(plan)?;
                let here = tokio::runtime::Handle::current();
                let events = EventsApi::new(account, key.clone(), name, self.known.clone());
                let options = DrainOptions {
                    buffer_size: bucket.buffer_size,
                    flush_interval: bucket.flush_interval,
                    pace: self.pace,
                };
                self.run(&here, events, options, (bucket, key, output), log)
            }
            OutputKind::Local(plan) => {
                let store = self.store(plan).bucket(key.clone(), name, &self.gate);
                let thread = self.thread(&output.label)?;
                self.run(&thread, store, at_once(), (bucket, key, output), log)
            }
            OutputKind::Csv(path) => {
                let thread = self.thread(&output.label)?;
                let options =
                    DrainOptions { buffer_size: CSV_ROWS, flush_interval: bucket.flush_interval, pace: self.pace };
                self.run(&thread, Csv::at(path), options, (bucket, key, output), log)
            }
        }
    }

    fn run<O: Output>(
        &mut self,
        runtime: &tokio::runtime::Handle,
        to: O,
        options: DrainOptions,
        (bucket, key, output): (&BucketPlan, &BucketKey, &OutputPlan),
        log: &Log,
    ) -> Result<(), Failure> {
        let reader = log.reader(&output.label).map_err(Failure::failed)?;
        let (drain, handle) = Drain::new(to, reader, self.letters.clone(), self.clock.clone(), options);
        let task = runtime.spawn(drain.run());
        let (bucket, key, output) = (bucket.clone(), key.clone(), output.clone());
        self.running.push(Running { bucket, key, output, handle, task });
        Ok(())
    }

    /// Stops every drain for which `keep` does not hold. The batch that it is sending may go out before `time` is over.
    pub async fn stop_others(&mut self, time: Duration, keep: impl Fn(&Running) -> bool) {
        let (kept, going): (Vec<_>, Vec<_>) = std::mem::take(&mut self.running).into_iter().partition(keep);
        self.running = kept;
        going.iter().for_each(|running| running.handle.stop());
        for mut running in going {
            if tokio::time::timeout(time, &mut running.task).await.is_err() {
                running.task.abort();
            }
        }
    }

    /// Delivers what there is, without waiting for fuller batches, for at most `time`; whether all is there now.
    pub async fn finish(&self, time: Duration) -> Result<(), String> {
        self.gate.stay_open();
        let mut flushes = tokio::task::JoinSet::new();
        for running in &self.running {
            let (handle, name) =
                (running.handle.clone(), format!("{} to {}", running.bucket.label, running.output.label));
            flushes.spawn(async move {
                let flushed = tokio::time::timeout(time, handle.flush(ALL)).await;
                match flushed {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(error)) => Err(format!("{name}: {error}")),
                    Err(_) => Err(format!("{name}: {}", why(&handle))),
                }
            });
        }
        let mut problems: Vec<String> = Vec::new();
        while let Some(flushed) = flushes.join_next().await {
            problems.extend(flushed.ok().and_then(Result::err));
        }
        problems.sort_unstable();
        if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
    }

    /// Tries at once what waits or is parked.
    pub fn retry_now(&self) {
        self.accounts.iter().for_each(|(_, account)| account.retry_now());
        self.running.iter().for_each(|running| running.handle.retry_now());
    }

    fn account(&mut self, plan: &InitialState) -> Result<Account, Failure> {
        let same = |other: &InitialState| other.api_base == plan.api_base && other.access_key == plan.access_key;
        if let Some((_, account)) = self.accounts.iter().find(|(other, _)| same(other)) {
            return Ok(account.clone());
        }
        let options = AccountOptions {
            api_base: plan.api_base.clone(),
            access_key: plan.access_key.clone(),
            ca_file: plan.ca_file.clone(),
            max_events_per_call: plan.max_events_per_call,
        };
        let account = Account::new(&options, self.clock.clone(), self.pace)
            .map_err(|error| Failure::new(crate::exit::Exit::Configuration, error.to_string()))?;
        self.accounts.push((plan.clone(), account.clone()));
        Ok(account)
    }

    fn store(&mut self, plan: &Local) -> LocalStore {
        let path = plan.path.clone();
        let limits = Limits { retention: plan.retention, max_size: plan.max_size };
        let (clock, trusted) = (self.clock.clone(), self.trusted.clone());
        let store = self.stores.entry(path.clone()).or_insert_with(|| LocalStore::new(path, limits, clock, trusted));
        store.set_limits(limits);
        store.clone()
    }

    fn thread(&mut self, label: &str) -> Result<tokio::runtime::Handle, Failure> {
        if let Some(thread) = self.threads.get(label) {
            return Ok(thread.runtime.clone());
        }
        let started = Thread::start(label).map_err(|error| Failure::failed(format!("output {label}: {error}")))?;
        let runtime = started.runtime.clone();
        self.threads.insert(label.to_owned(), started);
        Ok(runtime)
    }
}

impl Running {
    /// Whether this drain does what is configured.
    pub fn is(&self, bucket: &BucketPlan, key: &BucketKey, output: &OutputPlan) -> bool {
        self.key == *key
            && self.output.label == output.label
            && self.output.kind == output.kind
            && self.bucket.name == bucket.name
            && self.bucket.label == bucket.label
            && self.bucket.buffer_size == bucket.buffer_size
            && self.bucket.flush_interval == bucket.flush_interval
    }
}

impl Thread {
    fn start(label: &str) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let handle = runtime.handle().clone();
        let (stay, go) = tokio::sync::oneshot::channel::<()>();
        let name = label.chars().take(15).collect();
        std::thread::Builder::new().name(name).spawn(move || {
            let _ = runtime.block_on(go);
        })?;
        Ok(Self { runtime: handle, _stay: stay })
    }
}

/// A local output takes what there is; when it takes it, the gate decides.
fn at_once() -> DrainOptions {
    DrainOptions { buffer_size: 1, flush_interval: Duration::ZERO, pace: Pace::REAL }
}

fn why(handle: &Handle) -> String {
    let snapshot = handle.snapshot();
    snapshot.standing.why().map(str::to_owned).or(snapshot.last_error).unwrap_or_else(|| "not delivered in time".into())
}

/// For tests of the whole program, so that an outage need not be lived through: every wait of the delivery times this.
fn pace() -> Pace {
    let factor = std::env::var("STREAMER_TEST_PACE").ok().and_then(|text| text.parse().ok());
    factor.map_or(Pace::REAL, Pace::times)
}
