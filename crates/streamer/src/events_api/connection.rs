//! The HTTP client of one account: one kept-alive connection, TLS by rustls and ring, no redirects, no proxy.
//!
//! It is built when it is first needed, and again later if that failed: a machine without a CA bundle may get one.

use std::error::Error as _;
use std::fs;
use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use reqwest::{Certificate, Client, redirect, retry};

use crate::retry::Pace;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a whole call may take at first, and at most. With the call that makes a bucket it is less than a delivery may
/// take.
const CALL: Duration = Duration::from_secs(30);
const LONGEST_CALL: Duration = Duration::from_secs(80);

/// How long the next call may take. A service that is slow for hours would never get a word in otherwise, and store the
/// same batch each time.
#[derive(Debug)]
pub(super) struct Patience(Duration);

impl Default for Patience {
    fn default() -> Self {
        Self(CALL)
    }
}

impl Patience {
    pub fn now(&self) -> Duration {
        self.0
    }

    /// A call was given up.
    pub fn was_too_short(&mut self) {
        self.0 = (self.0 * 2).min(LONGEST_CALL);
    }

    /// A call was answered after so long.
    pub fn was_answered(&mut self, after: Duration, pace: Pace) {
        if after < pace.of(CALL / 2) {
            *self = Self::default();
        }
    }
}

/// A client for `base`, or why there is none.
pub(super) fn build(base: &str, ca_file: Option<&Path>, pace: Pace) -> Result<Client, String> {
    static PROVIDER: Once = Once::new();
    // An error means that the program chose a provider of its own, which is as good.
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));

    let builder = || {
        Client::builder()
            .user_agent(concat!("Streamer/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .http1_only()
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(Duration::from_secs(90))
            .connect_timeout(pace.of(CONNECT))
            .tcp_nodelay(true)
    };
    if base.starts_with("http://") {
        // Plain text needs no roots; loading them costs memory, and would fail where there are none.
        return builder().tls_certs_only([]).build().map_err(|error| sentence(&error));
    }
    let Some(path) = ca_file else {
        return builder().build().map_err(|error| {
            format!(
                "no TLS: {}; install the CA certificates (package ca-certificates) or set ca_file",
                sentence(&error)
            )
        });
    };
    let unusable = |what: String| format!("ca_file {}: {what}", path.display());
    let pem = fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let roots = Certificate::from_pem_bundle(&pem).map_err(|error| unusable(sentence(&error)))?;
    if roots.is_empty() {
        return Err(unusable("there is no certificate in it".into()));
    }
    // Besides the system's roots; without them where the system has none.
    let merged = builder().tls_certs_merge(roots.clone()).build();
    merged.or_else(|_| builder().tls_certs_only(roots).build()).map_err(|error| unusable(sentence(&error)))
}

/// An error with its causes, without the address (which may hold what is not to be shown).
pub(super) fn sentence(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() {
        "no answer in time".to_owned()
    } else if error.is_connect() {
        "cannot connect".to_owned()
    } else {
        "the connection failed".to_owned()
    };
    let mut cause = error.source();
    while let Some(error) = cause {
        // The outer errors of this stack only repeat that something failed; the innermost says what.
        cause = error.source();
        if cause.is_none() {
            text = format!("{text}: {error}");
        }
    }
    text
}
