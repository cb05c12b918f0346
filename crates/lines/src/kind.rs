//! Types: what a text becomes when nobody says, and what it must be when somebody pinned it.

use std::fmt;

use streamer_reading::{Finite, limits};

use crate::{Cause, Scalar, number};

/// A type that a key can be pinned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "config", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The text as it stands.
    Text,
    /// A whole number: `7`, `007`, `+7`, `7.0`, `0x7`.
    Integer,
    /// Any number: `7`, `7.`, `.7`, `7e3`.
    Number,
    /// `true`, `yes`, `on`, `1`, `t` and their opposites, in any case.
    Boolean,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Kind {
    /// As a configuration spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
        }
    }

    /// `text` as a value of this type.
    ///
    /// # Errors
    /// [`Cause::DoesNotFit`], or a limit that it breaks.
    pub(crate) fn read<'t>(self, text: &'t str, units: &[Box<str>]) -> Result<Scalar<'t>, Cause> {
        match self {
            Self::Text => limited(text),
            Self::Boolean => boolean(text).map(Scalar::Bool).ok_or(Cause::DoesNotFit(self)),
            Self::Integer | Self::Number => {
                let read = |text| if self == Self::Integer { whole(text) } else { decimal(text) };
                let bare = || units.iter().find_map(|unit| read(text.strip_suffix(&**unit)?.trim_end()));
                read(text).or_else(bare).unwrap_or(Err(Cause::DoesNotFit(self)))
            }
        }
    }
}

/// `text` as what it looks like: a JSON number, `true` or `false`, else text. A unit goes if a number stands before it.
///
/// # Errors
/// Only for a number that cannot be kept, or for a text that is too long.
pub(crate) fn infer<'t>(text: &'t str, units: &[Box<str>]) -> Result<Scalar<'t>, Cause> {
    match text.as_bytes().first() {
        Some(b'-' | b'0'..=b'9') => {
            if let Some(number) = number::read(text) {
                return number;
            }
            let bare = |unit: &str| number::read(text.strip_suffix(unit)?.trim_end());
            if let Some(number) = units.iter().find_map(|unit| bare(unit)) {
                return number;
            }
        }
        Some(b't') if text == "true" => return Ok(Scalar::Bool(true)),
        Some(b'f') if text == "false" => return Ok(Scalar::Bool(false)),
        _ => {}
    }
    limited(text)
}

/// `text` as text, within the limit.
pub(crate) fn limited(text: &str) -> Result<Scalar<'_>, Cause> {
    // Bytes bound characters from above, so that the usual short text is not counted.
    if text.len() > limits::TEXT_CHARS && text.chars().count() > limits::TEXT_CHARS {
        return Err(Cause::TextTooLong);
    }
    Ok(Scalar::Text(text))
}

fn boolean(text: &str) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["true", "yes", "on", "1", "t"]) {
        Some(true)
    } else if is(&["false", "no", "off", "0", "f"]) {
        Some(false)
    } else {
        None
    }
}

fn decimal(text: &str) -> Option<Result<Scalar<'static>, Cause>> {
    number::loose(text)
}

fn whole(text: &str) -> Option<Result<Scalar<'static>, Cause>> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let hexadecimal = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
        return hexadecimal
            .then(|| i64::from_str_radix(digits, 16).map(Scalar::Int).map_err(|_| Cause::IntegerTooLarge));
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Some(number::integer(text));
    }
    // 7.0 and 7e3 are whole numbers that somebody's float printed; beyond 2^53 they no longer say which.
    match number::loose(text)? {
        Ok(Scalar::Float(float)) if exact(float) => {
            #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
            let integer = float.get() as i64;
            Some(Ok(Scalar::Int(integer)))
        }
        Ok(_) => None,
        Err(cause) => Some(Err(cause)),
    }
}

fn exact(float: Finite) -> bool {
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    float.get().fract() == 0.0 && float.get().abs() < LIMIT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float(number: f64) -> Result<Scalar<'static>, Cause> {
        Ok(Scalar::Float(Finite::new(number).unwrap()))
    }

    #[test]
    fn units_go_only_from_numbers() {
        let units = ["'C".into(), "V".into(), "%".into()];
        assert_eq!(infer("47.2'C", &units), float(47.2));
        assert_eq!(infer("45 %", &units), Ok(Scalar::Int(45)));
        assert_eq!(infer("OVV", &units), Ok(Scalar::Text("OVV")));
        assert_eq!(infer("0x50005", &units), Ok(Scalar::Text("0x50005")));
        assert_eq!(Kind::Integer.read("45%", &units), Ok(Scalar::Int(45)));
    }

    #[test]
    fn a_pin_widens_what_is_read_and_refuses_the_rest() {
        for (text, number) in [("007", 7), ("+5", 5), ("5.0", 5), ("1e3", 1000), ("0x50005", 327_685), ("-3", -3)] {
            assert_eq!(Kind::Integer.read(text, &[]), Ok(Scalar::Int(number)), "{text}");
        }
        for text in ["5.5", "", "0x", "nan", "1e300", "12 ", "five"] {
            assert_eq!(Kind::Integer.read(text, &[]), Err(Cause::DoesNotFit(Kind::Integer)), "{text}");
        }
        assert_eq!(Kind::Integer.read("9223372036854775808", &[]), Err(Cause::IntegerTooLarge));
        assert_eq!(Kind::Number.read("5", &[]), float(5.0));
        assert_eq!(Kind::Number.read("1.", &[]), float(1.0));
        assert_eq!(Kind::Number.read("-.5", &[]), float(-0.5));
        assert_eq!(Kind::Number.read("inf", &[]), Err(Cause::DoesNotFit(Kind::Number)));
        assert_eq!(Kind::Boolean.read("On", &[]), Ok(Scalar::Bool(true)));
        assert_eq!(Kind::Boolean.read("2", &[]), Err(Cause::DoesNotFit(Kind::Boolean)));
        assert_eq!(Kind::Text.read("200", &[]), Ok(Scalar::Text("200")));
        assert_eq!(infer(&"x".repeat(2001), &[]), Err(Cause::TextTooLong));
    }
}
