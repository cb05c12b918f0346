//! What goes wrong, and when: a list of faults by request number or by seconds. It is data; it does nothing itself.
//!
//! As text, one rule after another, separated by blanks or commas: `[events:|buckets:]FAULT[@WHEN]`.
//!
//! ```
//! use streamer_tests::server::Script;
//! // Requests 3 to 12 lose their answers; from the 5th to the 15th second all is 503 with a Retry-After; one key is refused.
//! let script: Script = "events:lost@3-12 503+5@5s-15s culprit=bad".parse().unwrap();
//! assert_eq!(script.rules.len(), 3);
//! assert!("no-such-fault@1".parse::<Script>().is_err());
//! ```

use std::str::FromStr;

/// The rules, the first that applies wins.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// In order of precedence.
    pub rules: Vec<Rule>,
}

/// One fault and when it strikes.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Which requests it is about.
    pub on: On,
    /// When it strikes.
    pub when: When,
    /// What happens.
    pub fault: Fault,
}

/// Which requests a rule is about. Request numbers count these alone, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Every request.
    Any,
    /// Those that bring events.
    Events,
    /// Those that create a bucket.
    Buckets,
}

/// When a rule applies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum When {
    /// As long as the script is in force.
    Always,
    /// From one request number to another, both included.
    Requests(u64, u64),
    /// From one second to another since the first request, or since the start while none has come.
    Seconds(f64, f64),
}

/// How a request fails.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// A status of the service's own, nothing stored; 402 and 403 with the bodies that are documented.
    Status(u16, Option<RetryAfter>),
    /// 400 BUCKET_REMOVED.
    Removed,
    /// 400 with a JSON body of another shape.
    Odd400,
    /// 400 for any batch that holds this key.
    Culprit(String),
    /// The connection is closed without an answer; nothing is stored.
    Drop,
    /// The same with a reset.
    Reset,
    /// Stored, then half an answer.
    Partial,
    /// Stored, then closed without an answer.
    Lost,
    /// So many seconds before anything is stored.
    SlowBefore(f64),
    /// Stored at once, the answer so many seconds later.
    SlowAfter(f64),
    /// Bytes that are not HTTP; nothing is stored.
    Nonsense,
    /// A captive portal: 200 and a page.
    Portal,
    /// 302 to a login page.
    Redirect,
    /// Nobody listens. Only with [`When::Seconds`] or [`When::Always`].
    Refused,
}

/// The two forms of the header.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RetryAfter {
    /// Whole seconds.
    Seconds(u32),
    /// An HTTP date so many seconds ahead.
    Date(u32),
}

impl Script {
    /// The fault for a request: `number` among its kind and among all, `seconds` since the first.
    pub fn fault(&self, events: bool, number: u64, of_all: u64, seconds: f64) -> Option<&Fault> {
        let strikes = |rule: &&Rule| {
            let count = match rule.on {
                On::Any => of_all,
                On::Events if events => number,
                On::Buckets if !events => number,
                On::Events | On::Buckets => return false,
            };
            rule.fault != Fault::Refused && rule.when.holds(count, seconds)
        };
        self.rules.iter().find(strikes).map(|rule| &rule.fault)
    }

    /// Whether nobody listens at this second.
    pub fn refuses(&self, seconds: f64) -> bool {
        self.rules.iter().any(|rule| rule.fault == Fault::Refused && rule.when.holds(0, seconds))
    }
}

impl When {
    fn holds(self, number: u64, seconds: f64) -> bool {
        match self {
            Self::Always => true,
            Self::Requests(from, to) => (from..=to).contains(&number),
            Self::Seconds(from, to) => (from..to).contains(&seconds),
        }
    }
}

/// What is wrong with a script, with the rule it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptError(String);

impl std::fmt::Display for ScriptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} is no rule; write [events:|buckets:]FAULT[@FROM-TO], such as 503+5@5s-15s or lost@3-12", self.0)
    }
}

impl std::error::Error for ScriptError {}

impl FromStr for Script {
    type Err = ScriptError;
    fn from_str(text: &str) -> Result<Self, ScriptError> {
        let rules = text.split([' ', ',', '\n', '\t']).filter(|word| !word.is_empty());
        rules
            .map(|word| rule(word).ok_or_else(|| ScriptError(word.to_owned())))
            .collect::<Result<_, _>>()
            .map(|rules| Self { rules })
    }
}

fn rule(word: &str) -> Option<Rule> {
    let (on, rest) = match word.split_once(':') {
        Some(("events", rest)) => (On::Events, rest),
        Some(("buckets", rest)) => (On::Buckets, rest),
        Some(_) => return None,
        None => (On::Any, word),
    };
    let (fault, when) = rest.split_once('@').map_or((rest, None), |(fault, when)| (fault, Some(when)));
    let rule = Rule { on, when: when.map_or(Some(When::Always), self::when)?, fault: self::fault(fault)? };
    // Nobody can count requests that never arrive.
    (rule.fault != Fault::Refused || !matches!(rule.when, When::Requests(..))).then_some(rule)
}

fn when(text: &str) -> Option<When> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    match (from.strip_suffix('s'), to.strip_suffix('s')) {
        (Some(from), Some(to)) => Some(When::Seconds(from.parse().ok()?, to.parse().ok()?)),
        (None, None) => Some(When::Requests(from.parse().ok()?, to.parse().ok()?)),
        _ => None,
    }
}

fn fault(text: &str) -> Option<Fault> {
    if let Some((name, value)) = text.split_once('=') {
        return match name {
            "slow-before" => value.parse().ok().map(Fault::SlowBefore),
            "slow-after" => value.parse().ok().map(Fault::SlowAfter),
            "culprit" => Some(Fault::Culprit(value.to_owned())),
            _ => None,
        };
    }
    Some(match text {
        "removed" => Fault::Removed,
        "odd400" => Fault::Odd400,
        "drop" => Fault::Drop,
        "reset" => Fault::Reset,
        "partial" => Fault::Partial,
        "lost" => Fault::Lost,
        "nonsense" => Fault::Nonsense,
        "portal" => Fault::Portal,
        "redirect" => Fault::Redirect,
        "refused" => Fault::Refused,
        _ => {
            let (status, retry) = text.split_once('+').map_or((text, None), |(status, retry)| (status, Some(retry)));
            let retry = match retry {
                None => None,
                Some(retry) => Some(match retry.strip_prefix("date") {
                    Some(seconds) => RetryAfter::Date(seconds.parse().ok()?),
                    None => RetryAfter::Seconds(retry.parse().ok()?),
                }),
            };
            Fault::Status(status.parse().ok().filter(|status| (200..600).contains(status))?, retry)
        }
    })
}
