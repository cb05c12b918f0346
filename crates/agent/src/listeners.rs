//! Where listeners run: each on a thread of its own, told to stop and never waited for.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use streamer_clock::Clock;
use streamer_plugin::{InputError, Listener, Outlet, Stop, Stopper};

use crate::input::{Cell, Outcome};
use crate::lanes::{Lanes, panicked};

/// All listeners at work, by the id of their input.
#[derive(Clone)]
pub struct Listeners(Arc<Shared>);

struct Shared {
    clock: Clock,
    at_work: Mutex<HashMap<String, AtWork>>,
}

struct AtWork {
    stopper: Stopper,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Listeners {
    /// No listener yet.
    pub fn new(clock: Clock) -> Self {
        Self(Arc::new(Shared { clock, at_work: Mutex::default() }))
    }

    fn at_work(&self) -> MutexGuard<'_, HashMap<String, AtWork>> {
        self.0.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a built listener run; when it ends before its time it is built anew after a pause.
    pub fn start(&self, lanes: &Lanes, cell: Arc<Cell>, mut listener: Box<dyn Listener>) {
        if cell.is_retired() {
            return;
        }
        let (stop, stopper) = match Stop::new() {
            Ok(pair) => pair,
            Err(error) => return self.ended(lanes, &cell, Err(InputError::again(error))),
        };
        let outlet = Outlet::new(cell.clone(), self.0.clock.clone(), stop.clone());
        let thread = std::thread::Builder::new().name(cell.id.chars().take(15).collect());
        cell.listens(self.0.clock.boot());
        let (listeners, own_lanes, own_cell) = (self.clone(), lanes.clone(), cell.clone());
        let started = thread.spawn(move || {
            let result = catch_unwind(AssertUnwindSafe(|| listener.listen(&outlet, &stop)))
                .unwrap_or_else(|panic| Err(panicked("listen", &*panic)));
            if catch_unwind(AssertUnwindSafe(|| drop(listener))).is_err() {
                own_cell.health().warn("panicked while it let go of its device");
            }
            if !stop.asked() {
                listeners.ended(&own_lanes, &own_cell, result);
            }
        });
        match started {
            Ok(thread) => {
                self.at_work().insert(cell.id.clone(), AtWork { stopper, thread: Some(thread) });
            }
            Err(error) => self.ended(lanes, &cell, Err(InputError::again(format!("no thread for it: {error}")))),
        }
    }

    fn ended(&self, lanes: &Lanes, cell: &Arc<Cell>, result: Result<(), InputError>) {
        let outcome = match result {
            // It has nothing left to tell: nothing is wrong, and nothing more will come.
            Ok(()) => return cell.finished(),
            Err(error) => cell.ended(&error, self.0.clock.boot()),
        };
        if let Outcome::BuildAnew { pause } = outcome {
            lanes.build_after(pause, cell.clone());
        }
    }

    /// Tells the listener of an input to stop; does not wait for it.
    pub fn stop(&self, cell: &Cell) {
        self.at_work().remove(&cell.id);
    }

    /// Tells all listeners to stop, and waits at most `time` for what they still send.
    pub fn stop_all(&self, time: Duration) {
        let mut all: Vec<AtWork> = self.at_work().drain().map(|(_, at_work)| at_work).collect();
        all.iter().for_each(|at_work| at_work.stopper.stop());
        let until = self.0.clock.boot().plus(time);
        while all.iter().any(|a| a.thread.as_ref().is_some_and(|t| !t.is_finished())) && self.0.clock.boot() < until {
            std::thread::sleep(Duration::from_millis(2));
        }
        // A thread that did not end is left behind: the process ends soon.
        all.iter_mut().for_each(|at_work| at_work.thread = None);
    }
}
