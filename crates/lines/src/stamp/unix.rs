//! Unix time in digits, with a fraction of any length. Digits are never sent through a float where it can be helped.

use streamer_reading::{Epoch, Refusal};

use crate::EpochCause;

/// What the digits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    Millis,
    Micros,
    Nanos,
}

impl Unit {
    /// How many decimal places a whole number of this unit has, counted in seconds.
    const fn places(self) -> usize {
        match self {
            Self::Seconds => 0,
            Self::Millis => 3,
            Self::Micros => 6,
            Self::Nanos => 9,
        }
    }

    /// A whole number of this unit as an epoch, rounded down to a microsecond.
    ///
    /// # Errors
    /// As [`Epoch::from_secs`].
    pub(crate) fn epoch(self, number: i64) -> Result<Epoch, Refusal> {
        // Seconds that look like milliseconds are refused by the vocabulary itself.
        let micros = match self {
            Self::Seconds => return Epoch::from_secs(number),
            Self::Millis => number.checked_mul(1000),
            Self::Micros => Some(number),
            Self::Nanos => Some(number.div_euclid(1000)),
        };
        #[expect(clippy::cast_precision_loss, reason = "only to show it")]
        let out_of_range = Refusal::EpochRange(number as f64);
        let micros = micros.ok_or(out_of_range)?;
        Epoch::from_secs(micros.div_euclid(1_000_000))?;
        Ok(Epoch::from_micros(micros))
    }
}

/// `1790000000`, `1790000000.25`, `1790000000,25`, `1.79e9` in `unit`.
pub(crate) fn read(text: &str, unit: Unit) -> Result<Epoch, EpochCause> {
    let shape = EpochCause::Shape { wanted: "a number", at: 0 };
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit()) || whole.contains(['e', 'E']) {
        // A program that prints its floats with an exponent has lost the digits before we see them.
        let number: f64 = text.parse().map_err(|_| shape)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "at most nine")]
        let seconds = number / 10_f64.powi(unit.places() as i32);
        return Ok(Epoch::from_secs_f64(seconds)?);
    }
    let number: i64 = whole.parse().map_err(|_| shape)?;
    let epoch = unit.epoch(number)?;
    let mut micros = 0;
    for place in 0..6_usize.saturating_sub(unit.places()) {
        micros = micros * 10 + fraction.as_bytes().get(place).map_or(0, |digit| i64::from(digit - b'0'));
    }
    Ok(epoch.plus_micros(if whole.starts_with('-') { -micros } else { micros }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stay_and_the_wrong_unit_is_named() {
        let micros = |text, unit| read(text, unit).map(Epoch::micros);
        assert_eq!(micros("1790000000", Unit::Seconds), Ok(1_790_000_000_000_000));
        assert_eq!(micros("1790000000,1234567", Unit::Seconds), Ok(1_790_000_000_123_456));
        assert_eq!(micros("1790000000.", Unit::Seconds), Ok(1_790_000_000_000_000));
        assert_eq!(micros("1790000000123.5", Unit::Millis), Ok(1_790_000_000_123_500));
        assert_eq!(micros("1790000000123456789", Unit::Nanos), Ok(1_790_000_000_123_456));
        assert_eq!(micros("-0.5", Unit::Seconds), Ok(-500_000));
        assert_eq!(micros("1.79e9", Unit::Seconds), Ok(1_790_000_000_000_000));
        assert!(matches!(
            read("1790000000123", Unit::Seconds),
            Err(EpochCause::Refused(Refusal::EpochMilliseconds(_)))
        ));
        assert!(matches!(read("1790000000123456", Unit::Millis), Err(EpochCause::Refused(_))));
        for text in ["", "-", "soon", "1.2.3", "--5", "1e", "12a"] {
            assert!(read(text, Unit::Seconds).is_err(), "{text}");
        }
    }
}
