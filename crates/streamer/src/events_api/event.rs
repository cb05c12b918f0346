//! How a reading is written as an event. The same reading always gives the same bytes, so that one which is sent twice
//! can be recognised.
//!
//! Text goes out as raw UTF-8 (escapes would triple a body), epochs from their integer, never through a float.

use std::ops::Range;

use streamer_reading::{Epoch, Reading, Value};

/// A JSON array of event objects.
pub(super) fn encode<'r>(readings: impl Iterator<Item = &'r Reading> + Clone) -> Vec<u8> {
    // Grown step by step, a large body is copied as often as it is written.
    let mut body = Vec::with_capacity(2 + readings.clone().map(size).sum::<usize>());
    body.push(b'[');
    // The one before, and where its parts stand: what has the same key, or the same epoch, need not be written out again.
    let mut last: Option<(&Reading, Range<usize>, Range<usize>)> = None;
    for reading in readings {
        if body.len() > 1 {
            body.push(b',');
        }
        let start = body.len();
        match &last {
            Some((before, head, _)) if std::ptr::eq(before.key.as_str(), reading.key.as_str()) => {
                body.extend_from_within(head.clone());
            }
            _ => {
                body.extend_from_slice(b"{\"key\":");
                text(&mut body, reading.key.as_str());
                body.extend_from_slice(b",\"value\":");
            }
        }
        let head = start..body.len();
        value(&mut body, &reading.value);
        let start = body.len();
        match &last {
            Some((before, _, end)) if before.epoch == reading.epoch => body.extend_from_within(end.clone()),
            _ => {
                body.extend_from_slice(b",\"epoch\":");
                epoch(&mut body, reading.epoch);
                body.push(b'}');
            }
        }
        last = Some((reading, head, start..body.len()));
    }
    body.push(b']');
    body
}

/// The bodies' size is known before they are made, near enough to keep a call under the service's limit.
pub(super) fn size(reading: &Reading) -> usize {
    let value = match &reading.value {
        Value::Text(text) => text.as_str().len() + 2,
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => 24,
    };
    reading.key.as_str().len() + value + 56
}

/// `{"bucketKey": ..., "bucketName": ...}`
pub(super) fn encode_bucket(key: &str, name: &str) -> Vec<u8> {
    let mut body = Vec::with_capacity(64 + key.len() + name.len());
    body.extend_from_slice(b"{\"bucketKey\":");
    text(&mut body, key);
    body.extend_from_slice(b",\"bucketName\":");
    text(&mut body, name);
    body.push(b'}');
    body
}

fn value(body: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Text(t) => text(body, t.as_str()),
        Value::Bool(true) => body.extend_from_slice(b"true"),
        Value::Bool(false) => body.extend_from_slice(b"false"),
        Value::Int(number) => body.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes()),
        // Writing into memory cannot fail, and a finite number always has a form.
        Value::Float(number) => drop(serde_json::to_writer(body, &number.get())),
    }
}

fn epoch(body: &mut Vec<u8>, epoch: Epoch) {
    let micros = epoch.micros().unsigned_abs();
    if epoch.micros() < 0 {
        body.push(b'-');
    }
    body.extend_from_slice(itoa::Buffer::new().format(micros / 1_000_000).as_bytes());
    let mut digits = *b".000000";
    let mut rest = micros % 1_000_000;
    for digit in digits[1..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    body.extend_from_slice(&digits);
}

fn text(body: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    body.push(b'"');
    let bytes = text.as_bytes();
    let (mut copied, mut at) = (0, 0);
    loop {
        at += plain(&bytes[at..]);
        let Some(&byte) = bytes.get(at) else { break };
        body.extend_from_slice(&bytes[copied..at]);
        at += 1;
        copied = at;
        match byte {
            b'"' | b'\\' => body.extend_from_slice(&[b'\\', byte]),
            b'\n' => body.extend_from_slice(b"\\n"),
            b'\r' => body.extend_from_slice(b"\\r"),
            b'\t' => body.extend_from_slice(b"\\t"),
            _ => {
                body.extend_from_slice(b"\\u00");
                body.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
        }
    }
    body.extend_from_slice(&bytes[copied..]);
    body.push(b'"');
}

/// How many bytes at the beginning need no escape. Eight at a time: most of a text is such bytes, and this is what a long
/// one costs.
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const TOPS: u64 = ONES << 7;
    // The top bit of the lowest byte that is zero is set; those above it may be wrong, but none without a zero.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & TOPS;
    let mut at = 0;
    while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*eight);
        let control = word.wrapping_sub(ONES * u64::from(b' ')) & !word & TOPS;
        let found = control | zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = &bytes[at..];
    at + rest.iter().position(|byte| *byte < b' ' || matches!(byte, b'"' | b'\\')).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use streamer_reading::Key;

    use super::*;

    fn reading(key: &str, value: Value, micros: i64) -> Reading {
        Reading::new(Key::new(key).unwrap(), value, Epoch::from_micros(micros))
    }

    #[test]
    fn bytes_as_they_stand_on_the_wire() {
        let readings = [
            reading("température \"a\"", Value::try_from(21.5).unwrap(), 1_790_000_000_123_456),
            reading("note", Value::try_from("a\\b\n\u{1}ü :zap:").unwrap(), 1_790_000_000_000_001),
            reading("n", Value::from(i64::MIN), -1),
            reading("b", Value::from(true), 0),
        ];
        let expected = concat!(
            r#"[{"key":"température \"a\"","value":21.5,"epoch":1790000000.123456},"#,
            r#"{"key":"note","value":"a\\b\n\u0001ü :zap:","epoch":1790000000.000001},"#,
            r#"{"key":"n","value":-9223372036854775808,"epoch":-0.000001},"#,
            r#"{"key":"b","value":true,"epoch":0.000000}]"#
        );
        assert_eq!(String::from_utf8(encode(readings.iter())).unwrap(), expected);
        let same = Reading::new(readings[0].key.clone(), Value::from(1), Epoch::from_micros(-1));
        let pairs = [&readings[2], &same, &readings[0], &same];
        let expected = concat!(
            r#"[{"key":"n","value":-9223372036854775808,"epoch":-0.000001},"#,
            r#"{"key":"température \"a\"","value":1,"epoch":-0.000001},"#,
            r#"{"key":"température \"a\"","value":21.5,"epoch":1790000000.123456},"#,
            r#"{"key":"température \"a\"","value":1,"epoch":-0.000001}]"#
        );
        assert_eq!(String::from_utf8(encode(pairs.into_iter())).unwrap(), expected);
    }

    #[test]
    fn what_needs_an_escape_is_found_wherever_it_stands() {
        for char in (0..0x100).filter_map(char::from_u32) {
            for (before, behind) in (0..20).flat_map(|before| (0..20).map(move |behind| (before, behind))) {
                let whole = format!("{}{char}{}\"{char}", "ü".repeat(before), "~".repeat(behind));
                let mut body = Vec::new();
                text(&mut body, &whole);
                let json: String = serde_json::from_slice(&body).unwrap();
                assert_eq!(json, whole);
            }
        }
    }

    proptest! {
        #[test]
        fn any_reading_is_json_that_means_the_same(key in "[^\\pC]{1,40}", text in ".{0,60}", number in any::<f64>(), int in any::<i64>()) {
            let mut readings = vec![reading(&key, Value::try_from(text.as_str()).unwrap(), int), reading(&key, Value::from(int), 5)];
            if number.is_finite() {
                readings.push(reading(&key, Value::try_from(number).unwrap(), 7));
            }
            let body = encode(readings.iter());
            prop_assert!(body.len() <= 8 + readings.iter().map(|r| 6 * size(r)).sum::<usize>());
            let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
            prop_assert_eq!(json[0]["key"].as_str().unwrap(), &key);
            prop_assert_eq!(json[0]["value"].as_str().unwrap(), &text);
            prop_assert_eq!(json[1]["value"].as_i64().unwrap(), int);
            if number.is_finite() {
                // The reader of the test is less exact than the writer: the text is what counts.
                let body = String::from_utf8(body).unwrap();
                let (_, value) = body.rsplit_once("\"value\":").unwrap();
                prop_assert_eq!(value.split_once(',').unwrap().0.parse::<f64>().unwrap(), number);
            }
        }
    }
}
