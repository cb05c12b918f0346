//! Why something is not a reading. The words are for the person who sent it: they name the rule and the limit.

use crate::limits;

/// What was refused at the door, and by which rule.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A key without a character.
    #[error("the key is empty")]
    KeyEmpty,
    /// A key over the limit.
    #[error("the key has {0} characters; the limit is {max}", max = limits::KEY_CHARS)]
    KeyTooLong(usize),
    /// A key with a control character.
    #[error("the key has a control character ({0:?})")]
    KeyControl(char),
    /// A value that is not a number although it has the type of one.
    #[error("the value is {0}, which is no number that JSON knows")]
    NotFinite(f64),
    /// A text value over the limit.
    #[error("the text has {0} characters; the limit is {max}", max = limits::TEXT_CHARS)]
    TextTooLong(usize),
    /// An unsigned integer beyond what is kept exactly.
    #[error("the integer {0} is beyond 9223372036854775807")]
    IntegerTooLarge(u64),
    /// A time stamp in milliseconds (or finer) where seconds are asked for.
    #[error("the epoch {0} looks like milliseconds; it must be seconds since 1970")]
    EpochMilliseconds(f64),
    /// A time stamp that is not a number, or out of any calendar's range.
    #[error("the epoch {0} is out of range")]
    EpochRange(f64),
    /// A time stamp that the service would replace by its own clock.
    #[error("the epoch {0} is ten years or more in the past; the service would replace it by its own time")]
    EpochTooOld(crate::Epoch),
    /// A bucket key or name over the limit.
    #[error("the {what} has {chars} characters; the limit is {max}", max = limits::BUCKET_CHARS)]
    BucketTooLong {
        /// `bucket key` or `bucket name`.
        what: &'static str,
        /// How many characters it has.
        chars: usize,
    },
    /// A bucket key without a character.
    #[error("the bucket key is empty")]
    BucketKeyEmpty,
    /// A bucket key with a character that it must not have.
    #[error("the bucket key has {0:?}; it must be plain ASCII without blanks, ':', '\"' and '\\''")]
    BucketKeyCharacter(char),
    /// A value of a kind that is no reading: null, a list, an object.
    #[error("{0} is no value; a value is text, a boolean or a number")]
    NoValue(&'static str),
}

impl Refusal {
    /// One word for counters: the same cause always counts under the same name.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::KeyEmpty | Self::KeyTooLong(_) | Self::KeyControl(_) => "key",
            Self::NotFinite(_) => "not_finite",
            Self::TextTooLong(_) => "text_too_long",
            Self::IntegerTooLarge(_) => "integer_too_large",
            Self::EpochMilliseconds(_) => "epoch_milliseconds",
            Self::EpochRange(_) => "epoch_range",
            Self::EpochTooOld(_) => "epoch_too_old",
            Self::BucketTooLong { .. } | Self::BucketKeyEmpty | Self::BucketKeyCharacter(_) => "bucket",
            Self::NoValue(_) => "no_value",
        }
    }
}

impl From<std::convert::Infallible> for Refusal {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}
