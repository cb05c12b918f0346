//! One turn of a bucket at its account: the calls that it makes while the line is its own.
//!
//! The only place that sends the access key. An answer is read to its end, so that the connection can be used again.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response};
use streamer_reading::BucketKey;
use tokio::sync::OwnedMutexGuard;

use super::account::{Account, Line};
use super::answer::Answer;
use super::connection;
use super::gate::Outcome;

const ACCESS_KEY: HeaderName = HeaderName::from_static("x-is-accesskey");
const BUCKET_KEY: HeaderName = HeaderName::from_static("x-is-bucketkey");
const ACCEPT_VERSION: HeaderName = HeaderName::from_static("accept-version");
const LIMIT: &str = "x-ratelimit-limit";
const REMAINING: &str = "x-ratelimit-remaining";
const RESET: &str = "x-ratelimit-reset";

/// So much of an answer's body is read; what is longer costs the connection.
const BODY: usize = 16 * 1024;

/// The right to call.
pub(super) struct Turn {
    account: Account,
    line: OwnedMutexGuard<Line>,
}

impl Turn {
    pub fn new(account: Account, line: OwnedMutexGuard<Line>) -> Self {
        Self { account, line }
    }

    /// Until holds have ended and the allowance has a call left.
    pub async fn open(&self) {
        let shared = &self.account.0;
        loop {
            let nudged = shared.nudge.notified();
            let now = shared.clock.boot();
            let Some(until) = self.account.gate().opens(now) else { return };
            // A hold is told in the time of the machine, which runs on while it is suspended; a timer does not.
            let nap = until.since(now).min(Duration::from_secs(20));
            tokio::select! {
                () = tokio::time::sleep(nap + Duration::from_millis(1)) => {}
                () = nudged => {}
            }
        }
    }

    /// Makes a call, once it may be made.
    pub async fn post(&mut self, path: &str, bucket: &BucketKey, body: Vec<u8>) -> Outcome {
        self.open().await;
        let client = match self.client() {
            Ok(client) => client,
            Err(why) => return self.account.gate().stopped(why, self.account.0.clock.boot()),
        };
        let size = body.len();
        let Ok(bucket) = HeaderValue::from_str(bucket.as_str()) else {
            // A bucket key is plain ASCII by its type.
            return Outcome::Refused { why: "the bucket key cannot be sent".into(), bucket: false };
        };
        let (began, pace) = (self.account.0.clock.boot(), self.account.0.pace);
        let request = client
            .post(self.account.0.address.of(path))
            .header(ACCESS_KEY, self.account.0.key.clone())
            .header(BUCKET_KEY, bucket)
            .header(ACCEPT_VERSION, HeaderValue::from_static("~0"))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .timeout(pace.of(self.line.patience.now()))
            .body(body);
        match request.send().await {
            Ok(response) => {
                self.line.patience.was_answered(self.account.0.clock.boot().since(began), pace);
                self.hear(response, size).await
            }
            // What never had a connection was never sent.
            Err(error) if error.is_connect() => self.unanswered(&error, false),
            Err(error) => {
                if error.is_timeout() {
                    self.line.patience.was_too_short();
                }
                self.unanswered(&error, true)
            }
        }
    }

    /// The client of this line, made with the first call.
    fn client(&mut self) -> Result<Client, String> {
        if let Some(client) = &self.line.client {
            return Ok(client.clone());
        }
        let shared = &self.account.0;
        let client = connection::build(shared.address.base(), shared.ca_file.as_deref(), shared.pace)?;
        Ok(self.line.client.insert(client).clone())
    }

    /// Reads an answer, and draws the conclusions.
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
                Err(error) => return self.unanswered(&error, true),
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
        let now = self.account.0.clock.boot();
        self.account.gate().answered(&answer, size, now)
    }

    fn unanswered(&self, error: &reqwest::Error, in_doubt: bool) -> Outcome {
        let now = self.account.0.clock.boot();
        self.account.gate().unanswered(connection::sentence(error), in_doubt, now)
    }

    /// A service that repeats the access key in its answer shall not bring it into a log.
    fn without_key(&self, body: Vec<u8>) -> Vec<u8> {
        let key = self.account.0.key.as_bytes();
        match body.windows(key.len()).any(|part| part == key) {
            false => body,
            true => String::from_utf8_lossy(&body).replace(&*String::from_utf8_lossy(key), "***").into_bytes(),
        }
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
