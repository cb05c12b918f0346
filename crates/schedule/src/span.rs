//! Lengths of time in words, spelled as the configuration spells them.

use std::time::Duration;

const UNITS: [(u64, &str); 6] =
    [(86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "m"), (1_000_000, "s"), (1_000, "ms"), (1, "us")];

const LONGEST: u64 = u64::MAX / 2;

/// `1h 30m`, `250ms`, `0s`.
pub(crate) fn words(span: Duration) -> String {
    let mut left = micros(span);
    let mut parts = Vec::new();
    for (unit, name) in UNITS {
        if left >= unit {
            parts.push(format!("{}{name}", left / unit));
            left %= unit;
        }
    }
    if parts.is_empty() { "0s".into() } else { parts.join(" ") }
}

/// Whole microseconds, held at 292,000 years: two of them can be added, and each fits a signed number.
pub(crate) fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).map_or(LONGEST, |micros| micros.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_like_the_configuration() {
        for (millis, text) in [(250, "250ms"), (10_000, "10s"), (5_400_000, "1h 30m"), (86_400_000, "1d"), (0, "0s")] {
            assert_eq!(words(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn the_longest_is_held() {
        assert_eq!(i64::try_from(micros(Duration::MAX)), Ok(i64::MAX));
    }
}
