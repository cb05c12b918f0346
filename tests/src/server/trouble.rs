//! Answers that are not success: those that a request deserves, and those that the script wants.

use serde_json::json;

use super::check::Refused;
use super::http::{Answer, Body, Request, http_date};
use super::script::{Fault, RetryAfter};
use super::service::{Service, identity};

impl Service {
    /// The answer of a service with this fault; `None` where the connection answers for itself.
    pub fn failing(&mut self, fault: &Fault, request: &Request, now: f64) -> Option<Answer> {
        let answer = match fault {
            Fault::Status(status, retry) => {
                let answer = match status {
                    402 => Answer::new(402)
                        .with_body("application/json", json!({ "message": "allowance used up" }).to_string()),
                    403 => Answer::new(403).with_body("text/plain", "\"ACCESS_DENIED_KEY\""),
                    500 => Answer::new(500).with_body("text/plain", "CORE_API_ERROR"),
                    other => Answer::new(*other),
                };
                match *retry {
                    None => answer,
                    Some(RetryAfter::Seconds(seconds)) => answer.with_header("Retry-After", seconds),
                    Some(RetryAfter::Date(seconds)) => {
                        answer.with_header("Retry-After", http_date(now + f64::from(seconds)))
                    }
                }
            }
            Fault::Removed => removed(),
            Fault::Odd400 => Answer::new(400).with_body("application/json", r#"{"error":["something else"]}"#),
            Fault::Culprit(key) => {
                let holds = matches!(&request.body, Body::Whole(body)
                    if serde_json::from_slice::<Vec<serde_json::Value>>(body).is_ok_and(|events| events.iter().any(|e| e["key"] == **key)));
                if !holds {
                    return Some(self.answer(request, now));
                }
                Answer::new(400).with_body("application/json", r#"{"message":"invalid event"}"#)
            }
            Fault::Portal => {
                return Some(Answer::new(200).with_body("text/html", "<html><h1>Welcome! Please sign in.</h1></html>"));
            }
            Fault::Redirect => return Some(Answer::new(302).with_header("Location", "/login")),
            _ => return None,
        };
        let identity = identity(request);
        let account = self.accounts.entry(identity.access_key.clone()).or_default();
        match fault {
            Fault::Status(401..=403, _) => account.refused(now),
            Fault::Status(_, Some(RetryAfter::Seconds(seconds))) => account.told_to_wait(now + f64::from(*seconds)),
            Fault::Status(_, Some(RetryAfter::Date(seconds))) => {
                account.told_to_wait((now + f64::from(*seconds)).floor())
            }
            Fault::Removed => self.buckets.entry(identity).or_default().refused(now),
            _ => {}
        }
        Some(self.leave(request, answer, now))
    }

    /// The answer to a request that breaks a rule.
    pub(super) fn refuse(&mut self, request: &Request, refused: &Refused, now: f64) -> Answer {
        let counts = &mut self.books.counts;
        *counts.refusals.entry(refused.rule.to_owned()).or_default() += 1;
        counts.over_cap += u64::from(refused.rule == "batch_too_large");
        let account = self.accounts.entry(identity(request).access_key).or_default();
        match refused.status {
            401..=403 => account.refused(now),
            429 => counts.rate_limited += 1,
            _ => {}
        }
        match refused.rule {
            "window_spent" => {
                let reset = account.allowance(self.settings.tier, now).map_or(now, |(_, _, reset)| reset);
                account.told_to_wait(reset);
                Answer::new(429).with_header("Retry-After", (reset - now).ceil().max(1.0))
            }
            "monthly_cap" => Answer::new(402)
                .with_body("application/json", json!({ "message": "monthly allowance used up" }).to_string()),
            rule => error(refused.status, rule),
        }
    }
}

fn removed() -> Answer {
    error(400, "BUCKET_REMOVED")
}

/// In the only shape that is known of the service.
fn error(status: u16, kind: &str) -> Answer {
    let body = json!({ "message": { "error": { "type": kind, "message": "see the type" } } });
    Answer::new(status).with_body("application/json", body.to_string())
}
