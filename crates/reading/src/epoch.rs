//! A point in time as Unix time in whole microseconds. Never a float: a float of today's seconds drops digits.

use std::fmt;
use std::time::Duration;

use crate::Refusal;

const MICROS: i64 = 1_000_000;
/// From here on a number of seconds is more than likely milliseconds: the year 5138.
const LOOKS_LIKE_MILLISECONDS: f64 = 1e11;
/// The service replaces a stamp that is this far behind its own clock.
const TOO_OLD: Duration = Duration::from_secs(3652 * 24 * 3600);

/// Unix time in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(i64);

impl Epoch {
    /// The first instant of 1970.
    pub const ZERO: Self = Self(0);

    /// From whole microseconds since 1970.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From whole seconds since 1970.
    ///
    /// # Errors
    /// [`Refusal::EpochMilliseconds`] for a number that can only be milliseconds.
    pub fn from_secs(secs: i64) -> Result<Self, Refusal> {
        #[expect(clippy::cast_precision_loss, reason = "only compared with a limit and shown")]
        let shown = secs as f64;
        check(shown)?;
        Ok(Self(secs * MICROS))
    }

    /// From seconds with a fraction, as other clients keep them.
    ///
    /// # Errors
    /// [`Refusal::EpochMilliseconds`] for a number that can only be milliseconds; [`Refusal::EpochRange`] for NaN.
    pub fn from_secs_f64(secs: f64) -> Result<Self, Refusal> {
        check(secs)?;
        // Whole and fractional part apart: seconds times a million would round the last digit.
        let whole = secs.floor();
        #[expect(clippy::cast_possible_truncation, reason = "checked: within 1e11 seconds")]
        Ok(Self(whole as i64 * MICROS + ((secs - whole) * 1e6).round() as i64))
    }

    /// Whole microseconds since 1970.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Seconds since 1970, for arithmetic that may lose the last digit.
    pub fn as_secs_f64(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "said in the documentation")]
        let micros = self.0 as f64;
        micros / 1e6
    }

    /// This instant moved by `micros` microseconds, forwards or backwards; held at the ends of the range.
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Refuses what the service would falsify: a stamp ten years or more before `now`.
    ///
    /// # Errors
    /// [`Refusal::EpochTooOld`].
    pub fn not_too_old(self, now: Self) -> Result<Self, Refusal> {
        let age = now.0.saturating_sub(self.0);
        if age >= i64::try_from(TOO_OLD.as_micros()).unwrap_or(i64::MAX) {
            Err(Refusal::EpochTooOld(self))
        } else {
            Ok(self)
        }
    }
}

fn check(secs: f64) -> Result<(), Refusal> {
    if !secs.is_finite() {
        Err(Refusal::EpochRange(secs))
    } else if secs.abs() >= LOOKS_LIKE_MILLISECONDS {
        Err(Refusal::EpochMilliseconds(secs))
    } else {
        Ok(())
    }
}

/// Seconds with six digits, as they stand on the wire: `1790000000.000000`.
impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:06}", micros / MICROS.unsigned_abs(), micros % MICROS.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_the_mistake() {
        assert!(matches!(Epoch::from_secs_f64(1_790_000_000_000.0), Err(Refusal::EpochMilliseconds(_))));
        assert!(matches!(Epoch::from_secs(1_790_000_000_000), Err(Refusal::EpochMilliseconds(_))));
        assert!(matches!(Epoch::from_secs_f64(f64::NAN), Err(Refusal::EpochRange(_))));
        let now = Epoch::from_secs(1_790_000_000).unwrap();
        assert!(Epoch::ZERO.not_too_old(now).is_err());
        assert!(now.plus_micros(-9 * 365 * 86_400 * MICROS).not_too_old(now).is_ok());
    }

    #[test]
    fn six_digits_on_both_sides_of_1970() {
        assert_eq!(Epoch::from_micros(1_790_000_000_123_456).to_string(), "1790000000.123456");
        assert_eq!(Epoch::from_micros(-1).to_string(), "-0.000001");
        assert_eq!(Epoch::from_micros(-1_500_000).to_string(), "-1.500000");
    }

    proptest! {
        #[test]
        fn a_float_of_our_own_time_comes_back(micros in 1_500_000_000_000_000_i64..2_000_000_000_000_000) {
            let epoch = Epoch::from_micros(micros);
            prop_assert_eq!(Epoch::from_secs_f64(epoch.to_string().parse().unwrap()).unwrap(), epoch);
        }
    }
}
