//! Why something in a text is not a reading. The words are for the person who wrote the file or the configuration.

use streamer_reading::{Refusal, limits};

use crate::Kind;

/// By which rule a value, a time or a whole line was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The line is none of those that the pattern describes.
    #[error("the line does not match the pattern")]
    NoMatch,
    /// The line is broken, or in another format.
    #[error("this is no {format}: {what} at byte {at}")]
    Malformed {
        /// The format that was asked for.
        format: &'static str,
        /// What is missing or too much.
        what: &'static str,
        /// Where, counted from the start of the line or document.
        at: usize,
    },
    /// Lists in lists, or objects in objects, without an end.
    #[error("values lie more than {0} levels deep")]
    TooDeep(usize),
    /// More values in one line than any line of readings has.
    #[error("there are more than {0} values in one line")]
    TooMany(usize),
    /// A row that is shorter or longer than its head: its cells may stand under wrong names.
    #[error("the row has {cells} cells, its head {columns}")]
    Cells {
        /// In the row.
        cells: usize,
        /// In the head.
        columns: usize,
    },
    /// A name that cannot be a key.
    #[error("{0}")]
    Key(Refusal),
    /// Null, nothing, or unknown.
    #[error("{0} is no value")]
    NoValue(&'static str),
    /// NaN, infinity, or a number beyond them all.
    #[error("NaN, infinity and what is beyond 1.8e308 are no numbers that JSON knows")]
    NotFinite,
    /// An integer that would lose its last digits.
    #[error("the integer is beyond what 64 bits hold; pin it as text to keep its digits")]
    IntegerTooLarge,
    /// A text over the limit.
    #[error("the text has more than {max} characters", max = limits::TEXT_CHARS)]
    TextTooLong,
    /// A value that is not of the type that its key was pinned to.
    #[error("it does not fit the type {0}")]
    DoesNotFit(Kind),
    /// A time that cannot be read; the reading itself stays, with the time of reading.
    #[error("the time cannot be read: {0}")]
    Epoch(EpochCause),
    /// The whole line was refused because its time cannot be read and `required` is set.
    #[error("the line has no time that can be read, and one is required: {0}")]
    EpochRequired(EpochCause),
}

impl Cause {
    /// One word for counters: the same cause always counts under the same name, as [`Refusal::cause`] has it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NoMatch => "no_match",
            Self::Malformed { .. } => "malformed",
            Self::TooDeep(_) | Self::TooMany(_) => "too_large",
            Self::Cells { .. } => "cells",
            Self::Key(refusal) => refusal.cause(),
            Self::NoValue(_) => "no_value",
            Self::NotFinite => "not_finite",
            Self::IntegerTooLarge => "integer_too_large",
            Self::TextTooLong => "text_too_long",
            Self::DoesNotFit(_) => "type",
            Self::Epoch(EpochCause::Refused(refusal)) => refusal.cause(),
            Self::Epoch(_) => "epoch",
            Self::EpochRequired(_) => "epoch_required",
        }
    }
}

/// What about a time cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EpochCause {
    /// The line has no value under the key of the time.
    #[error("it is not in the line")]
    Missing,
    /// The text is not as the format says.
    #[error("{wanted} is wanted at byte {at}")]
    Shape {
        /// The next piece of the format.
        wanted: &'static str,
        /// Where, counted from the start of the time.
        at: usize,
    },
    /// The pieces are there and no such day or hour exists.
    #[error("there is no such date or hour")]
    NoSuchDate,
    /// A zone's name that means several zones, or none that is known.
    #[error("the zone name is unknown or means several zones; set `zone`")]
    ZoneName,
    /// A number that is no such time.
    #[error("{0}")]
    Refused(Refusal),
}

impl From<Refusal> for EpochCause {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
