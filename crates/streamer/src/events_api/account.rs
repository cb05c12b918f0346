//! An account at the service: an address and an access key. Everything that shares an allowance shares this.
//!
//! Its calls follow one another over one connection, so that the answer to each is known before the next, and no
//! window of the allowance is ever overdrawn. The access key lives in one header value, marked as sensitive; it is in
//! no message, log or `Debug`.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::Client;
use reqwest::header::HeaderValue;
use streamer_clock::Clock;
use streamer_reading::Secret;
use tokio::sync::Notify;

use super::address::{Address, AddressError};
use super::connection::Patience;
use super::gate::Gate;
use super::turn::Turn;
use crate::output::Standing;
use crate::retry::Pace;

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
pub struct Account(pub(super) Arc<Shared>);

/// What all clones of an account share.
pub(super) struct Shared {
    pub address: Address,
    pub key: HeaderValue,
    mark: u64,
    pub ca_file: Option<PathBuf>,
    pub clock: Clock,
    pub pace: Pace,
    /// Whoever holds it may call. It is fair: buckets take turns.
    line: Arc<tokio::sync::Mutex<Line>>,
    gate: Mutex<Gate>,
    pub nudge: Notify,
}

/// The line to the service.
#[derive(Default)]
pub(super) struct Line {
    pub client: Option<Client>,
    pub patience: Patience,
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
        let gate = Gate::new(options.max_events_per_call, pace);
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
        self.gate().lift();
        self.0.nudge.notify_waiters();
    }

    /// Whether the account may send now, and what it waits for otherwise.
    pub fn standing(&self) -> Option<Standing> {
        let now = self.0.clock.boot();
        self.gate().standing(now)
    }

    /// The account's name in a file, which does not give its key away.
    pub(super) fn mark(&self) -> u64 {
        self.0.mark
    }

    /// The most events and bytes that one call may carry now.
    pub(super) fn most(&self) -> (usize, usize) {
        self.gate().most()
    }

    /// Waits for a turn: the line is ours, and a call may be made. Dropping the turn gives it to the next bucket.
    pub(super) async fn turn(&self) -> Turn {
        let line = self.0.line.clone().lock_owned().await;
        let turn = Turn::new(self.clone(), line);
        turn.open().await;
        turn
    }

    pub(super) fn gate(&self) -> MutexGuard<'_, Gate> {
        self.0.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
