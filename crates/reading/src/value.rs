//! What was read: text, a boolean, an integer or a floating-point number.

use std::fmt;
use std::sync::Arc;

use crate::{Refusal, limits};

/// The value of a reading. There is no null, no list and no object; see [`Refusal::NoValue`].
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text of at most 2000 characters.
    Text(Text),
    /// True or false.
    Bool(bool),
    /// An integer, kept digit by digit.
    Int(i64),
    /// A number that is neither NaN nor infinite.
    Float(Finite),
}

/// A floating-point number that JSON can write: neither NaN nor infinite.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Finite(f64);

impl Finite {
    /// # Errors
    /// [`Refusal::NotFinite`] for NaN and the infinities.
    pub fn new(number: f64) -> Result<Self, Refusal> {
        if number.is_finite() { Ok(Self(number)) } else { Err(Refusal::NotFinite(number)) }
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// Text of at most 2000 characters. Cloning is cheap: on its way to the outputs a text is never copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(Arc<str>);

impl Text {
    /// # Errors
    /// [`Refusal::TextTooLong`] over 2000 characters.
    pub fn new(text: impl Into<Arc<str>>) -> Result<Self, Refusal> {
        let text = text.into();
        if text.len() > limits::TEXT_CHARS {
            let chars = text.chars().count();
            if chars > limits::TEXT_CHARS {
                return Err(Refusal::TextTooLong(chars));
            }
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value {
    /// The value as a number, where it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "a number for arithmetic; the value itself stays exact")]
            Self::Int(i) => Some(*i as f64),
            Self::Float(f) => Some(f.0),
            Self::Text(_) | Self::Bool(_) => None,
        }
    }

    /// `text`, `boolean`, `integer` or `number`: for messages to people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Bool(_) => "boolean",
            Self::Int(_) => "integer",
            Self::Float(_) => "number",
        }
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

macro_rules! from_small_integer {
    ($($kind:ty),*) => {$(
        impl From<$kind> for Value {
            fn from(number: $kind) -> Self {
                Self::Int(i64::from(number))
            }
        }
    )*};
}
from_small_integer!(i8, i16, i32, i64, u8, u16, u32);

impl TryFrom<u64> for Value {
    type Error = Refusal;
    fn try_from(number: u64) -> Result<Self, Refusal> {
        i64::try_from(number).map(Self::Int).map_err(|_| Refusal::IntegerTooLarge(number))
    }
}

impl TryFrom<usize> for Value {
    type Error = Refusal;
    fn try_from(number: usize) -> Result<Self, Refusal> {
        Self::try_from(number as u64)
    }
}

impl From<Finite> for Value {
    fn from(number: Finite) -> Self {
        Self::Float(number)
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl TryFrom<f64> for Value {
    type Error = Refusal;
    fn try_from(number: f64) -> Result<Self, Refusal> {
        Finite::new(number).map(Self::Float)
    }
}

impl TryFrom<f32> for Value {
    type Error = Refusal;
    /// Takes the shortest decimal that means this `f32`: 21.5f32 is 21.5 and 0.1f32 is 0.1, not 0.10000000149011612.
    fn try_from(number: f32) -> Result<Self, Refusal> {
        let wide = f64::from(number);
        Self::try_from(if number.is_finite() { number.to_string().parse().unwrap_or(wide) } else { wide })
    }
}

impl TryFrom<&str> for Value {
    type Error = Refusal;
    fn try_from(text: &str) -> Result<Self, Refusal> {
        Text::new(text).map(Self::Text)
    }
}

impl TryFrom<String> for Value {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Text::new(text).map(Self::Text)
    }
}

impl TryFrom<&String> for Value {
    type Error = Refusal;
    fn try_from(text: &String) -> Result<Self, Refusal> {
        Text::new(text.as_str()).map(Self::Text)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.pad(&text.0),
            Self::Bool(flag) => fmt::Display::fmt(flag, f),
            Self::Int(number) => fmt::Display::fmt(number, f),
            Self::Float(number) => fmt::Display::fmt(&number.0, f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_json_can_write() {
        assert_eq!(Value::try_from(0.1_f32).unwrap().to_string(), "0.1");
        assert_eq!(Value::from(-5_i32), Value::Int(-5));
        assert!(matches!(Value::try_from(f64::NAN), Err(Refusal::NotFinite(_))));
        assert!(matches!(Value::try_from(f32::INFINITY), Err(Refusal::NotFinite(_))));
        assert_eq!(Value::try_from(u64::MAX), Err(Refusal::IntegerTooLarge(u64::MAX)));
        assert!(Value::try_from("ü".repeat(2000)).is_ok());
        assert_eq!(Value::try_from("x".repeat(2001)), Err(Refusal::TextTooLong(2001)));
    }
}
