//! From the spool to the outputs: one drain for each output of each bucket.
//!
//! What talks to a network runs as a task; what blocks, a file or the local store, runs on a thread of its output's own,
//! so that an output which hangs holds up no other.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use streamer::Pace;
#[cfg(feature = "csv")]
use streamer::csv::Csv;
use streamer::drain::{Drain, DrainOptions, Handle};
use streamer::output::Output;
use streamer_clock::Clock;
use streamer_config::{BucketPlan, OutputKind, OutputPlan};
use streamer_reading::BucketKey;
use streamer_spool::{DeadLetters, Log, Seq};
use tokio::task::JoinHandle;

#[cfg(feature = "initial_state")]
use crate::accounts::Accounts;
use crate::exit::Failure;
use crate::gate::Gate;
#[cfg(feature = "local")]
use crate::local::Stores;
#[cfg(any(feature = "local", feature = "csv"))]
use crate::threads::Threads;
use crate::trusted::Trusted;

/// Rows that are gathered for one sync of a CSV file, unless a second passes first.
#[cfg(feature = "csv")]
const CSV_ROWS: usize = 1000;
/// A sequence that no reading has: a flush up to it ends when nothing waits any more.
const ALL: Seq = Seq { opening: 0, count: 0 };

/// All drains, and what they share.
pub struct Delivery {
    clock: Clock,
    gate: Gate,
    letters: DeadLetters,
    pace: Pace,
    #[cfg(feature = "initial_state")]
    accounts: Accounts,
    #[cfg(feature = "local")]
    stores: Stores,
    #[cfg(any(feature = "local", feature = "csv"))]
    threads: Threads,
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

impl Delivery {
    pub fn new(clock: Clock, gate: Gate, trusted: &Arc<Trusted>, letters: DeadLetters, state: &Path) -> Self {
        let pace = pace();
        Self {
            #[cfg(feature = "initial_state")]
            accounts: Accounts::new(clock.clone(), pace, state),
            #[cfg(feature = "local")]
            stores: Stores::new(clock.clone(), trusted.clone()),
            #[cfg(any(feature = "local", feature = "csv"))]
            threads: Threads::default(),
            clock,
            gate,
            letters,
            pace,
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
        match &output.kind {
            #[cfg(feature = "initial_state")]
            OutputKind::InitialState(plan) => {
                let here = tokio::runtime::Handle::current();
                let events = self.accounts.bucket(plan, key.clone(), bucket.name.clone())?;
                let options = DrainOptions {
                    buffer_size: bucket.buffer_size,
                    flush_interval: bucket.flush_interval,
                    pace: self.pace,
                };
                self.run(&here, events, options, (bucket, key, output), log)
            }
            #[cfg(feature = "local")]
            OutputKind::Local(plan) => {
                let store = self.stores.bucket(plan, key.clone(), bucket.name.clone(), &self.gate);
                let thread = self.threads.of(&output.label)?;
                // It takes what there is; when it takes it, the gate decides.
                let options = DrainOptions { buffer_size: 1, flush_interval: Duration::ZERO, pace: Pace::REAL };
                self.run(&thread, store, options, (bucket, key, output), log)
            }
            #[cfg(feature = "csv")]
            OutputKind::Csv(path) => {
                let thread = self.threads.of(&output.label)?;
                let options =
                    DrainOptions { buffer_size: CSV_ROWS, flush_interval: bucket.flush_interval, pace: self.pace };
                self.run(&thread, Csv::at(path), options, (bucket, key, output), log)
            }
            #[cfg(not(all(feature = "initial_state", feature = "local", feature = "csv")))]
            _ => {
                let words = format!("this program was built without what the output `{}` is", output.label);
                Err(Failure::new(crate::exit::Exit::Configuration, words))
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
        #[cfg(feature = "initial_state")]
        self.accounts.retry_now();
        self.running.iter().for_each(|running| running.handle.retry_now());
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

fn why(handle: &Handle) -> String {
    let snapshot = handle.snapshot();
    snapshot.standing.why().map(str::to_owned).or(snapshot.last_error).unwrap_or_else(|| "not delivered in time".into())
}

/// For tests of the whole program, so that an outage need not be lived through: every wait of the delivery times this.
fn pace() -> Pace {
    let factor = std::env::var("STREAMER_TEST_PACE").ok().and_then(|text| text.parse().ok());
    factor.map_or(Pace::REAL, Pace::times)
}
