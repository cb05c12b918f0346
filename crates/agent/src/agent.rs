//! Everything assembled: inputs in their lanes, the outflow behind them, taps beside them.
//!
//! The agent starts whatever is missing: a network, a sensor, room on the disk. What is wrong is said and tried again.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use streamer_clock::{Clock, Moment};
use streamer_config::{InputPlan, Plan, Rules, Sync};
use streamer_plugin::Site;
use streamer_spool::Spool;

use crate::descriptors;
use crate::exit::Failure;
use crate::flow::Flow;
use crate::input::{Cell, Intake, Rate, reached};
use crate::lanes::Lanes;
use crate::listeners::Listeners;
use crate::losses::Losses;
use crate::outflow::{Bucket, Outflow};
use crate::program_pages;
use crate::taps::Taps;

/// How long a clean end waits for samplers at work, and for taps.
const SAMPLERS: Duration = Duration::from_secs(1);
const TAPS: Duration = Duration::from_secs(1);

/// A running agent.
pub struct Agent {
    pub outflow: Outflow,
    pub started: Moment,
    pub lanes: Lanes,
    pub flow: Arc<Flow>,
    plan: Plan,
    listeners: Listeners,
    inputs: Inputs,
    taps: Taps,
    tap: Option<JoinHandle<()>>,
}

/// The inputs at work, as the control socket sees them too.
pub type Inputs = Arc<RwLock<Vec<(InputPlan, Arc<Cell>)>>>;

impl Agent {
    /// Opens the outflow and starts everything. Must be called inside the runtime.
    ///
    /// # Errors
    /// See [`Outflow::open`].
    pub async fn start(plan: Plan, clock: Clock) -> Result<Self, Failure> {
        descriptors::make_room();
        let mut outflow = Outflow::open(&plan, clock.clone()).await?;
        outflow.start(&plan)?;
        let (taps, tap) = open_taps(&plan)?;
        let listeners = Listeners::new(clock.clone());
        let (lanes, looking) = Lanes::new(clock.clone(), listeners.clone());
        tokio::spawn(looking);
        let flow = Arc::new(Flow::default());
        tokio::spawn(watch_flow(flow.clone(), outflow.spool.clone(), clock.clone()));
        let agent =
            Self { started: clock.now(), outflow, lanes, flow, plan, listeners, inputs: Inputs::default(), taps, tap };
        let inputs = agent.plan.inputs.clone();
        inputs.into_iter().for_each(|input| agent.add(input));
        tokio::spawn(program_pages::let_go_after_start());
        Ok(agent)
    }

    /// The inputs at work.
    pub fn inputs(&self) -> Inputs {
        self.inputs.clone()
    }

    /// Whether accepting a reading may have to wait for the disk.
    pub fn log_may_wait(&self) -> bool {
        let no_runtime_folder = self.outflow.socket_folder == self.outflow.state.path();
        no_runtime_folder || self.plan.spool.sync == Sync::Always
    }

    /// What looks on at its readings.
    pub fn taps(&self) -> Taps {
        self.taps.clone()
    }

    fn add(&self, input: InputPlan) {
        let Some(bucket) = self.outflow.bucket(&input.bucket) else { return };
        let cell = Arc::new(cell(&self.plan, &input, bucket, &self.outflow, self.taps.clone()));
        self.lanes.add(cell.clone());
        self.inputs.write().unwrap_or_else(PoisonError::into_inner).push((input, cell));
    }

    /// Goes over to another plan. Inputs, buckets and outputs that say the same as before are not touched.
    ///
    /// # Errors
    /// In words for a person; what could not be done is left as it was.
    pub async fn reload(&mut self, plan: Plan) -> Result<(), String> {
        let (old, new) = (&self.plan, &plan);
        if old.agent.state_dir != new.agent.state_dir {
            return Err("`state_dir` has changed: restart needed; everything goes on as before".into());
        }
        if old.spool != new.spool {
            return Err("`[spool]` has changed: restart needed; everything goes on as before".into());
        }
        // Inputs of a bucket that is another one now must not write into the old log.
        let moved: Vec<String> =
            old.buckets.iter().filter(|b| !self.same_bucket(b, new)).map(|b| b.label.clone()).collect();
        let stays = |input: &InputPlan| {
            let same = |other: &InputPlan| other.id == input.id && other.fingerprint == input.fingerprint;
            new.inputs.iter().any(same) && !moved.contains(&input.bucket) && old.agent == new.agent
        };
        let (kept, gone): (Vec<_>, Vec<_>) = {
            let mut inputs = self.inputs.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *inputs).into_iter().partition(|(input, _)| stays(input))
        };
        gone.iter().for_each(|(_, cell)| self.lanes.remove(cell));
        let ids: Vec<String> = kept.iter().map(|(input, _)| input.id.clone()).collect();
        *self.inputs.write().unwrap_or_else(PoisonError::into_inner) = kept;
        let flowing = self.outflow.reload(&plan).await.map_err(|failure| failure.words);
        self.plan = plan;
        let added: Vec<InputPlan> = self.plan.inputs.iter().filter(|input| !ids.contains(&input.id)).cloned().collect();
        tracing::info!(kept = ids.len(), stopped = gone.len(), started = added.len(), "reloaded");
        added.into_iter().for_each(|input| self.add(input));
        tokio::spawn(program_pages::let_go_after_start());
        flowing
    }

    fn same_bucket(&self, old: &streamer_config::BucketPlan, new: &Plan) -> bool {
        new.buckets.iter().any(|bucket| bucket.label == old.label && bucket.key == old.key)
    }

    /// A clean end: stops the inputs, delivers for as long as the plan allows, leaves the rest in the spool.
    ///
    /// # Errors
    /// Why not all was delivered; it is in the spool.
    pub async fn stop(mut self) -> Result<(), String> {
        let time = self.plan.agent.shutdown_timeout;
        let (lanes, listeners) = (self.lanes.clone(), self.listeners.clone());
        // Both wait in slices; the runtime has to go on meanwhile, for what they send is delivered already.
        let stopping = tokio::task::spawn_blocking(move || {
            listeners.stop_all(SAMPLERS);
            lanes.stop(SAMPLERS);
        });
        let _ = stopping.await;
        let delivered = self.outflow.finish(time).await;
        self.taps.end(TAPS);
        if let Some(tap) = self.tap.take().filter(|tap| tap.is_finished()) {
            let _ = tap.join();
        }
        delivered
    }
}

/// Looks at what comes and goes, and at what is given up, as long as the agent runs.
async fn watch_flow(flow: Arc<Flow>, spool: Spool, clock: Clock) {
    let mut losses = Losses::default();
    while !spool.is_closed() {
        let status = spool.status();
        flow.look(&status, clock.boot());
        for line in losses.look(&status) {
            tracing::warn!("{line}");
        }
        tokio::time::sleep(crate::flow::EVERY).await;
    }
}

/// An input's cell: its site, its rules and its way into its bucket's log.
pub fn cell(plan: &Plan, input: &InputPlan, bucket: &Bucket, outflow: &Outflow, taps: Taps) -> Cell {
    let state = outflow.state.of_input(&input.id);
    let root: PathBuf = plan.agent.root.clone();
    let (spool, id) = (outflow.spool.clone(), input.id.clone());
    let site = Site::new(&input.id, root, outflow.clock.clone(), plan.agent.zone.clone(), state)
        .with_places(move |stream| reached(&spool, &id, stream));
    let rate = input.max_rate.map(|rate| Rate::new(rate, outflow.clock.boot()));
    let rules = Rules::new(input.rules.clone(), &input.prefix);
    let into = (outflow.spool.clone(), bucket.log.clone());
    let intake = Intake::new(input.id.clone(), into, rules, rate, taps, outflow.trusted.clone());
    Cell::new(input, site, intake)
}

/// The taps of a plan, and the thread of the one on stdout.
pub fn open_taps(plan: &Plan) -> Result<(Taps, Option<JoinHandle<()>>), Failure> {
    if !plan.taps.stdout {
        return Ok((Taps::default(), None));
    }
    let (taps, stdout) = Taps::stdout(plan.simulated);
    let thread = std::thread::Builder::new().name("tap".into());
    let tap = thread
        .spawn(move || stdout.run())
        .map_err(|error| Failure::failed(format!("no thread for the tap: {error}")))?;
    Ok((taps, Some(tap)))
}
