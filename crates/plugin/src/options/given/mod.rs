//! A value of a TOML table, as serde asks for it.
//!
//! Every options type brings code of its own for each question that serde has. So nothing here that grows with a type
//! decides anything: what a value is, and the words where it is something else, are told by code that the program has
//! once. It reads in place and copies nothing but text.

mod inside;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{self, Deserializer, Expected, Unexpected, Visitor};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use inside::{Choice, Entries, Items};

/// What serde found wrong, and the innermost place of it.
#[derive(Debug)]
pub(super) struct Mistake(Box<(String, Option<Range<usize>>)>);

impl Mistake {
    pub(super) fn words(&self) -> &str {
        &self.0.0
    }

    pub(super) fn span(&self) -> Option<Range<usize>> {
        self.0.1.clone()
    }

    #[cold]
    fn within(mut self, given: &Given<'_>) -> Self {
        self.0.1.get_or_insert(given.start..given.end);
        self
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl std::error::Error for Mistake {}

impl de::Error for Mistake {
    #[cold]
    fn custom<T: fmt::Display>(words: T) -> Self {
        Self(Box::new((words.to_string(), None)))
    }
}

/// A value and its place.
#[derive(Clone, Copy)]
pub(super) struct Given<'t> {
    what: What<'t>,
    start: usize,
    end: usize,
}

#[derive(Clone, Copy)]
enum What<'t> {
    Text(&'t str),
    Whole(i64),
    /// Above all `i64`.
    Huge(u64),
    Float(f64),
    Flag(bool),
    List(&'t [Spanned<DeValue<'t>>]),
    Table(&'t DeTable<'t>),
    /// What no option can be; the words say what it is.
    Strange(&'static str),
}

impl<'t> Given<'t> {
    /// A table as a whole.
    pub(super) fn table(table: &'t DeTable<'t>, span: &Range<usize>) -> Self {
        Self { what: What::Table(table), start: span.start, end: span.end }
    }

    fn of(value: &'t Spanned<DeValue<'t>>) -> Self {
        let what = match value.get_ref() {
            DeValue::String(text) => What::Text(text),
            DeValue::Integer(digits) => {
                let (digits, radix) = (digits.as_str(), digits.radix());
                i64::from_str_radix(digits, radix)
                    .map(What::Whole)
                    .or_else(|_| u64::from_str_radix(digits, radix).map(What::Huge))
                    .unwrap_or(What::Strange("a number of more than 64 bits"))
            }
            DeValue::Float(digits) => match digits.as_str().parse::<f64>() {
                Ok(number) if number.is_finite() || digits.as_str().contains("inf") || number.is_nan() => {
                    What::Float(number)
                }
                _ => What::Strange("a number that is too large"),
            },
            DeValue::Boolean(flag) => What::Flag(*flag),
            DeValue::Datetime(_) => What::Strange("a date or a time"),
            DeValue::Array(items) => What::List(items),
            DeValue::Table(table) => What::Table(table),
        };
        let span = value.span();
        Self { what, start: span.start, end: span.end }
    }

    fn key(key: &'t Spanned<Cow<'t, str>>) -> Self {
        let span = key.span();
        Self { what: What::Text(key.get_ref()), start: span.start, end: span.end }
    }

    #[cold]
    fn is_not(&self, wanted: &dyn Expected) -> Mistake {
        let found = match self.what {
            What::Text(text) => Unexpected::Str(text),
            What::Whole(number) => Unexpected::Signed(number),
            What::Huge(number) => Unexpected::Unsigned(number),
            What::Float(number) => Unexpected::Float(number),
            What::Flag(flag) => Unexpected::Bool(flag),
            What::List(_) => Unexpected::Seq,
            What::Table(_) => Unexpected::Map,
            What::Strange(what) => Unexpected::Other(what),
        };
        de::Error::invalid_type(found, wanted)
    }

    fn text(&self, wanted: &dyn Expected) -> Result<&'t str, Mistake> {
        if let What::Text(text) = self.what { Ok(text) } else { Err(self.is_not(wanted)) }
    }

    fn flag(&self, wanted: &dyn Expected) -> Result<bool, Mistake> {
        if let What::Flag(flag) = self.what { Ok(flag) } else { Err(self.is_not(wanted)) }
    }

    /// A whole number, or `Err(Ok)` for one that only `u64` holds.
    fn whole(&self, wanted: &dyn Expected) -> Result<i64, Result<u64, Mistake>> {
        match self.what {
            What::Whole(number) => Ok(number),
            What::Huge(number) => Err(Ok(number)),
            _ => Err(Err(self.is_not(wanted))),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a whole number where a number is asked for: as exact as that can be"
    )]
    fn number(&self, wanted: &dyn Expected) -> Result<f64, Mistake> {
        match self.what {
            What::Float(number) => Ok(number),
            What::Whole(number) => Ok(number as f64),
            What::Huge(number) => Ok(number as f64),
            _ => Err(self.is_not(wanted)),
        }
    }

    fn items(&self, wanted: &dyn Expected) -> Result<Items<'t>, Mistake> {
        if let What::List(items) = self.what { Ok(Items(items.iter())) } else { Err(self.is_not(wanted)) }
    }

    fn entries(&self, wanted: &dyn Expected) -> Result<Entries<'t>, Mistake> {
        if let What::Table(table) = self.what { Ok(Entries::of(table)) } else { Err(self.is_not(wanted)) }
    }

    /// A word, or a table of one entry whose name is the word.
    fn choice(&self, words: &'static [&'static str]) -> Result<Choice<'t>, Mistake> {
        match self.what {
            What::Text(_) => Ok(Choice { word: *self, value: None }),
            What::Table(table) if table.len() == 1 => {
                let (word, value) = table.iter().next().ok_or_else(|| self.is_not(&OneOf(words)))?;
                Ok(Choice { word: Self::key(word), value: Some(Self::of(value)) })
            }
            _ => Err(self.is_not(&OneOf(words))),
        }
    }
}

/// The words that a choice has.
struct OneOf(&'static [&'static str]);

impl Expected for OneOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one of {}", self.0.join(", "))
    }
}

macro_rules! whole_numbers {
    ($($ask:ident)*) => {$(
        fn $ask<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
            match self.whole(&visitor) {
                Ok(number) => visitor.visit_i64(number),
                Err(Ok(number)) => visitor.visit_u64(number),
                Err(Err(mistake)) => Err(mistake),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Given<'_> {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self.what {
            What::Text(text) => visitor.visit_str(text),
            What::Whole(number) => visitor.visit_i64(number),
            What::Huge(number) => visitor.visit_u64(number),
            What::Float(number) => visitor.visit_f64(number),
            What::Flag(flag) => visitor.visit_bool(flag),
            What::List(items) => visitor.visit_seq(Items(items.iter())),
            What::Table(table) => visitor.visit_map(Entries::of(table)),
            What::Strange(_) => Err(self.is_not(&visitor)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let flag = self.flag(&visitor)?;
        visitor.visit_bool(flag)
    }

    whole_numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let number = self.number(&visitor)?;
        visitor.visit_f64(number)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let text = self.text(&visitor)?;
        visitor.visit_str(text)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_str(visitor)
    }

    /// TOML has no nothing: what stands there is there.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let items = self.items(&visitor)?;
        visitor.visit_seq(items)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let entries = self.entries(&visitor)?;
        visitor.visit_map(entries)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        let choice = self.choice(words)?;
        visitor.visit_enum(choice)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { bytes byte_buf unit unit_struct }
}
