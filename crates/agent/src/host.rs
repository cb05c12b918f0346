//! Answers what is asked over the control socket, from what the agent shares.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use streamer_clock::{Clock, SinceBoot};
use streamer_reading::Reading;
use streamer_spool::{AppendError, DeadLetters, Entry, Position, Quality};

use crate::agent::Agent;
use crate::control::{self, Answer, Question, WireReading};
use crate::gate::Gate;
use crate::letters;
use crate::outflow::Bucket;
use crate::status::Report;
use crate::trusted::Trusted;

/// By this name the command `log` and its like stand in records, and their streams in the spool.
pub const INPUT: &str = "log";
/// How long a burst waits for a disk that takes nothing.
const DISK_MAY_TAKE: Duration = Duration::from_secs(10);

/// The agent as the control socket sees it.
#[derive(Clone)]
pub struct Host(Arc<Shared>);

struct Shared {
    clock: Clock,
    gate: Gate,
    trusted: Arc<Trusted>,
    buckets: RwLock<Vec<Bucket>>,
    report: RwLock<Report>,
    /// Since when a disk that does not refuse has not kept up.
    overrun: Mutex<Option<SinceBoot>>,
}

impl Host {
    /// The agent as it is now.
    pub fn of(agent: &Agent) -> Self {
        Self(Arc::new(Shared {
            clock: agent.outflow.clock.clone(),
            gate: agent.outflow.gate.clone(),
            trusted: agent.outflow.trusted.clone(),
            buckets: RwLock::new(agent.outflow.buckets.clone()),
            report: RwLock::new(Report::of(agent)),
            overrun: Mutex::default(),
        }))
    }

    /// The agent went over to another configuration.
    pub fn follow(&self, agent: &Agent) {
        *self.0.buckets.write().unwrap_or_else(PoisonError::into_inner) = agent.outflow.buckets.clone();
        *self.0.report.write().unwrap_or_else(PoisonError::into_inner) = Report::of(agent);
    }

    /// How it is, for the one line that `systemctl status` has.
    pub fn in_a_line(&self) -> String {
        self.report().in_a_line()
    }

    /// Who has owed a sign of life for longer than `span`.
    pub fn stuck_for(&self, span: Duration) -> Option<String> {
        self.report().stuck_for(span)
    }

    /// What the input `self` tells about.
    pub fn into_report(self) -> impl Fn() -> serde_json::Value + Send + Sync {
        move || self.report().json()
    }

    /// What the control socket calls; `log_waits`: accepting may wait for the disk.
    pub fn into_answers(self, log_waits: bool) -> control::Host {
        control::Host { answers: Arc::new(move |question| self.answer(question)), log_waits }
    }

    fn answer(&self, question: Question) -> Answer {
        match question {
            Question::Status => Answer::Status(self.report().json()),
            Question::Log { bucket, readings, position } => self.log(bucket.as_deref(), &readings, position),
            Question::Position { stream } => {
                let stream = stream_name(&stream);
                let found = self.report().spool().positions(&stream).into_iter().find(|(name, _)| *name == stream);
                Answer::Position(found.map(|(_, at)| at))
            }
            Question::Commit => {
                self.0.gate.open_and_wait(Duration::ZERO);
                Answer::Done
            }
            Question::Letters { after } => Answer::Letters(letters::page(&self.letters(), after)),
            Question::RetryLetters { ids } => {
                let answer = letters::count(self.letters().retry(&letters::ids(&ids)));
                self.report().retry_letters();
                answer
            }
            Question::DropLetters { ids } => letters::count(self.letters().take(&letters::ids(&ids))),
            Question::Delivered { output } => {
                let (waiting, why) = self.report().undelivered(output.as_deref());
                Answer::Delivered { waiting, why }
            }
        }
    }

    fn report(&self) -> std::sync::RwLockReadGuard<'_, Report> {
        self.0.report.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn letters(&self) -> DeadLetters {
        self.report().spool().dead_letters().clone()
    }

    /// Whether a command should ask again rather than have readings pushed out of memory: a burst is faster than any card.
    /// A disk that gives no sign of life for too long is not waited for.
    fn waits_for_disk(&self) -> bool {
        let mut since = self.0.overrun.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.report().spool().is_overrun() {
            *since = None;
            return false;
        }
        let now = self.0.clock.boot();
        now.since(*since.get_or_insert(now)) < DISK_MAY_TAKE
    }

    fn log(&self, label: Option<&str>, readings: &[WireReading], position: Option<(String, u64)>) -> Answer {
        if self.waits_for_disk() {
            return Answer::Wait;
        }
        let buckets = self.0.buckets.read().unwrap_or_else(PoisonError::into_inner);
        match choose(&buckets, label) {
            Ok(bucket) => accept(&self.0.clock, self.0.trusted.get(), bucket, readings, position),
            Err(words) => Answer::Refused(words),
        }
    }
}

/// A stream of a command as it is called in the spool.
pub fn stream_name(stream: &str) -> String {
    format!("{INPUT}/{stream}")
}

/// The bucket of that label, or the only one.
///
/// # Errors
/// Which buckets there are.
pub fn choose<'b>(buckets: &'b [Bucket], label: Option<&str>) -> Result<&'b Bucket, String> {
    let labels = || buckets.iter().map(|bucket| bucket.plan.label.as_str()).collect::<Vec<_>>().join(", ");
    match (label, buckets) {
        (None, [only]) => Ok(only),
        (None, []) => Err("no bucket is configured".into()),
        (None, _) => Err(format!("there are several buckets; say which with --bucket: {}", labels())),
        (Some(label), _) => buckets
            .iter()
            .find(|bucket| bucket.plan.label == label)
            .ok_or_else(|| format!("there is no bucket `{label}`; there are: {}", labels())),
    }
}

/// Accepts readings into a bucket, all or none; the first that is no reading refuses them.
pub fn accept(
    clock: &Clock,
    trusted: bool,
    bucket: &Bucket,
    readings: &[WireReading],
    position: Option<(String, u64)>,
) -> Answer {
    let now = clock.now();
    let ours = if trusted { Quality::Trusted } else { Quality::Suspect };
    let mut accepted: Vec<(Reading, Quality)> = Vec::with_capacity(readings.len());
    for wire in readings {
        let read = wire.reading(now.wall).and_then(|(reading, given)| {
            // While our own clock is wrong, nobody can say what is ten years back.
            let reading =
                if given && trusted { reading.epoch.not_too_old(now.wall).map(|_| reading)? } else { reading };
            Ok((reading, if given { Quality::Given } else { ours }))
        });
        match read {
            Ok(read) => accepted.push(read),
            Err(refusal) => {
                let shown: String = wire.key.chars().take(60).collect();
                return Answer::Refused(format!("{shown:?}: {refusal}"));
            }
        }
    }
    let stream = position.map(|(stream, at)| (stream_name(&stream), at));
    let entries: Vec<Entry<'_>> = accepted
        .iter()
        .map(|(reading, quality)| Entry {
            key: &reading.key,
            value: &reading.value,
            epoch: reading.epoch,
            since_boot: now.boot.micros(),
            quality: *quality,
            input: INPUT,
            can_wait: stream.is_some(),
        })
        .collect();
    let place = stream.as_ref().map(|(stream, at)| Position { stream, at: *at });
    match bucket.log.append(&entries, place) {
        Ok(_) => Answer::Done,
        Err(AppendError::Wait) => Answer::Wait,
        Err(error) => Answer::Refused(error.to_string()),
    }
}
