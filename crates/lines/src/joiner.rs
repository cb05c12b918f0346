//! Lines that belong together: a stack trace behind its message, a text that holds a line end.
//!
//! The joiner keeps what is not complete yet and tells, with each record, from where the file would have to be read again
//! if the program ended now. It never keeps more than its limit.

use regex::Regex;

use crate::pattern::regex;
use crate::{csv, influx};

/// How lines belong together.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum JoinRule {
    /// A line that matches begins a record; those that do not belong to the one before.
    Starts(Regex),
    /// A line that matches belongs to the record before it.
    Continues(Regex),
    /// A line that ends with this sign goes on in the next one, as shells and configurations have it.
    EndsWith(char),
}

impl JoinRule {
    /// A line that this regular expression finds begins a record.
    ///
    /// # Errors
    /// In one line, why it is no regular expression.
    pub fn starts(pattern: &str) -> Result<Self, String> {
        regex(pattern).map(Self::Starts)
    }

    /// A line that this regular expression finds belongs to the record before it.
    ///
    /// # Errors
    /// In one line, why it is no regular expression.
    pub fn continues(pattern: &str) -> Result<Self, String> {
        regex(pattern).map(Self::Continues)
    }
}

/// The formats whose texts may hold line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quotes {
    /// With its delimiter.
    Csv(u8),
    Influx,
}

impl Quotes {
    fn are_open(self, text: &str) -> bool {
        text.contains('"')
            && match self {
                Self::Csv(delimiter) => csv::is_open(text, delimiter),
                Self::Influx => influx::is_open(text),
            }
    }
}

#[derive(Debug, Clone)]
enum Rule {
    Written(JoinRule),
    /// A record goes on while a quote is open.
    Quotes(Quotes),
}

/// A complete record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'j> {
    /// Its lines, with line feeds between them.
    pub text: &'j str,
    /// All before this place of the file is done once this record is.
    pub upto: u64,
    /// It was longer than the limit, and what is over it is lost.
    pub cut: bool,
}

/// Joins the lines of one file.
#[derive(Debug, Clone)]
pub struct Joiner {
    rule: Rule,
    limit: usize,
    held: String,
    /// Where the last held line ends.
    upto: u64,
    holds: bool,
    cut: bool,
    /// Where each held line ends, in the text and in the file: for quotes that never close.
    ends: Vec<(usize, u64)>,
}

impl Joiner {
    /// Joins by `rule`, at most `limit` bytes to a record.
    pub fn new(rule: JoinRule, limit: usize) -> Self {
        Self::with(Rule::Written(rule), limit)
    }

    pub(crate) fn of_quotes(quotes: Quotes, limit: usize) -> Self {
        Self::with(Rule::Quotes(quotes), limit)
    }

    fn with(rule: Rule, limit: usize) -> Self {
        Self { rule, limit, held: String::new(), upto: 0, holds: false, cut: false, ends: Vec::new() }
    }

    /// Whether lines are held that may not be complete.
    pub fn holds(&self) -> bool {
        self.holds
    }

    /// Takes the next line, which ends at `upto` in its file, and hands over what is complete with it.
    pub fn push(&mut self, line: &str, upto: u64, out: &mut dyn FnMut(Record<'_>)) {
        match &self.rule {
            Rule::Written(JoinRule::Starts(regex)) if regex.is_match(line) => self.hand_over(out),
            Rule::Written(JoinRule::Continues(regex)) if !regex.is_match(line) => self.hand_over(out),
            Rule::Quotes(_) if self.holds && self.held.len() + 1 + line.len() > self.limit => self.give_up(out),
            _ => {}
        }
        // What was open and meets no quote is still open: a long record is not searched again for each of its lines.
        let still_open = self.holds && !line.contains('"');
        self.hold(line, upto);
        let complete = match &self.rule {
            Rule::Written(JoinRule::Starts(_) | JoinRule::Continues(_)) => false,
            Rule::Written(JoinRule::EndsWith(sign)) => !line.ends_with(*sign),
            Rule::Quotes(quotes) => !(still_open || quotes.are_open(&self.held)),
        };
        if complete {
            self.hand_over(out);
        }
    }

    /// Hands over what is held: the file was silent for long enough, or has ended.
    pub fn flush(&mut self, out: &mut dyn FnMut(Record<'_>)) {
        match self.rule {
            Rule::Written(_) => self.hand_over(out),
            Rule::Quotes(_) => self.give_up(out),
        }
    }

    fn hand_over(&mut self, out: &mut dyn FnMut(Record<'_>)) {
        if self.holds {
            out(Record { text: &self.held, upto: self.upto, cut: self.cut });
        }
        self.clear();
    }

    /// Forgets what is held: the file was cut off or has gone.
    pub fn clear(&mut self) {
        self.held.clear();
        self.ends.clear();
        self.holds = false;
        self.cut = false;
    }

    fn hold(&mut self, line: &str, upto: u64) {
        let joint = usize::from(self.holds);
        self.holds = true;
        self.upto = upto;
        if self.cut {
            return;
        }
        // A quote joins lines, it does not cut them: half a line would be read as another one.
        let limit = if matches!(self.rule, Rule::Quotes(_)) { usize::MAX } else { self.limit };
        let room = limit.checked_sub(self.held.len() + joint);
        let mut end = line.len().min(room.unwrap_or(0));
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        self.cut = room.is_none() || end < line.len();
        if room.is_some() {
            self.held.extend((joint > 0).then_some('\n'));
            self.held.push_str(&line[..end]);
        }
        if matches!(self.rule, Rule::Quotes(_)) {
            self.ends.push((self.held.len(), upto));
        }
    }

    /// A quote that never closed took lines with it that are whole by themselves: each of them stands alone again.
    fn give_up(&mut self, out: &mut dyn FnMut(Record<'_>)) {
        let mut start = 0;
        for (end, upto) in &self.ends {
            let text = self.held.get(start..*end).unwrap_or_default();
            out(Record { text, upto: *upto, cut: false });
            start = end + 1;
        }
        self.clear();
    }
}
