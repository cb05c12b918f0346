//! What stands inside a value, as serde asks for it: the items of a list, the entries of a table, the word of a choice.

use std::borrow::Cow;

use serde::de::{self, DeserializeSeed, Deserializer, Expected, Unexpected, Visitor};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Given, Mistake};

/// The items of a list.
pub(super) struct Items<'t>(pub(super) std::slice::Iter<'t, Spanned<DeValue<'t>>>);

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = Mistake;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Mistake> {
        let Some(given) = self.0.next().map(Given::of) else { return Ok(None) };
        seed.deserialize(given).map(Some).map_err(|mistake| mistake.within(&given))
    }
}

/// The entries of a table.
pub(super) struct Entries<'t> {
    left: toml::map::Iter<'t, Spanned<Cow<'t, str>>, Spanned<DeValue<'t>>>,
    value: Option<&'t Spanned<DeValue<'t>>>,
}

impl<'t> Entries<'t> {
    pub(super) fn of(table: &'t DeTable<'t>) -> Self {
        Self { left: table.iter(), value: None }
    }

    fn next_key(&mut self) -> Option<Given<'t>> {
        let (key, value) = self.left.next()?;
        self.value = Some(value);
        Some(Given::key(key))
    }

    fn value(&mut self) -> Result<Given<'t>, Mistake> {
        self.value.take().map(Given::of).ok_or_else(|| de::Error::custom("a value is asked for before its name"))
    }
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = Mistake;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Mistake> {
        let Some(given) = self.next_key() else { return Ok(None) };
        seed.deserialize(given).map(Some).map_err(|mistake| mistake.within(&given))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Mistake> {
        let given = self.value()?;
        seed.deserialize(given).map_err(|mistake| mistake.within(&given))
    }
}

/// One of several words, and what stands behind it where it is the name of an entry.
pub(super) struct Choice<'t> {
    pub(super) word: Given<'t>,
    pub(super) value: Option<Given<'t>>,
}

impl Choice<'_> {
    fn value(&self, wanted: &dyn Expected) -> Result<Self, Mistake> {
        match self.value {
            Some(value) => Ok(Self { word: value, value: None }),
            None => Err(de::Error::invalid_type(Unexpected::Other("the word alone"), wanted)),
        }
    }
}

impl<'de> de::EnumAccess<'de> for Choice<'_> {
    type Error = Mistake;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Mistake> {
        let word = seed.deserialize(self.word).map_err(|mistake| mistake.within(&self.word))?;
        Ok((word, self))
    }
}

impl<'de> de::VariantAccess<'de> for Choice<'_> {
    type Error = Mistake;

    fn unit_variant(self) -> Result<(), Mistake> {
        self.value.map_or(Ok(()), |value| Err(value.is_not(&"the word alone").within(&value)))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Mistake> {
        let value = self.value(&"a table of one entry")?.word;
        seed.deserialize(value).map_err(|mistake| mistake.within(&value))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mistake> {
        let value = self.value(&visitor)?.word;
        value.deserialize_seq(visitor).map_err(|mistake| mistake.within(&value))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Mistake> {
        let value = self.value(&visitor)?.word;
        value.deserialize_map(visitor).map_err(|mistake| mistake.within(&value))
    }
}
