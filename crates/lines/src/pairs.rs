//! `key=value` and `key: value`, as programs print them and as logfmt has them.
//!
//! Words that belong to no pair are passed over; a line without any pair is refused. Three shapes are read:
//!
//! - pairs between blanks, a comma or semicolon behind a value going with the blank: `a=1 b="two words", c:3`
//! - one pair with blanks about its sign, which is the whole line: `Core voltage : 1.2 V`
//! - pairs between a delimiter that was given: `a=1&b=2`

use crate::row::{Raw, Row, Span};
use crate::{Cause, quote};

/// How far before its sign a key is looked for, in bytes.
const LONGEST_KEY: usize = 512;

/// Which signs make a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairOptions {
    /// Between a key and its value. In a line, the first of them that makes a pair is the only one. Default: `=`, `:`.
    pub separators: Vec<char>,
    /// Between pairs; none means blanks.
    pub delimiter: Option<char>,
}

impl Default for PairOptions {
    fn default() -> Self {
        Self { separators: vec!['=', ':'], delimiter: None }
    }
}

impl PairOptions {
    /// What logfmt has: `=` only, blanks between pairs.
    pub fn logfmt() -> Self {
        Self { separators: vec!['='], delimiter: None }
    }
}

/// Gathers the pairs of `line`.
pub(crate) fn read(line: &str, options: &PairOptions, row: &mut Row) -> Result<(), Cause> {
    if line.trim().is_empty() {
        return Ok(());
    }
    let nothing = Cause::Malformed { format: "key and value", what: "no pair is in the line", at: 0 };
    let separator = options.separators.iter().copied().find(|separator| next(line, 0, *separator).is_some());
    let separator = separator.ok_or(nothing.clone())?;
    match options.delimiter {
        Some(delimiter) => delimited(line, separator, delimiter, row)?,
        None => match whole_line(line, separator) {
            Some((key, start)) => value(key, start, line.trim_end().len(), row)?,
            None => between_blanks(line, separator, row)?,
        },
    }
    Ok(())
}

/// Where the next sign stands that makes a pair, and where the key before it begins and ends.
fn next(line: &str, from: usize, separator: char) -> Option<(usize, usize, usize)> {
    let mut search = from;
    loop {
        let sign = search + line[search..].find(separator)?;
        search = sign + separator.len_utf8();
        let floor = line.floor_char_boundary(sign.saturating_sub(LONGEST_KEY)).max(from);
        let before = line[floor..sign].trim_end();
        let key = before.rsplit(|c: char| c.is_whitespace() || matches!(c, ',' | ';')).next().unwrap_or(before);
        let end = floor + before.len();
        let wrong_sign = match separator {
            // `a == b` and `a <= b` compare.
            '=' => line[search..].starts_with('=') || key.ends_with(['=', '<', '>', '!']),
            // A clock and an address have colons too.
            ':' => line[search..].starts_with("//") || !key.contains(char::is_alphabetic),
            _ => false,
        };
        if key.contains(char::is_alphanumeric) && !wrong_sign {
            return Some((end - key.len(), end, sign));
        }
    }
}

/// `Core voltage : 1.2 V`: the key, and where the value begins, if the line is one pair with blanks about its sign.
fn whole_line(line: &str, separator: char) -> Option<(&str, usize)> {
    let (.., sign) = next(line, 0, separator)?;
    let after = sign + separator.len_utf8();
    let blanks = line[after..].starts_with(char::is_whitespace) || line[..sign].ends_with(char::is_whitespace);
    let start = after + (line[after..].len() - line[after..].trim_start().len());
    let alone = blanks && !line[start..].starts_with(['"', '\'']) && next(line, after, separator).is_none();
    alone.then(|| (line[..sign].trim(), start))
}

fn between_blanks(line: &str, separator: char, row: &mut Row) -> Result<(), Cause> {
    let mut at = 0;
    while let Some((start, end, sign)) = next(line, at, separator) {
        let after = sign + separator.len_utf8();
        let token = |from: usize| from + line[from..].find(char::is_whitespace).unwrap_or(line.len() - from);
        let key = &line[start..end];
        let mut from = after;
        if token(after) == after {
            // The value may stand behind blanks, unless that is the next pair.
            let behind = after + (line[after..].len() - line[after..].trim_start().len());
            let is_pair = next(line, behind, separator).is_some_and(|(start, ..)| start == behind);
            from = if is_pair { after } else { behind };
        }
        if line[from..].starts_with(['"', '\'']) {
            at = quoted(line, key, from, row)?;
            continue;
        }
        at = token(from);
        value(key, from, from + line[from..at].trim_end_matches([',', ';']).len(), row)?;
    }
    Ok(())
}

fn delimited(line: &str, separator: char, delimiter: char, row: &mut Row) -> Result<(), Cause> {
    let mut at = 0;
    while at < line.len() {
        let end = at + line[at..].find(delimiter).unwrap_or(line.len() - at);
        let mut next = end + delimiter.len_utf8();
        if let Some((key, text)) = line[at..end].split_once(separator) {
            let from = end - text.trim_start().len();
            if text.trim_start().starts_with('"') {
                let behind = quoted(line, key, from, row)?;
                next = behind
                    + line[behind..].find(delimiter).map_or(line.len() - behind, |far| far + delimiter.len_utf8());
            } else {
                value(key, from, from + text.trim().len(), row)?;
            }
        }
        at = next;
    }
    Ok(())
}

fn quoted(line: &str, key: &str, from: usize, row: &mut Row) -> Result<usize, Cause> {
    let start = row.decoded.len();
    let end = quote::read(line, from, &mut row.decoded);
    let end = end.ok_or(Cause::Malformed { format: "key and value", what: "a quote has no end", at: from })?;
    let span = Span { start, end: row.decoded.len(), decoded: true };
    push(key, span, row)?;
    Ok(end)
}

fn value(key: &str, start: usize, end: usize, row: &mut Row) -> Result<(), Cause> {
    push(key, Span { start, end, decoded: false }, row)
}

/// A key without a value, `a=`, says nothing; it costs nothing either.
fn push(key: &str, span: Span, row: &mut Row) -> Result<(), Cause> {
    let key = key.trim().trim_matches(['"', '\'']);
    if span.start >= span.end {
        Ok(())
    } else if key.is_empty() {
        row.push_nameless(span)
    } else {
        row.push(key, Raw::Plain, span)
    }
}
