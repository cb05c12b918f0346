//! What the rest of the program holds of a drain: its books, its standing, and the ways to hurry or stop it.

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use streamer_spool::Seq;
use tokio::sync::{Notify, oneshot};

use crate::output::{Standing, Verdict};
use crate::pulse::Pulse;

/// A drain's books since it was started.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Readings delivered, those of trials included.
    pub sent: u64,
    /// Readings sent again after a lost answer, counted each time that it may have stored them: the output has at most
    /// so many too many.
    pub in_doubt: u64,
    /// Attempts that ended in "later".
    pub retries: u64,
    /// Readings delivered on trial, after younger ones.
    pub late: u64,
    /// Readings put on trial: refused once for their content.
    pub on_trial: u64,
    /// Readings set aside for good, by cause.
    pub refused: BTreeMap<String, u64>,
    /// Readings set aside because the clock of their boot was never known.
    pub never_known: u64,
}

/// A drain at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// What it does, or waits for.
    pub standing: Standing,
    /// Its books.
    pub counts: Counts,
    /// The last failure, in words for a person; it may be long over.
    pub last_error: Option<String>,
}

/// Why not everything was delivered by a flush.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlushError {
    /// The output cannot deliver until a person does something.
    #[error("{0}")]
    Parked(String),
    /// Readings were refused for their content and are with the dead letters.
    #[error("{count} readings were refused and set aside: {why}")]
    Refused {
        /// How many.
        count: u64,
        /// Why the last of them was.
        why: String,
    },
    /// The drain was stopped.
    #[error("the delivery was stopped")]
    Stopped,
}

/// A drain, from outside. Cloning is cheap; clones are one.
#[derive(Clone)]
pub struct Handle(pub(super) Arc<Shared>);

type OutputsStanding = dyn Fn() -> Option<Standing> + Send + Sync;

pub(super) struct Shared {
    pub books: Mutex<Books>,
    pub notify: Notify,
    pub pulse: Pulse,
    outputs_standing: Box<OutputsStanding>,
}

pub(super) struct Books {
    pub counts: Counts,
    pub standing: Standing,
    pub last_error: Option<String>,
    /// The first failure that nobody has asked for yet.
    pub failure: Option<String>,
    /// Readings refused since the last flush, and why the last of them was.
    pub aside: Option<(u64, String)>,
    pub flushes: Vec<(Seq, oneshot::Sender<Result<(), FlushError>>)>,
    pub stop: bool,
    pub nudged: bool,
    /// Somebody may have put a letter on trial.
    pub letters: bool,
    ended: bool,
}

impl Shared {
    pub fn new(outputs_standing: Box<OutputsStanding>) -> Self {
        Self {
            books: Mutex::new(Books {
                counts: Counts::default(),
                standing: Standing::Streaming,
                last_error: None,
                failure: None,
                aside: None,
                flushes: Vec::new(),
                stop: false,
                nudged: false,
                letters: true,
                ended: false,
            }),
            notify: Notify::new(),
            pulse: Pulse::new(),
            outputs_standing,
        }
    }

    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its own trouble first, then what its output waits for.
    pub fn standing(&self) -> Standing {
        let own = self.books().standing.clone();
        if own == Standing::Streaming { (self.outputs_standing)().unwrap_or(own) } else { own }
    }

    /// Notes a failure, for those who ask for the last one and for those who ask for the first.
    pub fn failed(&self, why: &str) {
        let mut books = self.books();
        books.counts.retries += 1;
        books.last_error = Some(why.to_owned());
        books.failure.get_or_insert_with(|| why.to_owned());
    }

    /// A reading was refused for the first time.
    pub fn on_trial(&self, why: &str) {
        let mut books = self.books();
        books.counts.on_trial += 1;
        books.letters = true;
        books.last_error = Some(why.to_owned());
        books.failure.get_or_insert_with(|| why.to_owned());
        let before = books.aside.take().map_or(0, |(count, _)| count);
        books.aside = Some((before + 1, why.to_owned()));
    }

    /// A reading was accepted at its second try.
    pub fn accepted_on_trial(&self) {
        let mut books = self.books();
        books.counts.sent += 1;
        books.counts.late += 1;
        let aside = books.aside.take();
        books.aside = aside.filter(|(count, _)| *count > 1).map(|(count, why)| (count - 1, why));
    }

    /// A reading was refused at its second try.
    pub fn set_aside(&self, why: &str) {
        let mut books = self.books();
        books.last_error = Some(why.to_owned());
        // What the service said besides differs from reading to reading; its status is the cause.
        let cause = why.split([':', '(']).next().unwrap_or(why).trim();
        *books.counts.refused.entry(cause.to_owned()).or_default() += 1;
    }

    /// Looks on while an output delivers: one that blocks is late at once, one that waits only after `limit`.
    pub async fn attend(&self, limit: Duration, delivering: impl Future<Output = Verdict>) -> Verdict {
        let mut delivering = pin!(delivering);
        let mut waiting = None;
        poll_fn(|context| {
            waiting = None;
            let polled = delivering.as_mut().poll(context);
            if polled.is_pending() {
                waiting = Some(self.pulse.waits(limit));
            }
            polled
        })
        .await
    }

    /// Answers the flushes for which `settled` holds.
    pub fn answer(&self, answer: &Result<(), FlushError>, settled: impl Fn(Seq) -> bool) {
        let mut books = self.books();
        let (done, open) = std::mem::take(&mut books.flushes).into_iter().partition(|(seq, _)| settled(*seq));
        books.flushes = open;
        let refused = if answer.is_ok() { books.aside.take() } else { None };
        drop(books);
        let done: Vec<(Seq, oneshot::Sender<_>)> = done;
        if done.is_empty() {
            // Nobody heard of the refusals yet.
            if refused.is_some() {
                self.books().aside = refused;
            }
            return;
        }
        let answer = refused.map_or_else(|| answer.clone(), |(count, why)| Err(FlushError::Refused { count, why }));
        for (_, asker) in done {
            // Whoever does not wait any longer needs no answer.
            drop(asker.send(answer.clone()));
        }
    }

    /// The last thing a drain does, also when it is dropped in the middle of a call.
    pub fn end(&self) {
        self.books().ended = true;
        self.pulse.ends();
        self.answer(&Err(FlushError::Stopped), |_| true);
    }
}

impl Handle {
    /// Delivers without waiting for fuller batches until all up to and including `through` is settled.
    ///
    /// # Errors
    /// [`FlushError`], at once where only a person can help. Without an answer, [`Handle::snapshot`] says what it waits
    /// for; how long to wait for one is the caller's affair.
    pub async fn flush(&self, through: Seq) -> Result<(), FlushError> {
        let answer = {
            let mut books = self.0.books();
            if books.ended {
                return Err(FlushError::Stopped);
            }
            let (asker, answer) = oneshot::channel();
            books.flushes.push((through, asker));
            answer
        };
        self.0.notify.notify_one();
        answer.await.unwrap_or(Err(FlushError::Stopped))
    }

    /// Ends the drain after the call that it is in.
    pub fn stop(&self) {
        self.0.books().stop = true;
        self.0.notify.notify_one();
    }

    /// Tries at once what waits or is parked, and letters that a person put on trial. (What the account waits for:
    /// [`crate::events_api::Account::retry_now`].)
    pub fn retry_now(&self) {
        {
            let mut books = self.0.books();
            books.nudged = true;
            books.letters = true;
        }
        self.0.notify.notify_one();
    }

    /// How long the drain has owed a sign of life. A network that does not answer is none of its faults: a call has its
    /// time, and ends.
    pub fn late(&self) -> Duration {
        self.0.pulse.late()
    }

    /// The drain as it is now.
    pub fn snapshot(&self) -> Snapshot {
        let standing = self.0.standing();
        let books = self.0.books();
        Snapshot { standing, counts: books.counts.clone(), last_error: books.last_error.clone() }
    }

    /// The first failure since this was last asked.
    pub fn take_failure(&self) -> Option<String> {
        self.0.books().failure.take()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(&self.snapshot()).finish()
    }
}
