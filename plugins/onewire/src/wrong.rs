//! What can be wrong with what a sensor is said to have said.

/// Why there is no temperature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Wrong {
    #[error("the kernel knows it but has no file to read it from: is the module w1_therm loaded?")]
    NoDriver,
    #[error("it is on no bus: look at its plug, and for its id among the folders of /sys/bus/w1/devices")]
    Missing,
    #[error("it did not answer: look at its plug and at the 4.7 kΩ pull-up")]
    Silent,
    #[error("its file cannot be read ({0})")]
    Unreadable(String),
    #[error("its file breaks off or is not the kernel's: {0:?}")]
    Incomplete(String),
    #[error("wrong checksum: a long cable, a bad contact, or a pull-up that is missing or too weak (4.7 kΩ)")]
    Crc,
    #[error("nine zero bytes, whose checksum is right and which no sensor sends: the data line was held low")]
    Zeros,
    #[error("0 °C without the sensor's bytes to prove it: a data line held low looks the same")]
    UnprovenZero,
    #[error("its bytes make {made}, the kernel says {said} thousandths of a degree")]
    Inconsistent { made: i64, said: i64 },
    #[error("the count per degree is 0, from which no temperature can be made")]
    NoCount,
    #[error("its thermocouple is open or shorted")]
    Thermocouple,
    #[error("{said} thousandths of a degree; {low} to {high} °C can be")]
    Range { said: i64, low: i64, high: i64 },
    #[error("85 °C out of nowhere: the sensor lost its supply before it had measured")]
    PowerUp,
    #[error("no time was left to read it: give this input a longer interval or timeout, or fewer sensors")]
    NoTime,
}

impl Wrong {
    /// One word for the counters.
    pub(crate) fn cause(&self) -> &'static str {
        match self {
            Self::NoDriver | Self::Missing => "missing",
            Self::Silent => "silent",
            Self::Unreadable(_) => "unreadable",
            Self::Incomplete(_) => "incomplete",
            Self::Crc => "crc",
            Self::Zeros | Self::UnprovenZero => "zeros",
            Self::Inconsistent { .. } | Self::NoCount => "inconsistent",
            Self::Thermocouple => "fault",
            Self::Range { .. } => "range",
            Self::PowerUp => "power_up",
            Self::NoTime => "deadline",
        }
    }

    /// Whether another try in the same round may bring something better.
    pub(crate) fn may_pass(&self) -> bool {
        !matches!(self, Self::NoDriver | Self::Missing | Self::Thermocouple | Self::NoTime)
    }
}
