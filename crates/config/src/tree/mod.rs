//! From the texts of several files to one table, every value of which still knows where it stands.

mod expand;
mod merge;
mod syntax;

use std::ops::Range;

use streamer_plugin::options::is_secret_name;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::place::{File, Findings, Span};
use crate::surroundings::Surroundings;

/// A value with its place in all files.
pub(crate) type Value<'t> = Spanned<DeValue<'t>>;

/// The options in which `${` is somebody else's business: the shell's, or a pattern's.
const NEVER_EXPANDED: [&str; 2] = ["shell", "pattern"];

/// Reads all files into one table; what is wrong with them is noted.
pub(crate) fn read<'t>(findings: &mut Findings<'t>, around: &Surroundings<'_>) -> DeTable<'t> {
    let mut whole = DeTable::new();
    for file in findings.files().iter() {
        let Some(table) = syntax::parse(file, findings) else { continue };
        let mut carrier = Carrier { file, around, findings };
        let table = carrier.table(table, Entry::default());
        merge::merge(&mut whole, table, "", findings);
    }
    whole
}

/// What the name of an entry says about all that is in it.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    plain: bool,
    secret: bool,
}

/// Gives every value its place in all files, and texts what their `${NAME}` stand for.
struct Carrier<'c, 't> {
    file: &'t File,
    around: &'c Surroundings<'c>,
    findings: &'c mut Findings<'t>,
}

impl<'t> Carrier<'_, 't> {
    fn table(&mut self, table: DeTable<'t>, entry: Entry) -> DeTable<'t> {
        let mut moved = DeTable::new();
        for (key, value) in table {
            // Few values can make use of their name; to look at all of them would cost more than to read them.
            let counts = match value.get_ref() {
                DeValue::String(text) => text.contains("${"),
                DeValue::Array(_) | DeValue::Table(_) => true,
                _ => false,
            };
            let entry = Entry {
                plain: entry.plain || NEVER_EXPANDED.contains(&key.get_ref().as_ref()),
                secret: entry.secret || (counts && is_secret_name(key.get_ref())),
            };
            let span = self.shift(key.span());
            moved.insert(Spanned::new(span, key.into_inner()), self.value(value, entry));
        }
        moved
    }

    fn value(&mut self, value: Value<'t>, entry: Entry) -> Value<'t> {
        let own = value.span();
        let span = self.shift(own.clone());
        let value = match value.into_inner() {
            DeValue::Table(table) => DeValue::Table(self.table(table, entry)),
            DeValue::Array(array) => {
                let items: DeArray<'t> = array.into_iter().map(|item| self.value(item, entry)).collect();
                DeValue::Array(items)
            }
            DeValue::String(text) if !entry.plain && text.contains("${") => {
                DeValue::String(self.text(&text, own, &span, entry).into())
            }
            other => other,
        };
        Spanned::new(span, value)
    }

    fn text(&mut self, text: &str, own: Range<usize>, span: &Span, entry: Entry) -> String {
        let expanded = expand::expand(text, self.around);
        for (name, value) in &expanded.used {
            if entry.secret || is_secret_name(name) {
                self.findings.keep_secret(value);
            }
        }
        let written = &self.file.text()[own];
        for fault in &expanded.faults {
            // The variable itself is pointed at, wherever it stands as it is in the file.
            let at = written.find(fault.part.as_str()).map(|at| span.start + at..span.start + at + fault.part.len());
            self.findings.error(&at.unwrap_or_else(|| span.clone()), fault.words.as_str()).help =
                Some(fault.help.clone());
        }
        if !expanded.faults.is_empty() {
            self.findings.spoil(span.clone());
        }
        expanded.text
    }

    fn shift(&self, span: Range<usize>) -> Span {
        span.start + self.file.base()..span.end + self.file.base()
    }
}
