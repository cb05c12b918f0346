//! Collects what is wrong while a configuration is read, so that all of it can be said at once.

use std::collections::BTreeSet;
use std::ops::Range;

use streamer_plugin::options::Faults;

use super::mask::SHORTEST_SECRET;
use super::{Diagnostic, Files, Mistakes, Severity};

/// A byte range in all files, as [`Files`] lays them end to end.
pub(crate) type Span = Range<usize>;

/// All that was found so far.
#[derive(Debug)]
pub(crate) struct Findings<'f> {
    files: &'f Files,
    found: Vec<Diagnostic>,
    /// Values whose `${...}` came to nothing: whatever else seems wrong with them is no mistake of its own.
    spoiled: Vec<Span>,
    ignored: Vec<Diagnostic>,
    syntax_broken: bool,
    /// Texts that no message may show.
    secrets: BTreeSet<String>,
}

impl<'f> Findings<'f> {
    pub(crate) fn new(files: &'f Files) -> Self {
        Self {
            files,
            found: Vec::new(),
            spoiled: Vec::new(),
            ignored: Vec::new(),
            syntax_broken: false,
            secrets: BTreeSet::new(),
        }
    }

    pub(crate) fn files(&self) -> &'f Files {
        self.files
    }

    /// No message shows this text.
    pub(crate) fn keep_secret(&mut self, text: &str) {
        let text = text.trim();
        if text.len() >= SHORTEST_SECRET {
            self.secrets.insert(text.to_owned());
        }
    }

    /// Whatever is found from now on at this place is ignored.
    pub(crate) fn spoil(&mut self, span: Span) {
        self.spoiled.push(span);
    }

    pub(crate) fn error(&mut self, span: &Span, message: impl Into<String>) -> &mut Diagnostic {
        self.add(Severity::Error, Some(span), message.into())
    }

    pub(crate) fn warn(&mut self, span: &Span, message: impl Into<String>) -> &mut Diagnostic {
        self.add(Severity::Warning, Some(span), message.into())
    }

    /// A mistake that is in no file.
    pub(crate) fn error_nowhere(&mut self, message: impl Into<String>) -> &mut Diagnostic {
        self.add(Severity::Error, None, message.into())
    }

    /// A remark that is in no file.
    pub(crate) fn warn_nowhere(&mut self, message: impl Into<String>) -> &mut Diagnostic {
        self.add(Severity::Warning, None, message.into())
    }

    /// Two places that cannot be together; the first is where the reader's eye shall fall, usually the later one.
    pub(crate) fn conflict(
        &mut self,
        (span, label): (&Span, &str),
        (other, other_label): (&Span, &str),
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let marks = self.files.mark(span, label).into_iter().chain(self.files.mark(other, other_label)).collect();
        let found = self.add(Severity::Error, Some(span), message.into());
        found.marks = marks;
        found
    }

    /// The mistakes of one table; `head` is the place of those that have none.
    pub(crate) fn faults(&mut self, faults: Faults, head: &Span) {
        for fault in faults {
            let found = self.error(fault.span.as_ref().unwrap_or(head), plain(&fault.words));
            found.help = fault.help;
        }
    }

    /// A file is no TOML.
    pub(crate) fn break_syntax(&mut self) {
        self.syntax_broken = true;
    }

    pub(crate) fn is_syntax_broken(&self) -> bool {
        self.syntax_broken
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.found.iter().any(|found| found.severity == Severity::Error)
    }

    fn add(&mut self, severity: Severity, span: Option<&Span>, message: String) -> &mut Diagnostic {
        let spoiled = |at: &Span| self.spoiled.iter().any(|bad| bad.start <= at.start && at.end <= bad.end);
        let list = if span.is_some_and(spoiled) { &mut self.ignored } else { &mut self.found };
        let marks = span.and_then(|span| self.files.mark(span, "")).into_iter().collect();
        let last = list.len();
        list.push(Diagnostic { severity, message, marks, help: None });
        &mut list[last]
    }

    /// The warnings where nothing is wrong, else all there is, in the order of the files.
    pub(crate) fn finish(mut self) -> Result<Vec<Diagnostic>, Mistakes> {
        if self.found.is_empty() {
            return Ok(Vec::new());
        }
        for secret in self.files.secrets() {
            self.keep_secret(secret);
        }
        let mut found: Vec<Diagnostic> = Vec::new();
        for mut diagnostic in std::mem::take(&mut self.found) {
            if found.contains(&diagnostic) {
                continue;
            }
            self.clean(&mut diagnostic.message);
            diagnostic.help.iter_mut().for_each(|help| self.clean(help));
            diagnostic.marks.iter_mut().for_each(|mark| self.clean(&mut mark.label));
            found.push(diagnostic);
        }
        found.sort_by_cached_key(|found| found.marks.first().map_or(0, |mark| mark.file.base() + mark.span.start));
        let wrong = found.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        if wrong { Err(Mistakes(found)) } else { Ok(found) }
    }

    /// Takes secrets out of a message, and what a terminal would take for a command.
    fn clean(&self, words: &mut String) {
        for secret in &self.secrets {
            if words.contains(secret.as_str()) {
                *words = words.replace(secret.as_str(), "***");
            }
        }
        if words.contains(char::is_control) {
            *words = words.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        }
    }
}

/// What is left of the words of serde.
fn plain(words: &str) -> String {
    if words == "wanted string or table" {
        return "expected text in quotes".into();
    }
    words.replace("expected path string", "expected a path as text in quotes")
}
