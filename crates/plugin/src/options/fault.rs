//! One mistake in a configuration, and where it is.

use std::ops::Range;

use super::Table;

/// One mistake: where, what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Byte range in the source text; none until the fault is placed.
    pub span: Option<Range<usize>>,
    /// The option it is about, with dots for tables within.
    pub option: String,
    /// What is wrong, in one sentence without a capital or a full stop.
    pub words: String,
    /// What to do, where that can be said.
    pub help: Option<String>,
}

/// All mistakes of one table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Notes a mistake in the value of `option`; the place is found from the table.
    pub fn add(&mut self, option: &str, words: impl Into<String>) {
        self.push(Fault { span: None, option: option.into(), words: words.into(), help: None });
    }

    /// Notes a mistake together with its cure.
    pub fn add_with_help(&mut self, option: &str, words: impl Into<String>, help: impl Into<String>) {
        self.push(Fault { span: None, option: option.into(), words: words.into(), help: Some(help.into()) });
    }

    /// Notes a mistake whose place is known.
    pub fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The mistakes.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// Gives every fault that names an option the place of that option's value in `table`, or of the table's head.
    #[must_use]
    pub fn placed_in(mut self, table: &Table<'_>) -> Self {
        for fault in &mut self.0 {
            if fault.span.is_none() {
                fault.span = Some(table.place_of(&fault.option));
            }
        }
        self
    }
}

impl IntoIterator for Faults {
    type Item = Fault;
    type IntoIter = std::vec::IntoIter<Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Extend<Fault> for Faults {
    fn extend<I: IntoIterator<Item = Fault>>(&mut self, faults: I) {
        self.0.extend(faults);
    }
}
