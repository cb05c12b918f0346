//! A TOML table that knows where each of its entries stands in the source text.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Faults, read};

/// A spanned table, from which entries can be taken before the rest is read into a type.
#[derive(Debug, Clone)]
pub struct Table<'i> {
    pub(super) entries: DeTable<'i>,
    pub(super) span: Range<usize>,
}

impl<'i> Table<'i> {
    /// Wraps a parsed table; `span` is what a fault about the table as a whole points at, such as its head.
    pub fn new(entries: DeTable<'i>, span: Range<usize>) -> Self {
        Self { entries, span }
    }

    /// Parses a text that is one table.
    ///
    /// # Errors
    /// Every syntax error in it.
    pub fn parse(text: &'i str) -> Result<Self, Faults> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut faults = Faults::default();
        for error in errors {
            faults.push(super::Fault {
                span: error.span(),
                option: String::new(),
                words: error.message().to_owned(),
                help: None,
            });
        }
        let span = table.span();
        if faults.is_empty() { Ok(Self::new(table.into_inner(), span.start..span.start)) } else { Err(faults) }
    }

    /// What a fault about the table as a whole points at.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The names of the entries, in alphabetical order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(|key| key.get_ref().as_ref())
    }

    /// The entry called `name`, with its place.
    pub fn get(&self, name: &str) -> Option<&Spanned<DeValue<'i>>> {
        self.entries.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| value)
    }

    /// The place of the name of an entry.
    pub fn name_place(&self, name: &str) -> Option<Range<usize>> {
        self.entries.keys().find(|key| key.get_ref() == name).map(Spanned::span)
    }

    /// Takes the entry called `name` out.
    pub fn take(&mut self, name: &str) -> Option<Spanned<DeValue<'i>>> {
        let key = self.entries.keys().find(|key| key.get_ref() == name)?.clone();
        self.entries.remove(&key)
    }

    /// Takes out all entries for which `which` holds, as a table of their own with the same place.
    #[must_use]
    pub fn split_off(&mut self, which: impl Fn(&str) -> bool) -> Self {
        let mut taken = DeTable::new();
        let mut rest = DeTable::new();
        for (key, value) in std::mem::take(&mut self.entries) {
            if which(key.get_ref()) {
                taken.insert(key, value)
            } else {
                rest.insert(key, value)
            };
        }
        self.entries = rest;
        Self { entries: taken, span: self.span.clone() }
    }

    /// Reads the whole table into a type.
    ///
    /// # Errors
    /// Every mistake in it, each with its place.
    pub fn read<T: DeserializeOwned + schemars::JsonSchema>(&self) -> Result<T, Faults> {
        read::read(self)
    }

    /// The place of the value of an option, given with dots; of the nearest table around it where it is not there.
    pub(super) fn place_of(&self, option: &str) -> Range<usize> {
        let mut place = self.span.clone();
        let mut table = Some(&self.entries);
        for part in option.split('.') {
            let Some((_, value)) = table.and_then(|t| t.iter().find(|(key, _)| key.get_ref() == part)) else { break };
            place = value.span();
            table = value.get_ref().as_table();
        }
        place
    }
}
