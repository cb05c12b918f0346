//! What a person can say about this input, whatever the format.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use streamer_lines::{Format, JoinRule, Joiner};
use streamer_plugin::options::{Faults, Period, Size};

use crate::paths::Pattern;

/// Where a file is begun that was never seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// At its end: only what is written from now on.
    #[default]
    End,
    /// At its start.
    Start,
}

/// How several lines make one record. One of the three rules is given.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Multiline {
    /// A line that this regular expression finds begins a record; the others belong to the one before: '^\d{4}-'.
    pub starts: Option<String>,
    /// A line that this regular expression finds belongs to the record before it: '^\s'.
    pub continues: Option<String>,
    /// A line that ends with this character goes on in the next one: '\'.
    pub ends_with: Option<char>,
    /// How long a record waits for more lines.
    #[serde(default = "patience")]
    pub timeout: Period,
}

pub fn patience() -> Period {
    Period::secs(5)
}

impl Default for Multiline {
    fn default() -> Self {
        Self { starts: None, continues: None, ends_with: None, timeout: patience() }
    }
}

impl Multiline {
    fn rule(&self) -> Result<JoinRule, (&'static str, String)> {
        let of = |option, rule: Result<_, String>| {
            rule.map_err(|why| (option, format!("this is no regular expression: {why}")))
        };
        match (&self.starts, &self.continues, self.ends_with) {
            (Some(pattern), None, None) => of("multiline.starts", JoinRule::starts(pattern)),
            (None, Some(pattern), None) => of("multiline.continues", JoinRule::continues(pattern)),
            (None, None, Some(sign)) => Ok(JoinRule::EndsWith(sign)),
            _ => Err(("multiline", "exactly one of `starts`, `continues` and `ends_with` is needed".into())),
        }
    }
}

/// The options that all formats share, made ready.
#[derive(Debug, Clone)]
pub struct Following {
    pub files: Vec<Pattern>,
    pub from: From,
    pub poll: Duration,
    pub longest: usize,
    pub joiner: Option<Joiner>,
    pub patience: Duration,
    pub silence: Duration,
    pub unpack: bool,
    pub keep: Duration,
}

/// The options that all formats share, as they are written.
#[derive(Debug)]
pub struct Shared<'o> {
    pub files: &'o [String],
    pub from: From,
    pub poll: Period,
    pub max_line: Size,
    pub multiline: Option<&'o Multiline>,
    pub rotated_wait: Period,
    pub rotated_gzip: bool,
    pub forget_after: Period,
}

impl Shared<'_> {
    /// # Errors
    /// The option that is wrong, and why.
    pub fn ready(&self, format: &Format) -> Result<Following, (&'static str, String)> {
        let longest = usize::try_from(self.max_line.0).unwrap_or(usize::MAX);
        let joiner = match self.multiline {
            Some(multiline) => Some(Joiner::new(multiline.rule()?, longest)),
            None => format.joiner(),
        };
        Ok(Following {
            files: self.files.iter().map(|written| Pattern::new(written)).collect(),
            from: self.from,
            poll: self.poll.0,
            longest,
            joiner,
            patience: self.multiline.map_or_else(patience, |multiline| multiline.timeout).0,
            silence: self.rotated_wait.0,
            unpack: self.rotated_gzip,
            keep: self.forget_after.0,
        })
    }

    pub fn check(&self, format: Option<&Format>, faults: &mut Faults) {
        if self.files.is_empty() {
            faults.add("files", "the list is empty, so there is nothing to follow");
        }
        if self.files.iter().any(String::is_empty) {
            faults.add("files", "an empty name is no file");
        }
        if self.poll.0 < Duration::from_millis(1) {
            faults.add("poll", "looking without a pause would keep a processor busy; give at least \"1ms\"");
        }
        if !(1024..=1024 * 1024).contains(&self.max_line.0) {
            faults.add("max_line", "a longest line has between 1KB and 1MB");
        }
        if let Some(format) = format
            && let Err((option, words)) = self.ready(format)
        {
            faults.add(option, words);
        }
    }
}

pub fn poll() -> Period {
    Period::secs(1)
}

pub fn longest() -> Size {
    Size(64 * 1024)
}

pub fn silence() -> Period {
    Period::secs(30)
}

pub fn keep() -> Period {
    Period::secs(7 * 86_400)
}
