//! A thread that serves a lane. It must never hold a lock while it is inside an input's own code.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use streamer_clock::{SinceBoot, Woken};
use streamer_plugin::{Drive, InputError, Readings};

use super::entry::{Entry, Sampling, Stage};
use super::lane::{Lane, Turn};
use super::watch::{AtWork, Care, Watch};
use super::{Lanes, Name, STUCK_AT_MOST, STUCK_OF_ONE};
use crate::input::{Cell, Outcome};

/// One worker: the lane that it serves now, and the eye on it.
pub struct Worker {
    lane: Mutex<Arc<Lane>>,
    watch: Arc<Watch>,
}

/// Starts a worker for a lane that has work and none to do it.
pub fn start(lanes: &Lanes, lane: &Arc<Lane>) -> io::Result<()> {
    let watch = Arc::new(Watch::new()?);
    let worker = Arc::new(Worker { lane: Mutex::new(lane.clone()), watch: watch.clone() });
    if !lane.hire(&worker) {
        return Ok(());
    }
    watch.of(&worker);
    let thread = std::thread::Builder::new().name(lane.name.thread());
    let (lanes, hired) = (lanes.clone(), worker.clone());
    let started = thread.spawn(move || {
        // A tick is late by the timer's slack: 50 us, unless somebody asks for less.
        let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
        lanes.care(Care::Watch(hired.watch.clone()));
        hired.work(&lanes);
        hired.watch.over();
    });
    if let Err(error) = started {
        lane.dismiss(&worker);
        return Err(error);
    }
    Ok(())
}

impl Worker {
    fn lane(&self) -> Arc<Lane> {
        self.lane.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn work(self: &Arc<Self>, lanes: &Lanes) {
        let clock = &lanes.0.clock;
        let mut out = Readings::new(clock, std::time::Duration::ZERO);
        loop {
            let lane = self.lane();
            match lane.turn(self, clock.boot()) {
                Turn::Take(entry) => {
                    if !self.serve(lanes, entry, &mut out) {
                        return;
                    }
                }
                Turn::Sleep(until) => {
                    self.watch.rest();
                    if clock.wait_until(until, &lane.wake) == Woken::Stepped {
                        lane.stepped(clock.now());
                    }
                }
                Turn::Leave => return,
            }
        }
    }

    /// Does what is due; false where this worker was abandoned meanwhile.
    fn serve(self: &Arc<Self>, lanes: &Lanes, entry: Entry, out: &mut Readings) -> bool {
        let Entry { cell, stage, .. } = entry;
        let began = lanes.0.clock.now();
        let patience = if matches!(stage, Stage::Sample(_)) { self.lane().name.patience() } else { None };
        let work = AtWork {
            cell: cell.clone(),
            began: began.boot,
            patience: patience.map(|patience| began.boot.plus(patience)),
            deadline: began.boot.plus(cell.timeout),
        };
        self.watch.begin(work);
        if cell.is_retired() {
            let _ = catch_unwind(AssertUnwindSafe(|| drop(stage)));
            let here = self.watch.end();
            self.lane().done();
            return here;
        }
        match stage {
            Stage::Build => {
                let built = catch_unwind(AssertUnwindSafe(|| cell.options.build(&cell.site)));
                if !self.watch.end() {
                    return self.came_back(lanes, &cell, || drop(built));
                }
                self.lane().done();
                self.built(lanes, &cell, built.unwrap_or_else(|panic| Err(panicked("build", &*panic))));
                true
            }
            Stage::Sample(mut sampling) => {
                out.begin(began, cell.timeout);
                let sampled = catch_unwind(AssertUnwindSafe(|| sampling.sampler.sample(out)));
                if !self.watch.end() {
                    return self.came_back(lanes, &cell, || drop(sampling));
                }
                let outcome = match sampled {
                    Ok(result) => cell.sampled(result, out),
                    // What a panicking sampler put is not to be trusted.
                    Err(panic) => cell.failed(&panicked("sample", &*panic)),
                };
                self.after(lanes, cell, sampling, outcome);
                true
            }
        }
    }

    /// Puts the sampler back for its next tick, or lets it go to be built anew.
    fn after(self: &Arc<Self>, lanes: &Lanes, cell: Arc<Cell>, mut sampling: Box<Sampling>, outcome: Outcome) {
        let now = lanes.0.clock.now();
        let lane = self.lane();
        match outcome {
            Outcome::KeepOn { slower } => {
                let due = sampling.ticker.next(now);
                cell.count_missed(due.missed);
                let due = slower.map_or(due.at, |pause| due.at.max(now.boot.plus(pause)));
                lane.put_back(Entry { cell, due, stage: Stage::Sample(sampling) });
            }
            Outcome::BuildAnew { pause } => {
                self.watch.begin(AtWork {
                    cell: cell.clone(),
                    began: now.boot,
                    patience: lane.name.patience().map(|patience| now.boot.plus(patience)),
                    deadline: now.boot.plus(cell.timeout),
                });
                if catch_unwind(AssertUnwindSafe(|| drop(sampling))).is_err() {
                    cell.health().warn("panicked while it let go of its device");
                }
                if self.watch.end() {
                    self.lane().done();
                    lanes.build_after(pause, cell);
                }
            }
        }
    }

    fn built(&self, lanes: &Lanes, cell: &Arc<Cell>, built: Result<streamer_plugin::Input, InputError>) {
        let now = lanes.0.clock.now();
        match built {
            Ok(input) => match input.drive {
                Drive::Sampled(sampler) => {
                    let (ticker, due) = cell.first_tick(now);
                    let stage = Stage::Sample(Box::new(Sampling { sampler, ticker }));
                    lanes.put(Name::of(input.lane, &cell.id), Entry { cell: cell.clone(), due, stage });
                }
                Drive::Listening(listener) => lanes.0.listeners.start(lanes, cell.clone(), listener),
            },
            Err(error) => {
                if let Outcome::BuildAnew { pause } = cell.unbuilt(&error) {
                    lanes.build_after(pause, cell.clone());
                }
            }
        }
    }

    /// This worker's sampler holds up the others: it goes on in a lane of its own, and somebody else serves the rest.
    /// Called by the watch, while the worker is inside the sampler.
    pub fn move_out(self: &Arc<Self>, lanes: &Lanes, name: Name) {
        let Ok(own) = lanes.lane(&name) else { return };
        own.move_in(self);
        let old = std::mem::replace(&mut *self.lane.lock().unwrap_or_else(PoisonError::into_inner), own);
        old.dismiss(self);
        lanes.staff(&old);
    }

    /// This worker is past its input's deadline: it is left behind. Called by the watch.
    pub fn abandon(self: &Arc<Self>, lanes: &Lanes, work: &AtWork, now: SinceBoot) {
        let lane = self.lane();
        lane.dismiss(self);
        lanes.staff(&lane);
        let total = lanes.0.stuck.fetch_add(1, Ordering::Relaxed) + 1;
        let own = work.cell.stuck.fetch_add(1, Ordering::Relaxed) + 1;
        let pause = work.cell.late(now.since(work.began));
        if total <= STUCK_AT_MOST && own < STUCK_OF_ONE {
            lanes.build_after(pause, work.cell.clone());
        } else {
            work.cell.wait_for_return();
        }
    }

    /// A worker that was left behind has come back after all: what it brings is dropped with what it held.
    fn came_back(&self, lanes: &Lanes, cell: &Arc<Cell>, let_go: impl FnOnce()) -> bool {
        let _ = catch_unwind(AssertUnwindSafe(let_go));
        lanes.0.stuck.fetch_sub(1, Ordering::Relaxed);
        cell.stuck.fetch_sub(1, Ordering::Relaxed);
        if let Some(pause) = cell.returned() {
            lanes.build_after(pause, cell.clone());
        }
        false
    }
}

/// A panic as an error that makes the input be built anew.
pub fn panicked(doing: &str, panic: &(dyn Any + Send)) -> InputError {
    let words = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    InputError::gone(format!("panicked in {doing}: {}", words.unwrap_or("without words")))
}
