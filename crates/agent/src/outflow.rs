//! Everything from the spool on: the state folder, the spool, the clock's judge, the committer, outputs and drains. It is
//! the same for an agent and for a command that accepts readings without one.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use streamer::{Pulse, record_opening};
use streamer_clock::Clock;
use streamer_config::{BucketPlan, OnFull, Plan, Sync};
use streamer_reading::BucketKey;
use streamer_spool::{DiskState, Log, OpenError, Options, Places, RealDisk, Recovery, Spool};

use crate::clock_watch::ClockWatch;
use crate::committer::Committer;
use crate::delivery::Delivery;
use crate::exit::{Exit, Failure};
use crate::gate::Gate;
use crate::runtime_folder;
use crate::state::StateFolder;
use crate::trusted::Trusted;

/// How long a drain that is not wanted any more may take for the batch that it is sending.
const LAST_BATCH: Duration = Duration::from_secs(2);

/// How often, and how long apart, it is tried to take the state folder from somebody who holds it.
const IN_USE_TRIES: u32 = 40;
const IN_USE_PAUSE: Duration = Duration::from_millis(50);

/// How long a command waits for its last commit. What it accepted lies in the runtime folder too.
const CLOSE: Duration = Duration::from_secs(10);

/// The spool and all behind it.
pub struct Outflow {
    pub clock: Clock,
    pub spool: Spool,
    pub state: Arc<StateFolder>,
    pub trusted: Arc<Trusted>,
    pub gate: Gate,
    pub delivery: Delivery,
    pub buckets: Vec<Bucket>,
    /// Where the control socket lies.
    pub socket_folder: PathBuf,
    /// Whether the committer comes round.
    pub commits: Arc<Pulse>,
    committer: Option<JoinHandle<()>>,
}

/// A bucket with its log open.
#[derive(Clone)]
pub struct Bucket {
    pub plan: BucketPlan,
    pub key: BucketKey,
    pub log: Log,
}

impl Outflow {
    /// Opens the state folder for this process alone and recovers the spool. Must be called inside the runtime.
    ///
    /// # Errors
    /// [`Exit::InUse`] where another process holds the folder; [`Exit::Failed`] where it cannot be used at all.
    pub async fn open(plan: &Plan, clock: Clock) -> Result<Self, Failure> {
        // A command holds the folder for a moment; only another agent holds it for good.
        for _ in 0..IN_USE_TRIES {
            match Self::open_once(plan, clock.clone()) {
                Err(failure) if failure.exit == Exit::InUse => tokio::time::sleep(IN_USE_PAUSE).await,
                other => return other,
            }
        }
        Self::open_once(plan, clock)
    }

    /// As [`Outflow::open`], without waiting for somebody who holds the folder.
    pub fn open_once(plan: &Plan, clock: Clock) -> Result<Self, Failure> {
        let folder = plan.agent.state_dir.clone();
        let places = Places { state: folder.clone(), runtime: runtime_folder::base() };
        let options = spool_options(plan);
        let opened = Spool::open_unrecorded(places.clone(), options, clock.boot_id().bytes(), Arc::new(RealDisk));
        let (spool, mut recovery) = opened.map_err(|error| match error {
            OpenError::InUse(_) => Failure::new(Exit::InUse, error.to_string()),
            other => Failure::failed(other),
        })?;
        if let Some(fault) = record_opening(&spool) {
            recovery.fault.get_or_insert(fault);
        }
        tell(&recovery);
        let state = Arc::new(StateFolder::new(folder.clone()));
        let agent = &plan.agent;
        let watch = ClockWatch::new(clock.clone(), spool.clone(), &state, &agent.root, agent.clock, agent.clock_hold);
        let trusted = watch.trusted();
        tokio::spawn(watch.run());
        let gate = Gate::default();
        let letters = spool.dead_letters().clone();
        let delivery = Delivery::new(clock.clone(), gate.clone(), &trusted, letters, &folder);
        let socket_folder = places.runtime_folder(&RealDisk).unwrap_or_else(|| state.path().to_owned());
        let mut outflow = Self {
            clock,
            spool,
            state,
            trusted,
            gate,
            delivery,
            buckets: Vec::new(),
            socket_folder,
            commits: Arc::default(),
            committer: None,
        };
        outflow.buckets = open_buckets(&outflow.spool, &outflow.state, &plan.buckets)?;
        Ok(outflow)
    }

    /// The bucket of that label.
    pub fn bucket(&self, label: &str) -> Option<&Bucket> {
        self.buckets.iter().find(|bucket| bucket.plan.label == label)
    }

    /// Starts the committer and every drain.
    pub fn start(&mut self, plan: &Plan) -> Result<(), Failure> {
        let sync = match plan.spool.sync {
            Sync::Every(every) => every,
            Sync::Always => Duration::from_secs(10),
        };
        let committer = Committer {
            spool: self.spool.clone(),
            clock: self.clock.clone(),
            gate: self.gate.clone(),
            trusted: self.trusted.clone(),
            state: self.state.clone(),
            sync,
            checkpoint: plan.spool.checkpoint,
            pulse: self.commits.clone(),
        };
        let thread = std::thread::Builder::new().name("committer".into());
        let spawned = thread.spawn(move || committer.run());
        self.committer = Some(spawned.map_err(|error| Failure::failed(format!("no thread for the spool: {error}")))?);
        self.start_drains(plan)
    }

    fn start_drains(&mut self, plan: &Plan) -> Result<(), Failure> {
        for bucket in &self.buckets {
            for output in plan.outputs.iter().filter(|output| bucket.plan.outputs.contains(&output.label)) {
                self.delivery.start(&bucket.plan, &bucket.key, output, &bucket.log)?;
            }
        }
        Ok(())
    }

    /// Goes over to another plan: what says the same as before is not touched.
    pub async fn reload(&mut self, plan: &Plan) -> Result<(), Failure> {
        // A key that is made is written, and a disk may take its time for that: what goes on as before goes on meanwhile.
        let (spool, state, plans) = (self.spool.clone(), self.state.clone(), plan.buckets.clone());
        let opening = tokio::task::spawn_blocking(move || open_buckets(&spool, &state, &plans));
        let buckets = opening.await.map_err(Failure::failed)??;
        let wanted = |running: &crate::delivery::Running| {
            buckets.iter().any(|bucket| {
                let outputs = plan.outputs.iter().filter(|output| bucket.plan.outputs.contains(&output.label));
                outputs.into_iter().any(|output| running.is(&bucket.plan, &bucket.key, output))
            })
        };
        self.delivery.stop_others(LAST_BATCH, wanted).await;
        self.buckets = buckets;
        self.start_drains(plan)?;
        self.delivery.retry_now();
        Ok(())
    }

    /// An end without delivering: commits and closes.
    ///
    /// # Errors
    /// Where what was accepted ends with this process, because nothing takes it.
    pub async fn close(self) -> Result<(), String> {
        let survives = self.spool.status().survives_a_kill;
        let spool = self.spool;
        let closing = tokio::task::spawn_blocking(move || spool.close());
        let error =
            match tokio::time::timeout(CLOSE, closing).await.map(|closed| closed.map(|committed| committed.disk)) {
                Ok(Ok(DiskState::MemoryOnly { error, .. })) => error,
                Ok(_) => return Ok(()),
                Err(_) => format!("it has not answered for {} s", CLOSE.as_secs()),
            };
        if survives {
            return Ok(());
        }
        Err(format!("nothing could be kept: the disk takes nothing ({error}), and there is no runtime folder"))
    }

    /// A clean end: commits, delivers for at most `time`, and closes the spool. What is left stays there.
    ///
    /// # Errors
    /// Why not all was delivered.
    pub async fn finish(mut self, time: Duration) -> Result<(), String> {
        // What was accepted must be safe before anything that can take long is tried.
        let spool = self.spool.clone();
        let commit = tokio::task::spawn_blocking(move || spool.commit());
        let _ = tokio::time::timeout(time, commit).await;
        let delivered = self.delivery.finish(time).await;
        self.delivery.stop_others(Duration::from_millis(500), |_| false).await;
        let (spool, state) = (self.spool.clone(), self.state.clone());
        let stamp = self.trusted.get().then(|| self.clock.wall());
        let close = tokio::task::spawn_blocking(move || {
            drop(spool.close());
            stamp.into_iter().for_each(|stamp| state.keep_stamp(stamp));
        });
        // A disk that does not answer must not keep the process: what is accepted lies in the runtime folder too.
        if tokio::time::timeout(time.max(Duration::from_secs(1)), close).await.is_ok()
            && let Some(committer) = self.committer.take()
        {
            let _ = committer.join();
        }
        delivered
    }
}

/// Opens the log of each bucket. It may wait for the disk.
fn open_buckets(spool: &Spool, state: &StateFolder, plans: &[BucketPlan]) -> Result<Vec<Bucket>, Failure> {
    let open = |plan: &BucketPlan| {
        let key = match &plan.key {
            Some(key) => key.clone(),
            None => state.bucket_key(&plan.label).map_err(|error| {
                Failure::failed(format!(
                    "the key of bucket {} cannot be kept in {}: {error}; give it a `key`, or mend the folder",
                    plan.label,
                    state.path().display()
                ))
            })?,
        };
        let outputs: Vec<&str> = plan.outputs.iter().map(String::as_str).collect();
        let log = spool.log(&key, &outputs).map_err(Failure::failed)?;
        Ok(Bucket { plan: plan.clone(), key, log })
    };
    plans.iter().map(open).collect()
}

fn spool_options(plan: &Plan) -> Options {
    let on_full = match plan.spool.on_full {
        OnFull::DropOldest => streamer_spool::OnFull::DropOldest,
        OnFull::DropNewest => streamer_spool::OnFull::DropNewest,
    };
    Options {
        max_size: plan.spool.max_size,
        on_full,
        sync_always: plan.spool.sync == Sync::Always,
        ..Options::default()
    }
}

/// What recovery had to cut or set aside is worth a line each.
fn tell(recovery: &Recovery) {
    if recovery.readings > 0 {
        tracing::info!("{} readings of an earlier run wait in the spool", recovery.readings);
    }
    if recovery.torn_bytes > 0 {
        tracing::warn!("spool: {} bytes of a commit that was interrupted were cut", recovery.torn_bytes);
    }
    if recovery.lost > 0 {
        tracing::error!("spool: {} readings that should be on disk are not", recovery.lost);
    }
    for (file, reason) in &recovery.set_aside {
        tracing::error!("spool: {} was set aside: {reason}", file.display());
    }
    for file in &recovery.given_up {
        tracing::warn!("spool: {} is removed: newer files that were set aside need its room", file.display());
    }
    if let Some(fault) = &recovery.fault {
        tracing::error!("spool: {fault}; it is tried again with each commit");
    }
}
