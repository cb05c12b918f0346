//! An account at the service: an address and an access key. Everything that shares an allowance shares this.
//!
//! Its calls follow one another over one connection, so that the answer to each is known before the next, and no
//! window of the allowance is ever overdrawn. The access key lives in one header value, marked as sensitive; it is in
//! no message, log or `Debug`.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response};
use streamer_clock::{Clock, SinceBoot};
use streamer_reading::{BucketKey, Secret};
use tokio::sync::{Notify, OwnedMutexGuard};

use super::address::{Address, AddressError};
use super::allowance::{Allowance, Window};
use super::answer::{Answer, Meaning};
use super::connection;
use crate::output::Standing;
use crate::retry::{Backoff, Jitter, Pace};

const ACCESS_KEY: HeaderName = HeaderName::from_static("x-is-accesskey");
const BUCKET_KEY: HeaderName = HeaderName::from_static("x-is-bucketkey");
const ACCEPT_VERSION: HeaderName = HeaderName::from_static("accept-version");
const LIMIT: &str = "x-ratelimit-limit";
const REMAINING: &str = "x-ratelimit-remaining";
const RESET: &str = "x-ratelimit-reset";

/// So much of an answer's body is read; what is longer costs the connection.
const BODY: usize = 16 * 1024;
/// A body below this was refused for its number of events, not for its size.
const SMALL_BODY: usize = 50_000;
/// The service's documents name 200 KB and 1 MB.
const MOST_BYTES: usize = 190_000;

const TOO_MANY: &str = "the service answered 429: too many calls";

/// How an account is reached.
#[derive(Debug, Clone)]
pub struct AccountOptions {
    /// `https://host[:port]`; a path `/api`, a slash at the end or a missing `https://` are mended.
    pub api_base: String,
    /// The account's streaming key.
    pub access_key: Secret,
    /// A PEM file with roots to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The most events that one call carries; the service's documents say 10.
    pub max_events_per_call: usize,
}

/// Why there is no account.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// No access key.
    #[error("there is no access key; it is on the account's page, begins with ist_, and goes into access_key")]
    NoAccessKey,
    /// An access key that cannot be one.
    #[error("the access key has a blank or another character that no key has; copy it again")]
    AccessKey,
    /// An address that cannot be one.
    #[error(transparent)]
    Address(#[from] AddressError),
}

/// An account, shared by all its buckets and outputs. Cloning is cheap; clones are one.
#[derive(Clone)]
pub struct Account(Arc<Shared>);

struct Shared {
    address: Address,
    key: HeaderValue,
    mark: u64,
    ca_file: Option<PathBuf>,
    clock: Clock,
    pace: Pace,
    /// Whoever holds it may call. It is fair: buckets take turns.
    line: Arc<tokio::sync::Mutex<Line>>,
    gate: Mutex<Gate>,
    nudge: Notify,
}

#[derive(Default)]
struct Line {
    client: Option<Client>,
}

/// What decides when the next call may be made.
struct Gate {
    allowance: Allowance,
    hold: Option<Hold>,
    network: Backoff,
    parked: Backoff,
    throttle: Backoff,
    jitter: Jitter,
    events: usize,
    bytes: usize,
    throttled: u64,
    trouble: Trouble,
}

/// What the log has been told of the service's and the network's faults: each once, however often it is tried.
#[derive(Default)]
struct Trouble {
    failures: u32,
    said: Option<String>,
}

/// A single failure is no news: the next attempt is a second away.
const NEWS: u32 = 2;

#[derive(Clone)]
struct Hold {
    until: SinceBoot,
    why: String,
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

impl Account {
    /// An account with nothing known about its allowance yet.
    ///
    /// # Errors
    /// [`AccountError`]; no network is touched.
    pub fn new(options: &AccountOptions, clock: Clock, pace: Pace) -> Result<Self, AccountError> {
        let text = options.access_key.expose();
        if text.is_empty() {
            return Err(AccountError::NoAccessKey);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(AccountError::AccessKey);
        }
        let mut key = HeaderValue::from_str(text).map_err(|_| AccountError::AccessKey)?;
        key.set_sensitive(true);
        let address = Address::parse(&options.api_base)?;
        let gate = Gate {
            allowance: Allowance::default(),
            hold: None,
            network: Backoff::network(),
            parked: Backoff::parked(),
            throttle: Backoff::service(),
            jitter: Jitter::new(),
            events: options.max_events_per_call.max(1),
            bytes: MOST_BYTES,
            throttled: 0,
            trouble: Trouble::default(),
        };
        Ok(Self(Arc::new(Shared {
            mark: fnv(&[address.base(), text]),
            address,
            key,
            ca_file: options.ca_file.clone(),
            clock,
            pace,
            line: Arc::default(),
            gate: Mutex::new(gate),
            nudge: Notify::new(),
        })))
    }

    /// Tries at once what waits, whatever it waits for: somebody says that things have changed.
    pub fn retry_now(&self) {
        self.gate().hold = None;
        self.0.nudge.notify_waiters();
    }

    /// Answers of the kind "too many calls" so far.
    pub fn throttled(&self) -> u64 {
        self.gate().throttled
    }

    /// Calls that one window of the allowance has, where the service has said so.
    pub fn calls_per_window(&self) -> Option<u32> {
        self.gate().allowance.limit()
    }

    /// Whether the account may send now, and what it waits for otherwise.
    pub fn standing(&self) -> Option<Standing> {
        let now = self.0.clock.boot();
        let gate = self.gate();
        match &gate.hold {
            Some(hold) if hold.person => Some(Standing::Parked { why: hold.why.clone(), until: hold.until }),
            Some(hold) => Some(Standing::Waiting { why: hold.why.clone(), until: Some(hold.until) }),
            None => gate.allowance.wait(now).map(|until| Standing::Waiting {
                why: "the allowance of this window is used up".into(),
                until: Some(until),
            }),
        }
    }

    pub(super) fn mark(&self) -> u64 {
        self.0.mark
    }

    /// The most events and bytes that one call may carry now.
    pub(super) fn most(&self) -> (usize, usize) {
        let gate = self.gate();
        (gate.events, gate.bytes)
    }

    /// Waits for a turn: the line is ours, and a call may be made. Dropping the turn gives it to the next bucket.
    pub(super) async fn turn(&self) -> Turn {
        let line = self.0.line.clone().lock_owned().await;
        let turn = Turn { account: self.clone(), line };
        turn.open().await;
        turn
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.0.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to call.
pub(super) struct Turn {
    account: Account,
    line: OwnedMutexGuard<Line>,
}

impl Turn {
    /// Until holds have ended and the allowance has a call left.
    async fn open(&self) {
        let shared = &self.account.0;
        loop {
            let nudged = shared.nudge.notified();
            let now = shared.clock.boot();
            let until = {
                let gate = self.account.gate();
                let held = gate.hold.as_ref().map(|hold| hold.until).filter(|&until| until > now);
                held.max(gate.allowance.wait(now))
            };
            let Some(until) = until else { return };
            // A hold is told in the time of the machine, which runs on while it is suspended; a timer does not.
            let nap = until.since(now).min(Duration::from_secs(20));
            tokio::select! {
                () = tokio::time::sleep(nap + Duration::from_millis(1)) => {}
                () = nudged => {}
            }
        }
    }

    pub async fn post(&mut self, path: &str, bucket: &BucketKey, body: Vec<u8>) -> Outcome {
        self.open().await;
        let client = match &self.line.client {
            Some(client) => client.clone(),
            None => match connection::build(
                self.account.0.address.base(),
                self.account.0.ca_file.as_deref(),
                self.account.0.pace,
            ) {
                Ok(client) => self.line.client.insert(client).clone(),
                Err(why) => return self.account.hold_for_a_person(why),
            },
        };
        let size = body.len();
        let Ok(bucket) = HeaderValue::from_str(bucket.as_str()) else {
            // A bucket key is plain ASCII by its type.
            return Outcome::Refused { why: "the bucket key cannot be sent".into(), bucket: false };
        };
        let request = client
            .post(self.account.0.address.of(path))
            .header(ACCESS_KEY, self.account.0.key.clone())
            .header(BUCKET_KEY, bucket)
            .header(ACCEPT_VERSION, HeaderValue::from_static("~0"))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(body);
        match request.send().await {
            Ok(response) => self.account.hear(response, size).await,
            // What never had a connection was never sent.
            Err(error) => self.account.network(connection::sentence(&error), !error.is_connect()),
        }
    }
}

impl Account {
    /// Reads an answer to its end, so that the connection can be used again, and draws its conclusions.
    async fn hear(&self, mut response: Response, size: usize) -> Outcome {
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= BODY => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Ok(Some(_)) => {
                    body.truncate(BODY);
                    break;
                }
                // The status is here: 204 has no body, and what a cut page would have said matters to nobody.
                Err(error) if status == 201 || status == 204 => {
                    tracing::debug!(error = connection::sentence(&error), "the answer was cut after its head");
                    break;
                }
                Err(error) => return self.network(connection::sentence(&error), true),
            }
        }
        let body = self.without_key(body);
        let text = |name: &str| header(&headers, name);
        let answer = Answer {
            status,
            date: text(DATE.as_str()),
            retry_after: text(RETRY_AFTER.as_str()),
            limit: text(LIMIT),
            remaining: text(REMAINING),
            reset: text(RESET),
            body: &body,
        };
        self.conclude(&answer, size)
    }

    fn conclude(&self, answer: &Answer<'_>, size: usize) -> Outcome {
        let now = self.0.clock.boot();
        let pace = self.0.pace;
        let mut gate = self.gate();
        match answer.window() {
            Some(window) => gate.allowance.learn(Window { ends_in: pace.of(window.ends_in), ..window }, now),
            None => gate.allowance.not_told(),
        }
        let meaning = answer.meaning();
        if !matches!(meaning, Meaning::NotNow { .. }) {
            // Whoever answers like this is the service: the network is there.
            gate.network.reset();
        }
        match meaning {
            Meaning::AccountStopped(_) | Meaning::TooMany(_) | Meaning::NotNow { wait: Some(_), .. } => {}
            Meaning::NotNow { wait: None, .. } => gate.hold = None,
            _ => {
                gate.parked.reset();
                gate.throttle.reset();
                gate.hold = None;
            }
        }
        match &meaning {
            Meaning::NotNow { why, .. } => gate.trouble.again(why),
            Meaning::TooMany(_) => gate.trouble.again(TOO_MANY),
            Meaning::AccountStopped(_) => {}
            _ => gate.trouble.is_over(),
        }
        match meaning {
            Meaning::Accepted => Outcome::Accepted,
            Meaning::Refused { why, bucket } => Outcome::Refused { why, bucket },
            Meaning::BucketRemoved(why) => Outcome::BucketRemoved(why),
            Meaning::TooLarge => {
                if size <= SMALL_BODY {
                    gate.events = (gate.events / 2).max(1);
                } else {
                    gate.bytes = (size / 2).max(SMALL_BODY / 2);
                }
                Outcome::TooLarge
            }
            Meaning::TooMany(wait) => {
                gate.throttled += 1;
                let wait = wait.unwrap_or_else(|| gate.throttle.next() * 2);
                let jitter = gate.jitter.within((wait / 10).clamp(Duration::from_millis(50), Duration::from_secs(1)));
                let why = TOO_MANY.to_owned();
                gate.hold(now.plus(pace.of(wait + jitter)), &why, false);
                Outcome::Wait { why, in_doubt: false }
            }
            Meaning::AccountStopped(why) => {
                drop(gate);
                self.hold_for_a_person(why)
            }
            Meaning::NotNow { why, wait: Some(wait), in_doubt } => {
                let jitter = gate.jitter.within((wait / 10).min(Duration::from_secs(1)));
                gate.hold(now.plus(pace.of(wait + jitter)), &why, false);
                Outcome::Wait { why, in_doubt }
            }
            Meaning::NotNow { why, wait: None, in_doubt } => Outcome::Fault { why, in_doubt },
        }
    }

    /// The network, or what stands in for the service, is at fault: everybody waits.
    fn network(&self, why: String, in_doubt: bool) -> Outcome {
        let now = self.0.clock.boot();
        let mut gate = self.gate();
        if in_doubt {
            gate.allowance.not_told();
        }
        let wait = self.0.pace.of(gate.network.next());
        gate.trouble.again(&why);
        gate.hold(now.plus(wait), &why, false);
        Outcome::Wait { why, in_doubt }
    }

    fn hold_for_a_person(&self, why: String) -> Outcome {
        let now = self.0.clock.boot();
        let mut gate = self.gate();
        let wait = self.0.pace.of(gate.parked.next());
        gate.trouble.for_a_person(&why);
        gate.hold(now.plus(wait), &why, true);
        Outcome::Wait { why, in_doubt: false }
    }

    /// A service that repeats the access key in its answer shall not bring it into a log.
    fn without_key(&self, body: Vec<u8>) -> Vec<u8> {
        let key = self.0.key.as_bytes();
        match body.windows(key.len()).any(|part| part == key) {
            false => body,
            true => String::from_utf8_lossy(&body).replace(&*String::from_utf8_lossy(key), "***").into_bytes(),
        }
    }
}

impl Gate {
    fn hold(&mut self, until: SinceBoot, why: &str, person: bool) {
        self.hold = Some(Hold { until, why: why.to_owned(), person });
    }
}

impl Trouble {
    fn again(&mut self, why: &str) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= NEWS && self.is_new(why) {
            tracing::info!("sending waits: {why}");
        }
    }

    fn for_a_person(&mut self, why: &str) {
        if self.is_new(why) {
            tracing::warn!("sending is parked: {why}; it is kept and tried again from time to time");
        }
    }

    fn is_over(&mut self) {
        self.failures = 0;
        if self.said.take().is_some() {
            tracing::info!("sending goes on");
        }
    }

    fn is_new(&mut self, why: &str) -> bool {
        let is_new = self.said.as_deref() != Some(why);
        if is_new {
            self.said = Some(why.to_owned());
        }
        is_new
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// The same on every machine and in every version: it stands in a file.
fn fnv(texts: &[&str]) -> u64 {
    let bytes = texts.iter().flat_map(|text| text.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("address", &self.0.address.base()).finish_non_exhaustive()
    }
}
