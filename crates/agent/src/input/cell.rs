//! One configured input: its options, its schedule, its way to the spool, and how it is.
//!
//! A cell lives as long as the configuration names the input; samplers and listeners come and go.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use streamer_clock::{Moment, SinceBoot};
use streamer_config::InputPlan;
use streamer_plugin::{InputError, Options, Position, Readings, SendError, Sink, Site, Stop};
use streamer_schedule::{Schedule, Ticker};

use super::health::{Condition, Health};
use super::intake::Intake;

/// One configured input.
pub struct Cell {
    /// The name by which it is known everywhere.
    pub id: String,
    /// Where it stands in the configuration: `streamer.toml:12`.
    pub place: String,
    pub options: Arc<dyn Options>,
    pub site: Site,
    pub schedule: Schedule,
    /// How long a read may take.
    pub timeout: Duration,
    /// Threads of it that were left behind and have not come back.
    pub stuck: AtomicUsize,
    intake: Intake,
    health: Mutex<Health>,
    retired: AtomicBool,
    waits_for_return: AtomicBool,
    /// Its first tick is the configuration's: later ones only go on.
    ticked: AtomicBool,
}

/// What to do with a sampler after a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Ask it at its next tick, though not before a pause where it has failed too often.
    KeepOn {
        /// The shortest time until then.
        slower: Option<Duration>,
    },
    /// Let it go, and build it anew after a pause.
    BuildAnew {
        /// How long to wait.
        pause: Duration,
    },
}

impl Cell {
    /// The cell of a configured input.
    pub fn new(plan: &InputPlan, site: Site, intake: Intake) -> Self {
        Self {
            id: plan.id.clone(),
            place: plan.place.to_string(),
            options: plan.options.clone(),
            site,
            schedule: plan.schedule.clone(),
            timeout: plan.timeout,
            stuck: AtomicUsize::new(0),
            intake,
            health: Mutex::new(Health::new(plan.id.clone(), plan.place.to_string())),
            retired: AtomicBool::new(false),
            waits_for_return: AtomicBool::new(false),
            ticked: AtomicBool::new(false),
        }
    }

    /// How it is.
    pub fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The configuration does not name it any more.
    pub fn retire(&self) {
        self.retired.store(true, Ordering::Release);
    }

    pub fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    /// Its schedule from now on. Only the first build of an input reads at the start.
    pub fn first_tick(&self, now: Moment) -> (Ticker, SinceBoot) {
        let mut ticker = Ticker::new(self.schedule.clone(), now);
        let due = if self.ticked.swap(true, Ordering::Relaxed) && ticker.due().at <= now.boot {
            ticker.next(now)
        } else {
            ticker.due()
        };
        (ticker, due.at)
    }

    /// A round has been taken: accepts what it brought, and says what to do next.
    pub fn sampled(&self, result: Result<(), InputError>, readings: &Readings) -> Outcome {
        let sent = self.take(readings, readings.reached(), None);
        match result {
            Ok(()) => {
                if sent.is_ok() {
                    self.health().worked();
                }
                Outcome::KeepOn { slower: None }
            }
            Err(InputError::Skip(_)) => Outcome::KeepOn { slower: None },
            Err(error) => self.failed(&error),
        }
    }

    /// A round has failed.
    pub fn failed(&self, error: &InputError) -> Outcome {
        let mut health = self.health();
        let pause = health.failed(error);
        match error {
            InputError::Skip(_) | InputError::Again(_) => {
                Outcome::KeepOn { slower: health.is_tired().then_some(pause) }
            }
            InputError::Gone(_) | InputError::Misconfigured(_) => Outcome::BuildAnew { pause },
        }
    }

    /// It could not be built.
    pub fn unbuilt(&self, error: &InputError) -> Outcome {
        let pause = self.health().failed(error);
        Outcome::BuildAnew { pause }
    }

    /// It did not come back by its deadline; how long to wait before it is built anew.
    pub fn late(&self, after: Duration) -> Duration {
        self.health().late(after)
    }

    /// Its listener was started.
    pub fn listens(&self, now: SinceBoot) {
        self.health().listens(now);
    }

    /// Its listener ended before its time; how long to wait before it is built anew.
    pub fn ended(&self, error: &InputError, now: SinceBoot) -> Outcome {
        let pause = self.health().ended(error, now);
        Outcome::BuildAnew { pause }
    }

    /// Its listener has nothing left to tell.
    pub fn finished(&self) {
        let mut health = self.health();
        health.condition = Condition::Finished;
        health.inform("has nothing left to tell");
    }

    /// Too many of its threads are stuck: it is built anew only when one comes back.
    pub fn wait_for_return(&self) {
        self.waits_for_return.store(true, Ordering::Release);
        self.health().warn("is not opened again before one of its threads comes back");
    }

    /// One of its threads came back; the pause before it is built anew, where it waited for that.
    pub fn returned(&self) -> Option<Duration> {
        let waited = self.waits_for_return.swap(false, Ordering::AcqRel);
        (waited && !self.is_retired()).then_some(Duration::from_secs(1))
    }

    /// Ticks that fell into a read that still ran.
    pub fn count_missed(&self, ticks: u32) {
        if ticks > 0 {
            self.health().counts.missed += u64::from(ticks);
        }
    }

    fn take(&self, readings: &Readings, position: Option<Position<'_>>, stop: Option<&Stop>) -> Result<(), SendError> {
        let taken = self.intake.accept(readings, position, stop);
        let mut health = self.health();
        health.counts.rounds += 1;
        health.heed(readings, readings.began().boot);
        for (cause, count) in taken.refused {
            *health.counts.refused.entry(cause).or_default() += count;
        }
        for (cause, count) in taken.dropped {
            *health.counts.dropped.entry(cause).or_default() += count;
        }
        health.counts.accepted += taken.accepted;
        if taken.accepted > 0 {
            health.last_reading = taken.last;
        }
        taken.result
    }
}

/// What a listener's outlet leads to.
impl Sink for Cell {
    fn send(&self, readings: &Readings, position: Option<Position<'_>>, stop: &Stop) -> Result<(), SendError> {
        self.take(readings, position, Some(stop))?;
        self.health().told();
        Ok(())
    }

    fn settled(&self, stream: &str) -> Option<u64> {
        self.intake.settled(stream)
    }

    fn positions(&self) -> Vec<(String, u64)> {
        self.intake.positions()
    }

    fn forget(&self, stream: &str) {
        self.intake.forget(stream);
    }
}
