//! What an event may be, checked as strictly as the service's documents allow. It decides; it stores nothing.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::check::{NAME_CHARS, Refused, json, refused};
use super::http::{Body, Request};

const TEXT_CHARS: usize = 2000;
/// From here on seconds are more than likely milliseconds.
const MILLISECONDS_FROM: f64 = 1e11;
const TEN_YEARS: f64 = 3652.0 * 86_400.0;

/// One event as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Event {
    /// The key.
    pub key: String,
    /// The value, character for character as in the request.
    pub value: String,
    /// Microseconds since 1970.
    pub epoch: i64,
}

/// What a request for events comes to.
#[derive(Debug, Default)]
pub struct Batch {
    /// The events, in order.
    pub events: Vec<Event>,
    /// Rules that were bent without being broken.
    pub warnings: Vec<&'static str>,
}

/// The events of a request, in JSON or in the query.
///
/// # Errors
/// The first rule that is broken; then nothing of the request counts.
pub fn events(request: &Request, cap: usize, now: f64) -> Result<Batch, Refused> {
    let mut batch = Batch::default();
    if request.method == "GET" || matches!(&request.body, Body::Whole(body) if body.is_empty()) {
        let own = |name: &str| matches!(name, "accessKey" | "bucketKey");
        for (key, value) in request.query.iter().filter(|(name, _)| !own(name)) {
            check_key(key)?;
            batch.events.push(Event {
                key: key.clone(),
                value: Value::from(value.as_str()).to_string(),
                epoch: micros(now),
            });
        }
        return if batch.events.is_empty() { refused(400, "empty_body") } else { Ok(batch) };
    }
    let text = json(request)?;
    let objects: Vec<Members> = match text.trim_start().starts_with('[') {
        true => serde_json::from_str(text).or_else(|_| refused(400, "json"))?,
        false => vec![serde_json::from_str(text).or_else(|_| refused(400, "json"))?],
    };
    if objects.is_empty() {
        batch.warnings.push("empty_batch");
    }
    if objects.len() > cap {
        return refused(413, "batch_too_large");
    }
    for object in objects {
        let event = event(&object, now, &mut batch.warnings)?;
        batch.events.push(event);
    }
    Ok(batch)
}

fn event(object: &Members, now: f64, warnings: &mut Vec<&'static str>) -> Result<Event, Refused> {
    let (mut key, mut value, mut epoch, mut iso) = (None, None, None, false);
    for (name, raw) in &object.0 {
        let twice = match name.as_str() {
            "key" => key.replace(raw.get()).is_some(),
            "value" => value.replace(raw.get()).is_some(),
            "epoch" => epoch.replace(raw.get()).is_some(),
            "iso8601" => std::mem::replace(&mut iso, true),
            _ => return refused(400, "member_unknown"),
        };
        if twice {
            return refused(400, "member_twice");
        }
    }
    let Some(key) = key else { return refused(400, "key_missing") };
    let Ok(key) = serde_json::from_str::<String>(key) else { return refused(400, "key_not_text") };
    check_key(&key)?;
    if key.chars().count() > 100 {
        warnings.push("key_over_100");
    }
    let Some(value) = value else { return refused(400, "value_missing") };
    check_value(value)?;
    let epoch = match epoch {
        Some(raw) => check_epoch(raw, now, warnings)?,
        None => {
            warnings.push(if iso { "epoch_iso8601" } else { "epoch_missing" });
            micros(now)
        }
    };
    Ok(Event { key, value: value.to_owned(), epoch })
}

fn check_key(key: &str) -> Result<(), Refused> {
    match key.chars().count() {
        0 => refused(400, "key_empty"),
        1..=NAME_CHARS => Ok(()),
        _ => refused(400, "key_too_long"),
    }
}

fn check_value(raw: &str) -> Result<(), Refused> {
    match serde_json::from_str::<Value>(raw) {
        Ok(Value::String(text)) if text.chars().count() > TEXT_CHARS => refused(400, "value_too_long"),
        Ok(Value::String(_) | Value::Bool(_) | Value::Number(_)) => Ok(()),
        Ok(Value::Null) => refused(400, "value_null"),
        Ok(Value::Array(_) | Value::Object(_)) => refused(400, "value_nested"),
        // A number that no double holds, such as 1e999.
        Err(_) => refused(400, "value_number"),
    }
}

/// An epoch must be a plain decimal number of seconds; more than six digits behind the point are cut, with a warning.
fn check_epoch(raw: &str, now: f64, warnings: &mut Vec<&'static str>) -> Result<i64, Refused> {
    if raw.starts_with('"') {
        return refused(400, "epoch_text");
    }
    let (whole, fraction) = raw.split_once('.').unwrap_or((raw, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole.strip_prefix('-').unwrap_or(whole)) || !digits(fraction) {
        return refused(400, "epoch_form");
    }
    // The service shows microseconds and says nothing of more digits, which is how a double is often written.
    let fraction = match fraction.get(..6) {
        Some(micros) if fraction.len() > 6 => {
            warnings.push("epoch_digits");
            micros
        }
        _ => fraction,
    };
    let Ok(seconds) = raw.parse::<f64>() else { return refused(400, "epoch_form") };
    if seconds.abs() >= MILLISECONDS_FROM {
        return refused(400, "epoch_milliseconds");
    }
    if now - seconds >= TEN_YEARS {
        warnings.push("epoch_replaced");
        return Ok(micros(now));
    }
    if seconds > now + 86_400.0 {
        warnings.push("epoch_future");
    }
    format!("{whole}{fraction:0<6}").parse().or_else(|_| refused(400, "epoch_form"))
}

fn micros(seconds: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "a stamp of the server's own, of this century")]
    let micros = (seconds * 1e6) as i64;
    micros
}

/// An object's members in order, doubled ones included, their values as they were written.
pub struct Members(pub Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(body: &str) -> Result<Batch, Refused> {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let (method, path) = ("POST".to_owned(), "/api/events".to_owned());
        let request = Request { method, path, query: Vec::new(), headers, body: Body::Whole(body.as_bytes().to_vec()) };
        events(&request, 10, 1_790_000_000.0)
    }

    fn rule(body: &str) -> &'static str {
        posted(body).unwrap_err().rule
    }

    #[test]
    fn every_rule_of_an_event() {
        let fine = posted(
            r#"[{"key":"a","value":21.5,"epoch":1790000000.123456},{"key":"b","value":"ü","epoch":1789999999}]"#,
        )
        .unwrap();
        assert_eq!(fine.events[0], Event { key: "a".into(), value: "21.5".into(), epoch: 1_790_000_000_123_456 });
        assert_eq!(fine.events[1].epoch, 1_789_999_999_000_000);
        assert!(fine.warnings.is_empty());
        assert_eq!(rule(r#"[{"key":"a","value":NaN,"epoch":1}]"#), "json");
        assert_eq!(rule(r#"[{"key":"a","value":null}]"#), "value_null");
        assert_eq!(rule(r#"[{"key":"a","value":[1]}]"#), "value_nested");
        assert_eq!(rule(r#"[{"key":"a","value":1e999}]"#), "value_number");
        assert_eq!(rule(r#"[{"key":"","value":1}]"#), "key_empty");
        assert_eq!(rule(r#"[{"key":1,"value":1}]"#), "key_not_text");
        assert_eq!(rule(r#"[{"key":"a","value":1,"value":2}]"#), "member_twice");
        assert_eq!(rule(r#"[{"signal":"a","value":1}]"#), "member_unknown");
        assert_eq!(rule(r#"[{"key":"a","value":1,"epoch":"1790000000"}]"#), "epoch_text");
        assert_eq!(rule(r#"[{"key":"a","value":1,"epoch":1790000000000}]"#), "epoch_milliseconds");
        let long = posted(r#"[{"key":"a","value":1,"epoch":1790000000.1234567}]"#).unwrap();
        assert_eq!((long.events[0].epoch, long.warnings), (1_790_000_000_123_456, vec!["epoch_digits"]));
        assert_eq!(rule(r#"[{"key":"a","value":1,"epoch":1.79e9}]"#), "epoch_form");
        assert_eq!(rule(&format!(r#"[{{"key":"a","value":"{}"}}]"#, "x".repeat(2001))), "value_too_long");
        assert_eq!(rule(&format!("[{}]", [r#"{"key":"a","value":1}"#; 11].join(","))), "batch_too_large");
        assert_eq!(posted("[]").unwrap().warnings, ["empty_batch"]);
        assert_eq!(posted(r#"{"key":"a","value":1,"epoch":1000}"#).unwrap().warnings, ["epoch_replaced"]);
        assert_eq!(posted(r#"{"key":"a","value":true}"#).unwrap().warnings, ["epoch_missing"]);
    }
}
