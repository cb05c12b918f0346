//! `key,value[,epoch]`: the line that a script prints, one reading each.
//!
//! A field may stand in double quotes, with a quote within doubled. A value without quotes may have commas of its own:
//! the last field is an epoch only where it looks like Unix seconds and something is left for the value.

use std::borrow::Cow;

use streamer_reading::{Epoch, Key, Refusal, Value};

use crate::kind;

/// Why a line is no `key,value[,epoch]`.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TripleError {
    /// There is no comma behind the key.
    #[error("expected key,value or key,value,epoch")]
    NoComma,
    /// A quote that nothing ends, or something behind the quote that ends.
    #[error("a quoted field must end with a quote before the next comma")]
    Quote,
    /// The key, the value or the epoch is none.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The value is none.
    #[error("{0}")]
    Value(crate::Cause),
}

/// One reading out of `key,value[,epoch]`. Without an epoch it is to be stamped by whoever reads it.
///
/// ```
/// use streamer_lines::triple;
/// let (key, value, epoch) = triple("temperature,21.5,1790000000.25")?;
/// assert_eq!((key.as_str(), value.to_string()), ("temperature", "21.5".to_owned()));
/// assert_eq!(epoch.unwrap().to_string(), "1790000000.250000");
/// assert_eq!(triple("note,hello, world")?.1.to_string(), "hello, world");
/// # Ok::<(), streamer_lines::TripleError>(())
/// ```
///
/// # Errors
/// [`TripleError`].
pub fn triple(line: &str) -> Result<(Key, Value, Option<Epoch>), TripleError> {
    let line = line.trim_end_matches(['\n', '\r']);
    let (key, rest) = field(line)?;
    let rest = rest.ok_or(TripleError::NoComma)?;
    let (value, epoch) = if rest.starts_with('"') {
        let (value, rest) = field(rest)?;
        (value, rest.map(str::trim).filter(|text| !text.is_empty()).map(seconds).transpose()?)
    } else {
        match rest.rsplit_once(',') {
            Some((value, last)) if looks_like_seconds(last.trim()) => (Cow::from(value), Some(seconds(last.trim())?)),
            _ => (Cow::from(rest), None),
        }
    };
    Ok((Key::new(key.trim())?, infer(value.trim())?, epoch))
}

/// The value that a text means: a JSON number is a number, `true` and `false` are booleans, all else is text.
///
/// # Errors
/// [`TripleError::Value`] for an integer beyond 64 bits, [`TripleError::Refused`] for text over the limit.
pub fn infer(text: &str) -> Result<Value, TripleError> {
    Ok(kind::infer(text, &[]).map_err(TripleError::Value)?.to_value()?)
}

/// Unix seconds with a fraction of any length, read digit by digit: a float would round the last ones.
///
/// # Errors
/// [`Refusal::EpochRange`] for what is no number, [`Refusal::EpochMilliseconds`].
pub fn seconds(text: &str) -> Result<Epoch, TripleError> {
    let none = || TripleError::Refused(Refusal::EpochRange(f64::NAN));
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return Err(none());
    }
    let whole = Epoch::from_secs(whole.parse().map_err(|_| none())?)?;
    let micros: i64 = format!("{fraction:0<6.6}").parse().map_err(|_| none())?;
    Ok(Epoch::from_micros(sign * (whole.micros() + micros)))
}

fn looks_like_seconds(text: &str) -> bool {
    let whole = text.split('.').next().unwrap_or_default();
    whole.len() >= 9 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// A field, and what stands behind its comma.
fn field(line: &str) -> Result<(Cow<'_, str>, Option<&str>), TripleError> {
    let Some(quoted) = line.strip_prefix('"') else {
        return Ok(line.split_once(',').map_or((line.into(), None), |(field, rest)| (field.into(), Some(rest))));
    };
    let mut text = String::new();
    let mut rest = quoted;
    loop {
        let end = rest.find('"').ok_or(TripleError::Quote)?;
        text.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                text.push('"');
                rest = more;
            }
            None if rest.is_empty() => return Ok((text.into(), None)),
            None => return Ok((text.into(), Some(rest.strip_prefix(',').ok_or(TripleError::Quote)?))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        let found = match triple(line) {
            Ok((key, value, epoch)) => {
                format!("{key} {} {value} {}", value.kind(), epoch.map_or("-".into(), |epoch| epoch.to_string()))
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn a_reading_a_line() {
        check("temperature,21.5", "temperature number 21.5 -");
        check("n,7,1790000000", "n integer 7 1790000000.000000");
        check("n,7,1790000000.1234567\r\n", "n integer 7 1790000000.123456");
        check("door,true", "door boolean true -");
        check("\"a,b\",\"say \"\"hi\"\"\",1790000000", "a,b text say \"hi\" 1790000000.000000");
        check("list,1,2,3", "list text 1,2,3 -");
        check("zip,007", "zip text 007 -");
        check("alone", "expected key,value or key,value,epoch");
        check("\"open,1", "a quoted field must end with a quote before the next comma");
        check(",1", "the key is empty");
        check("n,7,1790000000000", "the epoch 1790000000000 looks like milliseconds; it must be seconds since 1970");
    }

    proptest! {
        #[test]
        fn nothing_panics(line in ".{0,80}") {
            let _ = triple(&line);
        }
    }
}
