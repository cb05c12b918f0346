//! Durations and sizes as text with a unit. A bare number is refused: seconds or milliseconds, nobody can tell.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// A duration as text: `"250ms"`, `"10s"`, `"1.5h"`, `"1h30m"`.
///
/// ```
/// use streamer_plugin::options::Period;
/// let period: Period = "1h30m".parse()?;
/// assert_eq!(period.0.as_secs(), 5400);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(pub Duration);

/// A size in bytes as text: `"64KB"`, `"1.5MB"`, `"1GB"`. Units are powers of 1024; the `B` may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(pub u64);

const PERIOD_UNITS: [(&str, f64); 7] =
    [("us", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86_400.0), ("w", 604_800.0)];
const SIZE_UNITS: [(&str, f64); 4] = [("", 1.0), ("k", 1024.0), ("m", 1_048_576.0), ("g", 1_073_741_824.0)];
const PERIOD_EXPECTED: &str = "a duration as text with a unit, such as \"250ms\", \"10s\" or \"1h\"";
const SIZE_EXPECTED: &str = "a size as text with a unit, such as \"64KB\", \"10MB\" or \"1GB\"";

impl Period {
    /// A period of whole seconds, for defaults.
    pub const fn secs(secs: u64) -> Self {
        Self(Duration::from_secs(secs))
    }

    /// A period of whole milliseconds, for defaults.
    pub const fn millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }
}

/// Splits `1h30m` into numbers and units.
fn parts(text: &str) -> Option<Vec<(f64, &str)>> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        parts.push((number, &rest[..letters]));
        rest = rest[letters..].trim_start();
    }
    (!parts.is_empty()).then_some(parts)
}

impl std::str::FromStr for Period {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected {PERIOD_EXPECTED}, found the text {text:?}");
        let mut secs = 0.0;
        for (number, unit) in parts(text).ok_or_else(wrong)? {
            let (_, factor) = PERIOD_UNITS
                .iter()
                .find(|(name, _)| *name == unit || (unit == "µs" && *name == "us"))
                .ok_or_else(wrong)?;
            secs += number * factor;
        }
        Duration::try_from_secs_f64(secs).map(Self).map_err(|_| wrong())
    }
}

impl std::str::FromStr for Size {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected {SIZE_EXPECTED}, found the text {text:?}");
        let parts = parts(text).ok_or_else(wrong)?;
        let [(number, unit)] = parts[..] else { return Err(wrong()) };
        if unit.is_empty() {
            return Err(wrong());
        }
        let unit = unit.to_lowercase();
        let unit = unit.strip_suffix("ib").or(unit.strip_suffix('b')).unwrap_or(&unit);
        let (_, factor) = SIZE_UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        let bytes = number * factor;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked: not negative, below 2^53"
        )]
        if bytes < 9e15 { Ok(Self(bytes as u64)) } else { Err(wrong()) }
    }
}

/// The shortest text that means this duration.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        let units = [
            ("w", 604_800_000_000),
            ("d", 86_400_000_000),
            ("h", 3_600_000_000),
            ("m", 60_000_000),
            ("s", 1_000_000),
            ("ms", 1000),
        ];
        match units.iter().find(|(_, size)| micros > 0 && micros.is_multiple_of(*size)) {
            Some((unit, size)) => write!(f, "{}{unit}", micros / size),
            None if micros == 0 => f.write_str("0s"),
            None => write!(f, "{micros}us"),
        }
    }
}

/// The shortest text that means this size.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)];
        match units.iter().find(|(_, size)| self.0 > 0 && self.0.is_multiple_of(*size)) {
            Some((unit, size)) => write!(f, "{}{unit}", self.0 / size),
            None => write!(f, "{}B", self.0),
        }
    }
}

macro_rules! text_option {
    ($kind:ident, $expected:expr, $pattern:expr, $example:expr) => {
        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl de::Visitor<'_> for Visitor {
                    type Value = $kind;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expected)
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$kind, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Visitor)
            }
        }

        impl serde::Serialize for $kind {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl JsonSchema for $kind {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($kind).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "examples": [$example] })
            }
        }
    };
}
text_option!(Period, PERIOD_EXPECTED, r"^\s*([0-9.]+\s*(us|µs|ms|s|m|h|d|w)\s*)+$", "10s");
text_option!(Size, SIZE_EXPECTED, r"^\s*[0-9.]+\s*([kKmMgG][iI]?[bB]?|[bB])\s*$", "64MB");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_have_units() {
        for (text, micros) in
            [("250ms", 250_000), ("10s", 10_000_000), ("1.5h", 5_400_000_000), ("1h 30m", 5_400_000_000), ("0s", 0)]
        {
            assert_eq!(text.parse::<Period>().unwrap().0.as_micros(), micros, "{text}");
        }
        for text in ["10", "", "s", "10 parsecs", "-5s", "1e3s"] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
        for (text, bytes) in
            [("64KB", 65_536), ("1.5MB", 1_572_864), ("2GiB", 2_147_483_648), ("1g", 1_073_741_824), ("10B", 10)]
        {
            assert_eq!(text.parse::<Size>().unwrap().0, bytes, "{text}");
        }
        for text in ["64", "", "1TB x", "-1MB"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_shown_means_the_same() {
        for text in ["250ms", "10s", "90s", "1h", "0s", "1500us", "2w"] {
            let period: Period = text.parse().unwrap();
            assert_eq!(period.to_string().parse::<Period>().unwrap(), period);
        }
        assert_eq!(Period::secs(90).to_string(), "90s");
        assert_eq!(Size(65_536).to_string(), "64KB");
        assert_eq!(Size(1000).to_string(), "1000B");
    }
}
