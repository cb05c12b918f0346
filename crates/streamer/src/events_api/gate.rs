//! What decides when an account may make its next call: each answer, and each call without one, leads to a conclusion.
//!
//! It calls nobody and never sleeps; who calls tells it what came of it, and when.

use std::time::Duration;

use streamer_clock::SinceBoot;

use super::allowance::{Allowance, Window};
use super::answer::{Answer, Meaning};
use super::trouble::Trouble;
use crate::output::Standing;
use crate::retry::{Backoff, Jitter, Pace};

/// A body below this was refused for its number of events, not for its size.
const SMALL_BODY: usize = 50_000;
/// The service's documents name 200 KB and 1 MB.
const MOST_BYTES: usize = 190_000;

const TOO_MANY: &str = "the service answered 429: too many calls";

/// Between an account and its next call.
pub(super) struct Gate {
    pace: Pace,
    allowance: Allowance,
    hold: Option<Hold>,
    network: Backoff,
    parked: Backoff,
    throttle: Backoff,
    jitter: Jitter,
    /// The most events and bytes of one call.
    events: usize,
    bytes: usize,
    trouble: Trouble,
}

/// No call before then.
struct Hold {
    until: SinceBoot,
    why: String,
    /// Whether only a person can mend it.
    person: bool,
}

/// What came of a call, as far as its caller has to act on it.
#[derive(Debug)]
pub(super) enum Outcome {
    Accepted,
    Refused {
        why: String,
        bucket: bool,
    },
    BucketRemoved(String),
    TooLarge,
    /// The account waits and knows how long; the same call later.
    Wait {
        why: String,
        in_doubt: bool,
    },
    /// The service has a fault; the same call later, at the caller's own distance.
    Fault {
        why: String,
        in_doubt: bool,
    },
}

impl Gate {
    /// An open gate: nothing is known of the allowance yet.
    pub fn new(events: usize, pace: Pace) -> Self {
        Self {
            pace,
            allowance: Allowance::default(),
            hold: None,
            network: Backoff::network(),
            parked: Backoff::parked(),
            throttle: Backoff::service(),
            jitter: Jitter::new(),
            events: events.max(1),
            bytes: MOST_BYTES,
            trouble: Trouble::default(),
        }
    }

    /// The most events and bytes that one call may carry now.
    pub const fn most(&self) -> (usize, usize) {
        (self.events, self.bytes)
    }

    /// When the next call may be made; `None` means now.
    pub fn opens(&self, now: SinceBoot) -> Option<SinceBoot> {
        let held = self.hold.as_ref().map(|hold| hold.until).filter(|&until| until > now);
        held.max(self.allowance.wait(now))
    }

    /// What the account waits for, if it does.
    pub fn standing(&self, now: SinceBoot) -> Option<Standing> {
        match &self.hold {
            Some(hold) if hold.person => Some(Standing::Parked { why: hold.why.clone(), until: hold.until }),
            Some(hold) => Some(Standing::Waiting { why: hold.why.clone(), until: Some(hold.until) }),
            None => self.allowance.wait(now).map(|until| Standing::Waiting {
                why: "the allowance of this window is used up".into(),
                until: Some(until),
            }),
        }
    }

    /// Somebody says that things have changed.
    pub fn lift(&mut self) {
        self.hold = None;
    }

    /// What the answer to a call of `size` bytes leads to.
    pub fn answered(&mut self, answer: &Answer<'_>, size: usize, now: SinceBoot) -> Outcome {
        match answer.window() {
            Some(window) => {
                self.allowance.learn(Window { ends_in: self.pace.of(window.ends_in), ..window }, now);
            }
            None => self.allowance.not_told(),
        }
        let meaning = answer.meaning();
        self.reset(&meaning);
        match &meaning {
            Meaning::NotNow { why, .. } => self.trouble.again(why),
            Meaning::TooMany(_) => self.trouble.again(TOO_MANY),
            Meaning::AccountStopped(_) => {}
            _ => self.trouble.is_over(),
        }
        match meaning {
            Meaning::Accepted => Outcome::Accepted,
            Meaning::Refused { why, bucket } => Outcome::Refused { why, bucket },
            Meaning::BucketRemoved(why) => Outcome::BucketRemoved(why),
            Meaning::TooLarge => {
                if size <= SMALL_BODY {
                    self.events = (self.events / 2).max(1);
                } else {
                    self.bytes = (size / 2).max(SMALL_BODY / 2);
                }
                Outcome::TooLarge
            }
            Meaning::TooMany(wait) => {
                let wait = wait.unwrap_or_else(|| self.throttle.next() * 2);
                let jitter = self.jitter.within((wait / 10).clamp(Duration::from_millis(50), Duration::from_secs(1)));
                let why = TOO_MANY.to_owned();
                self.hold(now, wait + jitter, &why, false);
                Outcome::Wait { why, in_doubt: false }
            }
            Meaning::AccountStopped(why) => self.stopped(why, now),
            Meaning::NotNow { why, wait: Some(wait), in_doubt } => {
                let jitter = self.jitter.within((wait / 10).min(Duration::from_secs(1)));
                self.hold(now, wait + jitter, &why, false);
                Outcome::Wait { why, in_doubt }
            }
            Meaning::NotNow { why, wait: None, in_doubt } => Outcome::Fault { why, in_doubt },
        }
    }

    /// What an answer proves to be over.
    fn reset(&mut self, meaning: &Meaning) {
        if !matches!(meaning, Meaning::NotNow { .. }) {
            // Whoever answers like this is the service: the network is there.
            self.network.reset();
        }
        match meaning {
            Meaning::AccountStopped(_) | Meaning::TooMany(_) | Meaning::NotNow { wait: Some(_), .. } => {}
            Meaning::NotNow { wait: None, .. } => self.hold = None,
            _ => {
                self.parked.reset();
                self.throttle.reset();
                self.hold = None;
            }
        }
    }

    /// The network, or what stands in for the service, is at fault: everybody waits.
    pub fn unanswered(&mut self, why: String, in_doubt: bool, now: SinceBoot) -> Outcome {
        if in_doubt {
            self.allowance.not_told();
        }
        let wait = self.network.next();
        self.trouble.again(&why);
        self.hold(now, wait, &why, false);
        Outcome::Wait { why, in_doubt }
    }

    /// Only a person can mend it; it is tried again from time to time.
    pub fn stopped(&mut self, why: String, now: SinceBoot) -> Outcome {
        let wait = self.parked.next();
        self.trouble.for_a_person(&why);
        self.hold(now, wait, &why, true);
        Outcome::Wait { why, in_doubt: false }
    }

    fn hold(&mut self, now: SinceBoot, wait: Duration, why: &str, person: bool) {
        self.hold = Some(Hold { until: now.plus(self.pace.of(wait)), why: why.to_owned(), person });
    }
}
