//! Notices that a worker takes too long, without costing anything while none does.
//!
//! Before a worker asks a sampler it arms a timer that the runtime sleeps on, and it disarms it before it sleeps: two
//! short system calls a wake-up, and the runtime wakes only when somebody is late. Nothing here interrupts a worker:
//! what is late is left behind.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use streamer_clock::SinceBoot;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc::UnboundedReceiver;

use super::lane::Lane;
use super::worker::Worker;
use super::{Lanes, Name};
use crate::input::Cell;

/// The eye on one worker.
pub struct Watch {
    timer: OwnedFd,
    armed: AtomicBool,
    at_work: Mutex<Option<AtWork>>,
    /// Set once its thread has ended.
    over: AtomicBool,
    worker: Mutex<std::sync::Weak<Worker>>,
}

/// What a worker is doing.
#[derive(Clone)]
pub struct AtWork {
    pub cell: Arc<Cell>,
    pub began: SinceBoot,
    /// When the lane's patience ends; none where it has no patience to lose.
    pub patience: Option<SinceBoot>,
    pub deadline: SinceBoot,
}

impl Watch {
    pub fn new() -> io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)?;
        Ok(Self {
            timer,
            armed: AtomicBool::new(false),
            at_work: Mutex::default(),
            over: AtomicBool::new(false),
            worker: Mutex::default(),
        })
    }

    pub fn of(&self, worker: &Arc<Worker>) {
        *self.worker.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(worker);
    }

    fn at_work(&self) -> MutexGuard<'_, Option<AtWork>> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The worker begins. Where a short timer still runs from the sampler before, it is left as it is: it looks too
    /// early rather than too late.
    pub fn begin(&self, work: AtWork) {
        let first = work.patience.unwrap_or(work.deadline);
        let span = first.since(work.began);
        let short = work.patience.is_some();
        *self.at_work() = Some(work);
        if !(short && self.armed.load(Ordering::Acquire)) {
            self.arm(span);
        }
    }

    /// The worker is done; false where it was abandoned meanwhile.
    pub fn end(&self) -> bool {
        self.at_work().take().is_some()
    }

    /// The worker sleeps.
    pub fn rest(&self) {
        if self.armed.swap(false, Ordering::AcqRel) {
            self.set(Duration::ZERO);
        }
    }

    /// The thread has ended.
    pub fn over(&self) {
        self.over.store(true, Ordering::Release);
        self.arm(Duration::from_nanos(1));
    }

    fn arm(&self, span: Duration) {
        self.armed.store(true, Ordering::Release);
        self.set(span.max(Duration::from_nanos(1)));
    }

    fn set(&self, span: Duration) {
        let value = Timespec::try_from(span).unwrap_or(Timespec { tv_sec: i64::from(i32::MAX), tv_nsec: 0 });
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
        // It fails only for a value out of range, which this is not.
        let _ = timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once);
    }

    /// Looks at the worker: leaves alone who is in time, moves out who holds up others, abandons who is past its time.
    fn look(&self, lanes: &Lanes) {
        let mut at_work = self.at_work();
        let Some(work) = at_work.as_mut() else { return };
        let Some(worker) = self.worker.lock().unwrap_or_else(PoisonError::into_inner).upgrade() else { return };
        let now = lanes.0.clock.boot();
        if now >= work.deadline {
            let work = at_work.take();
            drop(at_work);
            if let Some(work) = work {
                worker.abandon(lanes, &work, now);
            }
        } else if work.patience.is_some_and(|patience| now >= patience) {
            work.patience = None;
            let (cell, deadline) = (work.cell.clone(), work.deadline);
            worker.move_out(lanes, Name::Own(cell.id.clone()));
            drop(at_work);
            tracing::debug!(input = cell.id, "took longer than 20 ms, works on a thread of its own from now on");
            self.arm(deadline.since(now));
        } else {
            let next = work.patience.unwrap_or(work.deadline);
            drop(at_work);
            self.arm(next.since(now));
        }
    }
}

/// The timer as the runtime polls it.
struct Timer(Arc<Watch>);

impl AsRawFd for Timer {
    fn as_raw_fd(&self) -> RawFd {
        self.0.timer.as_fd().as_raw_fd()
    }
}

/// What the runtime is to look after.
pub enum Care {
    /// A new worker's watch.
    Watch(Arc<Watch>),
    /// A lane that could not be given a worker.
    Staff(Arc<Lane>),
    /// An input that could not even wait in a lane, and is to be built after a pause.
    Build(Duration, Arc<Cell>),
}

/// How long to wait before a lane is given a worker, where none could be had.
const STAFF_AFTER: Duration = Duration::from_secs(1);

/// Looks after all that is sent here, until there are no lanes any more.
pub async fn look_after(lanes: Lanes, mut new: UnboundedReceiver<Care>) {
    let mut tasks = tokio::task::JoinSet::new();
    while let Some(care) = new.recv().await {
        let lanes = lanes.clone();
        tasks.spawn(async move {
            let watch = match care {
                Care::Watch(watch) => watch,
                Care::Staff(lane) => {
                    tokio::time::sleep(STAFF_AFTER).await;
                    return lanes.staff(&lane);
                }
                Care::Build(pause, cell) => {
                    tokio::time::sleep(pause).await;
                    return lanes.build_after(Duration::ZERO, cell);
                }
            };
            // SAFETY: `Timer` owns the watch, and with it the descriptor, which is opened once and never replaced: it is
            // open, and the same, for as long as the runtime polls it.
            #[expect(unsafe_code, reason = "the runtime has no safe way to sleep on a timer of somebody else's")]
            let registered = unsafe { AsyncFd::register(Timer(watch.clone())) };
            let Ok(timer) = registered else { return };
            while let Ok(mut ready) = timer.readable().await {
                let mut count = [0; 8];
                let fired = rustix::io::read(&watch.timer, &mut count).is_ok();
                ready.clear_ready();
                if watch.over.load(Ordering::Acquire) {
                    return;
                }
                if fired {
                    watch.look(&lanes);
                }
            }
        });
        while tasks.try_join_next().is_some() {}
    }
}
