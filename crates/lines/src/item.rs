//! What a reader finds in text, handed over one by one: readings, refusals, and remarks that cost nothing.
//!
//! Everything borrows from the line or from the reader, so that a line on the hot path allocates nothing.

use std::fmt;

use streamer_reading::{Epoch, Finite, Key, Refusal, Text, Value};

use crate::Cause;

/// Where a reader puts what it finds.
pub type Sink<'s> = dyn FnMut(Item<'_>) + 's;

/// One thing found in a line or in a document.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Item<'a> {
    /// A key, a value and perhaps a time.
    Reading(Found<'a>),
    /// Something that was there and is not a reading; to be counted under [`Cause::word`].
    Refused(Refused<'a>),
    /// Something worth saying, which cost no reading. A reader says each of them once.
    Remark(Remark<'a>),
}

/// A reading that still borrows its text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found<'a> {
    /// Made once for each series; cloning it is cheap.
    pub key: &'a Key,
    /// The value, already checked against the limits.
    pub value: Scalar<'a>,
    /// The time that the text gives; none means the time of reading.
    pub epoch: Option<Epoch>,
}

/// A value that still borrows its text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar<'a> {
    /// Text within the limit.
    Text(&'a str),
    /// True or false.
    Bool(bool),
    /// An integer, digit by digit.
    Int(i64),
    /// A number that is neither NaN nor infinite.
    Float(Finite),
}

impl Scalar<'_> {
    /// The value on its own feet; only text allocates.
    ///
    /// # Errors
    /// [`Refusal::TextTooLong`], never for a value that a reader handed over.
    pub fn to_value(self) -> Result<Value, Refusal> {
        Ok(match self {
            Self::Text(text) => Value::Text(Text::new(text)?),
            Self::Bool(flag) => Value::Bool(flag),
            Self::Int(number) => Value::Int(number),
            Self::Float(number) => Value::Float(number),
        })
    }

    pub(crate) fn class(self) -> Class {
        match self {
            Self::Text(_) => Class::Text,
            Self::Bool(_) => Class::Boolean,
            Self::Int(_) | Self::Float(_) => Class::Number,
        }
    }
}

/// Something that is not a reading, why, and what stood there.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused<'a> {
    /// The key it would have had; none for a whole line.
    pub key: Option<&'a str>,
    /// By which rule.
    pub cause: Cause,
    /// The text as it stood, uncut.
    pub text: &'a str,
}

/// `status: "abc" is no integer`, with long text cut.
impl fmt::Display for Refused<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 80;
        if let Some(key) = self.key {
            write!(f, "{key}: ")?;
        }
        let end = self.text.char_indices().nth(SHOWN).map_or(self.text.len(), |(at, _)| at);
        let dots = if end < self.text.len() { "..." } else { "" };
        write!(f, "{}, in {:?}{dots}", self.cause, &self.text[..end])
    }
}

/// The classes of values between which a series should not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Text.
    Text,
    /// True or false.
    Boolean,
    /// Integers and numbers with a fraction are one class: a series may go from 5 to 5.5.
    Number,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Boolean => "boolean",
            Self::Number => "number",
        })
    }
}

/// Something worth saying once. Its Display names the cure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remark<'a> {
    /// A key whose values are of one class on one line and of another on the next.
    TypeChanges {
        /// The key.
        key: &'a Key,
        /// What its values were so far.
        was: Class,
        /// What this one is.
        is: Class,
    },
    /// A key that stands twice in one line: the last one counts.
    KeyDoubled(&'a Key),
    /// A column whose name an earlier one has too: it got a number.
    ColumnDoubled(&'a Key),
    /// Two different names that make the same word and never stand in one line, where they would be told apart.
    NamesMeet(&'a Key),
    /// A line longer than a text value may be: it was cut.
    LineCut(&'a Key),
    /// Half of a surrogate pair in a JSON text: replaced by U+FFFD.
    HalfCharacter(&'a Key),
}

impl fmt::Display for Remark<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TypeChanges { key, was, is } => write!(
                f,
                "{key} was {was} and now is {is}; pin it, for example with types = {{ {:?} = {:?} }}",
                key.as_str(),
                if *was == Class::Number { "number" } else { "text" }
            ),
            Self::KeyDoubled(key) => write!(f, "{key} stands twice in one line; the last one counts"),
            Self::ColumnDoubled(key) => write!(f, "a column is called like one before it; its key is {key}"),
            Self::NamesMeet(key) => write!(f, "two names both become the key {key}; rename one where it is written"),
            Self::LineCut(key) => {
                write!(f, "a line of {key} was cut to {} characters", streamer_reading::limits::TEXT_CHARS)
            }
            Self::HalfCharacter(key) => write!(f, "a text of {key} has half a character, replaced by U+FFFD"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_people() {
        let key = Key::new("status").unwrap();
        let remark = Remark::TypeChanges { key: &key, was: Class::Number, is: Class::Text };
        assert_eq!(
            remark.to_string(),
            "status was number and now is text; pin it, for example with types = { \"status\" = \"number\" }"
        );
        let long = "ü".repeat(200);
        let refused = Refused { key: Some("status"), cause: Cause::NoValue("null"), text: &long };
        let said = refused.to_string();
        assert!(said.starts_with("status: null is no value") && said.ends_with("...") && said.len() < 220, "{said}");
    }
}
