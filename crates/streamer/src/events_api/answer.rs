//! What an answer of the service means. Status, headers and the first bytes of the body in, one meaning out.
//!
//! Only 201 and 204 are success. Whatever is not plainly the service speaking (a portal's page, a redirect) is never
//! taken for an acknowledgement, and never for a refusal either.

use std::time::Duration;

use super::allowance::Window;
use super::http_date;

/// The longest wait that an answer can ask for; a mistaken year must not silence a device for one.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// What asks for less says nothing: whoever comes again at once is only told so again.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// An answer, as far as it matters.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer<'a> {
    pub status: u16,
    pub date: Option<&'a str>,
    pub retry_after: Option<&'a str>,
    pub limit: Option<&'a str>,
    pub remaining: Option<&'a str>,
    pub reset: Option<&'a str>,
    /// The beginning of the body.
    pub body: &'a [u8],
}

/// What to do about it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    /// It is there.
    Accepted,
    /// Something in it is not wanted. `bucket`: it may be for want of the bucket.
    Refused { why: String, bucket: bool },
    /// The bucket was removed at the service.
    BucketRemoved(String),
    /// The account may not send, until a person does something.
    AccountStopped(String),
    /// Too much in one call.
    TooLarge,
    /// Too many calls.
    TooMany(Option<Duration>),
    /// Not now. `in_doubt`: it may have been stored all the same.
    NotNow { why: String, wait: Option<Duration>, in_doubt: bool },
}

impl Answer<'_> {
    pub fn meaning(&self) -> Meaning {
        let why = || format!("the service answered {}{}", self.status, self.said());
        match self.status {
            201 | 204 => Meaning::Accepted,
            400 | 409 | 422 => match self.error_type().as_deref() {
                Some("BUCKET_REMOVED") => Meaning::BucketRemoved(why()),
                kind => {
                    let bucket = self.status == 409 || kind.is_some_and(|kind| kind.contains("BUCKET"));
                    Meaning::Refused { why: why(), bucket }
                }
            },
            401 => Meaning::AccountStopped(format!("{}: the access key is not known", why())),
            402 => Meaning::AccountStopped(format!("{}: the allowance of the billing cycle is used up", why())),
            403 => Meaning::AccountStopped(format!("{}: the access key is not permitted to send", why())),
            404 | 405 => Meaning::AccountStopped(format!("{}: there is no Events API at this address", why())),
            413 => Meaning::TooLarge,
            429 => Meaning::TooMany(self.retry_after()),
            200..400 => Meaning::NotNow {
                why: format!("{}, which is not how the service confirms: a portal or proxy is in between", why()),
                wait: None,
                in_doubt: false,
            },
            _ => Meaning::NotNow { why: why(), wait: self.retry_after(), in_doubt: self.status >= 500 },
        }
    }

    /// The rate window, where all three headers are there and make sense.
    pub fn window(&self) -> Option<Window> {
        let limit: u32 = self.limit?.trim().parse().ok().filter(|&limit| limit > 0)?;
        let remaining = self.remaining?.trim().parse::<i64>().ok()?;
        let reset: f64 = self.reset?.trim().parse().ok().filter(|reset: &f64| reset.is_finite())?;
        let date = http_date::parse(self.date?)?;
        #[expect(clippy::cast_precision_loss, reason = "seconds of this age fit a float exactly")]
        let ends_in = Duration::try_from_secs_f64((reset - date as f64).max(0.0)).ok()?;
        // A window is of seconds. One of hours is another unit, or no window.
        if ends_in > LONGEST_WAIT {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "only a name; `as` saturates")]
        let ends = (reset * 1e6) as i64;
        let remaining = u32::try_from(remaining.max(0)).unwrap_or(u32::MAX);
        Some(Window { limit, remaining, ends, ends_in })
    }

    /// Seconds, or a date that is read relative to the answer's own: our clock may be wrong.
    fn retry_after(&self) -> Option<Duration> {
        let text = self.retry_after?.trim();
        let secs = match text.parse::<f64>() {
            Ok(secs) => secs,
            #[expect(clippy::cast_precision_loss, reason = "seconds of this age fit a float exactly")]
            Err(_) => (http_date::parse(text)? - http_date::parse(self.date?)?) as f64,
        };
        let wait = Duration::try_from_secs_f64(secs.max(0.0)).ok()?;
        (wait >= SHORTEST_WAIT).then_some(wait.min(LONGEST_WAIT))
    }

    fn error_type(&self) -> Option<String> {
        let json: serde_json::Value = serde_json::from_slice(self.body).ok()?;
        let error = json.get("message").and_then(|message| message.get("error")).or_else(|| json.get("error"))?;
        Some(error.get("type")?.as_str()?.to_owned())
    }

    /// The beginning of what a JSON or plain text body says, on one line; pages are not quoted.
    fn said(&self) -> String {
        const MOST: usize = 160;
        let text = String::from_utf8_lossy(self.body);
        let text = text.trim();
        if text.is_empty() || text.starts_with('<') {
            return String::new();
        }
        let line: String = text.chars().take(MOST).map(|c| if c.is_control() { ' ' } else { c }).collect();
        format!(" ({line})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &[u8]) -> Answer<'_> {
        Answer { status, body, ..Answer::default() }
    }

    #[test]
    fn only_two_answers_are_success() {
        for status in 100..600 {
            let accepted = answer(status, b"").meaning() == Meaning::Accepted;
            assert_eq!(accepted, status == 201 || status == 204, "{status}");
        }
    }

    #[test]
    fn a_removed_bucket_is_told_from_a_bad_reading_and_a_missing_bucket() {
        let removed = br#"{"message":{"error":{"type":"BUCKET_REMOVED","message":"gone"}}}"#;
        assert!(matches!(answer(400, removed).meaning(), Meaning::BucketRemoved(_)));
        let missing = br#"{"message":{"error":{"type":"BUCKET_NOT_FOUND"}}}"#;
        assert!(matches!(answer(400, missing).meaning(), Meaning::Refused { bucket: true, .. }));
        assert!(matches!(answer(409, b"").meaning(), Meaning::Refused { bucket: true, .. }));
        for odd in [&b""[..], b"{", b"[1]", b"{\"message\":\"x\"}", b"\xff\xfe", b"null"] {
            assert!(matches!(answer(400, odd).meaning(), Meaning::Refused { bucket: false, .. }), "{odd:?}");
        }
    }

    #[test]
    fn a_page_of_a_portal_is_neither_success_nor_refusal() {
        for status in [200, 202, 302, 307] {
            let Meaning::NotNow { why, in_doubt, .. } = answer(status, b"<html>pay here</html>").meaning() else {
                panic!("{status}")
            };
            assert!(!in_doubt && !why.contains("pay here"), "{why}");
        }
    }

    #[test]
    fn waits_in_seconds_and_as_a_date_against_the_services_own_clock() {
        let wait = |retry_after, date| Answer { status: 429, retry_after, date, ..Answer::default() }.meaning();
        assert_eq!(wait(Some("5"), None), Meaning::TooMany(Some(Duration::from_secs(5))));
        // The service lives in 1994, we need not.
        let now = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(wait(Some("Sun, 06 Nov 1994 08:49:44 GMT"), now), Meaning::TooMany(Some(Duration::from_secs(7))));
        assert_eq!(wait(Some("999999999"), None), Meaning::TooMany(Some(LONGEST_WAIT)));
        // No wait at all is none that was asked for: the account finds its own.
        for nonsense in ["Sun, 06 Nov 1994 08:49:30 GMT", "0", "-5", "0.001", "NaN", "inf", "soon", "", "1e300"] {
            assert_eq!(wait(Some(nonsense), now), Meaning::TooMany(None), "{nonsense}");
        }
        assert_eq!(wait(None, now), Meaning::TooMany(None));
        let busy = Answer { status: 503, retry_after: Some("5"), ..Answer::default() }.meaning();
        assert!(matches!(busy, Meaning::NotNow { wait: Some(wait), in_doubt: true, .. } if wait.as_secs() == 5));
    }

    #[test]
    fn a_window_needs_all_its_headers() {
        let whole = Answer {
            status: 204,
            date: Some("Sun, 06 Nov 1994 08:49:37 GMT"),
            limit: Some("30"),
            remaining: Some("29"),
            reset: Some("784111780"),
            ..Answer::default()
        };
        let window = whole.window().unwrap();
        assert_eq!((window.limit, window.remaining, window.ends_in), (30, 29, Duration::from_secs(3)));
        assert_eq!(Answer { date: None, ..whole.clone() }.window(), None);
        assert_eq!(Answer { limit: Some("0"), ..whole.clone() }.window(), None);
        assert_eq!(Answer { reset: Some("784111780000"), ..whole.clone() }.window(), None, "milliseconds");
        assert_eq!(Answer { reset: Some("NaN"), ..whole }.window(), None);
    }
}
