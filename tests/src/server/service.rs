//! The service behind the sockets: a request comes, an answer goes. It owns the accounts, the books and the script.

use std::collections::HashMap;

use super::account::{Account, Tier};
use super::books::Books;
use super::check::{self, Identity, Refused};
use super::event;
use super::http::{Answer, Body, Request};
use super::script::{Fault, Script};

/// How the service is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The plan of every account.
    pub tier: Tier,
    /// The only access key that is known; `None` knows every well-formed one.
    pub access_key: Option<String>,
    /// Events in a call.
    pub max_events: usize,
    /// Bytes in a body.
    pub max_body: usize,
    /// Events for a bucket that was never created: `true` answers 409, `false` makes it and counts a warning.
    pub bucket_first: bool,
    /// Events that are stored before the allowance of the month is used up.
    pub monthly_cap: Option<u64>,
    /// What goes wrong.
    pub script: Script,
    /// Seconds of the service that pass in a real one. Its `Date`, windows, resets and script all run at this speed.
    pub speed: f64,
    /// Serve over TLS with a certificate made at the start.
    pub tls: bool,
    /// Count events without looking at them: for measuring how fast a client is, not whether it is right.
    pub only_count: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tier: Tier::Off,
            access_key: None,
            max_events: 10,
            max_body: 1_000_000,
            bucket_first: false,
            monthly_cap: None,
            script: Script::default(),
            speed: 1.0,
            tls: false,
            only_count: false,
        }
    }
}

/// The service's state.
#[derive(Debug)]
pub struct Service {
    /// How it is set up.
    pub settings: Settings,
    /// What arrived.
    pub books: Books,
    pub(super) accounts: HashMap<String, Account>,
    /// Final refusals of one bucket are remembered as if it were an account of its own.
    pub(super) buckets: HashMap<Identity, Account>,
    started: f64,
    first_request: Option<f64>,
    numbers: Numbers,
    connections: u64,
}

/// Requests under the present script.
#[derive(Debug, Default)]
struct Numbers {
    all: u64,
    events: u64,
    buckets: u64,
}

/// Which of its doors a request knocks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Events,
    Buckets,
    Versions,
    Report,
    None,
}

fn door(request: &Request) -> Door {
    match (request.method.as_str(), request.path.as_str()) {
        ("POST" | "GET", "/api/events") => Door::Events,
        ("POST", "/api/buckets") => Door::Buckets,
        ("GET", "/api/versions") => Door::Versions,
        ("GET", "/report") => Door::Report,
        _ => Door::None,
    }
}

impl Service {
    /// A service that opens now.
    pub fn new(settings: Settings, now: f64) -> Self {
        let (books, accounts, buckets) = (Books::default(), HashMap::new(), HashMap::new());
        Self {
            settings,
            books,
            accounts,
            buckets,
            started: now,
            first_request: None,
            numbers: Numbers::default(),
            connections: 0,
        }
    }

    /// Puts another script in force; its seconds begin now and its requests at 1.
    pub fn set_script(&mut self, script: Script, now: f64) {
        self.settings.script = script;
        self.numbers = Numbers::default();
        (self.started, self.first_request) = (now, Some(now));
    }

    /// Notes a new connection.
    pub fn connected(&mut self) {
        self.connections += 1;
        let counts = &mut self.books.counts;
        counts.connections += 1;
        counts.connections_peak = counts.connections_peak.max(self.connections);
    }

    /// Notes the end of one.
    pub fn disconnected(&mut self) {
        self.connections -= 1;
    }

    /// Whether the script says that nobody listens now.
    pub fn refuses_connections(&self, now: f64) -> bool {
        self.settings.script.refuses(now - self.first_request.unwrap_or(self.started))
    }

    /// Notes that a request came, judges its moment, and tells which fault the script has for it.
    pub fn arrive(&mut self, request: &Request, now: f64) -> Option<Fault> {
        let at = door(request);
        if at == Door::Report {
            return None;
        }
        // A script that begins with nobody listening began before the first request could come.
        let begin = if self.settings.script.refuses(0.0) { self.started } else { now };
        let first = *self.first_request.get_or_insert(begin);
        let counts = &mut self.books.counts;
        counts.requests += 1;
        counts.seconds = now - first;
        self.numbers.all += 1;
        let number = match at {
            Door::Events => {
                counts.event_requests += 1;
                self.numbers.events += 1;
                self.numbers.events
            }
            Door::Buckets => {
                counts.bucket_requests += 1;
                self.numbers.buckets += 1;
                self.numbers.buckets
            }
            _ => return None,
        };
        let identity = identity(request);
        *counts.access_keys.entry(identity.access_key.clone()).or_default() += 1;
        *counts.user_agents.entry(request.header("User-Agent").unwrap_or_default().to_owned()).or_default() += 1;
        let mut manners = self.accounts.entry(identity.access_key.clone()).or_default().manners(now);
        manners.soon_after_refusal |=
            self.buckets.get(&identity).is_some_and(|bucket| bucket.manners(now).soon_after_refusal);
        counts.retry_after_violations += u64::from(manners.told_to_wait);
        counts.soon_after_refusal += u64::from(manners.soon_after_refusal);
        self.settings.script.fault(at == Door::Events, number, self.numbers.all, now - first).cloned()
    }

    /// The answer of a service that is well.
    pub fn answer(&mut self, request: &Request, now: f64) -> Answer {
        let answer = match door(request) {
            Door::Report => {
                return Answer::new(200).with_body("application/json", self.books.report().to_json().to_string());
            }
            Door::Versions => Answer::new(200).with_body("application/json", r#"["0.0.1","0.0.2","0.0.3","0.0.4"]"#),
            Door::None => Answer::new(404),
            Door::Events | Door::Buckets => {
                let outcome = self.serve(request, now);
                outcome.unwrap_or_else(|refused| self.refuse(request, &refused, now))
            }
        };
        self.leave(request, answer, now)
    }

    fn serve(&mut self, request: &Request, now: f64) -> Result<Answer, Refused> {
        let access_key = check::access_key(request)?;
        if self.settings.access_key.as_ref().is_some_and(|known| *known != access_key) {
            return Err(Refused { status: 401, rule: "access_key_unknown" });
        }
        check::version(request)?;
        if door(request) == Door::Buckets {
            let (bucket_key, name) = check::bucket(request)?;
            self.spend(&access_key, now)?;
            let made = self.books.create(Identity { access_key, bucket_key }, name);
            return Ok(Answer::new(if made { 201 } else { 204 }));
        }
        let identity = Identity { access_key, bucket_key: check::bucket_key(request)? };
        if self.books.is_removed(&identity) {
            self.buckets.entry(identity).or_default().refused(now);
            return Err(Refused { status: 400, rule: "BUCKET_REMOVED" });
        }
        if self.settings.only_count {
            self.spend(&identity.access_key, now)?;
            return Ok(self.count(request));
        }
        let batch = event::events(request, self.settings.max_events, now)?;
        if self.settings.monthly_cap.is_some_and(|cap| self.books.counts.stored >= cap) {
            return Err(Refused { status: 402, rule: "monthly_cap" });
        }
        if !self.books.exists(&identity) {
            if self.settings.bucket_first {
                return Err(Refused { status: 409, rule: "bucket_missing" });
            }
            self.books.warn("bucket_implicit");
        }
        self.spend(&identity.access_key, now)?;
        for rule in batch.warnings {
            self.books.warn(rule);
        }
        if let Body::Whole(body) = &request.body {
            self.books.counts.bytes += body.len() as u64;
        }
        self.books.store(&identity, batch.events);
        Ok(Answer::new(204))
    }

    fn spend(&mut self, access_key: &str, now: f64) -> Result<(), Refused> {
        let spent = self.accounts.entry(access_key.to_owned()).or_default().spend(self.settings.tier, now);
        if spent { Ok(()) } else { Err(Refused { status: 429, rule: "window_spent" }) }
    }

    /// Counts the objects of a body by their ends: no text of a measurement holds a brace.
    fn count(&mut self, request: &Request) -> Answer {
        if let Body::Whole(body) = &request.body {
            let events = body.iter().filter(|byte| **byte == b'}').count() as u64;
            let counts = &mut self.books.counts;
            counts.stored += events;
            counts.unique += events;
            counts.bytes += body.len() as u64;
            counts.largest_batch = counts.largest_batch.max(events);
        }
        Answer::new(204)
    }

    /// Counts the status, and adds the headers that every answer of the service carries.
    pub(super) fn leave(&mut self, request: &Request, answer: Answer, now: f64) -> Answer {
        *self.books.counts.statuses.entry(answer.status).or_default() += 1;
        let account = self.accounts.entry(identity(request).access_key).or_default();
        match account.allowance(self.settings.tier, now) {
            Some((limit, remaining, reset)) => answer
                .with_header("X-RateLimit-Limit", limit)
                .with_header("X-RateLimit-Remaining", remaining)
                .with_header("X-RateLimit-Reset", reset),
            None => answer,
        }
    }
}

/// Who a request says it comes from, whether or not that is well formed.
pub(super) fn identity(request: &Request) -> Identity {
    Identity {
        access_key: check::access_key(request).unwrap_or_default(),
        bucket_key: check::bucket_key(request).unwrap_or_default(),
    }
}
