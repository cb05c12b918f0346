//! Minutes and hours as whole numbers since 1970, before it too. A span holds the instants from its start to just
//! before the next one's.

use streamer_reading::Epoch;

/// A length that rollups come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span {
    Minute,
    Hour,
}

/// Minutes in an hour.
pub(crate) const MINUTES: i64 = 60;

impl Span {
    /// Microseconds in one.
    pub(crate) const fn micros(self) -> i64 {
        match self {
            Self::Minute => 60_000_000,
            Self::Hour => 3_600_000_000,
        }
    }

    /// The number of the span that holds `epoch`, and how far into it `epoch` lies.
    pub(crate) const fn of(self, epoch: Epoch) -> (i64, i64) {
        (epoch.micros().div_euclid(self.micros()), epoch.micros().rem_euclid(self.micros()))
    }

    /// The instant that lies `micros` into span `number`.
    pub(crate) const fn at(self, number: i64, micros: i64) -> Epoch {
        Epoch::from_micros(number.saturating_mul(self.micros()).saturating_add(micros))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_before_1970_is_a_minute_too() {
        assert_eq!(Span::Minute.of(Epoch::from_micros(-1)), (-1, 59_999_999));
        assert_eq!(Span::Minute.at(-1, 59_999_999), Epoch::from_micros(-1));
        assert_eq!(Span::Hour.of(Epoch::from_micros(3_600_000_001)), (1, 1));
    }
}
