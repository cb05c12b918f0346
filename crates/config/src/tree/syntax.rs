//! What the TOML reader stumbles over, in the words of somebody who writes a configuration.

use toml::de::{DeTable, Error};

use crate::place::{File, Findings, Span};

/// The table of one file, or nothing and every syntax error in it.
pub(super) fn parse<'t>(file: &'t File, findings: &mut Findings<'_>) -> Option<DeTable<'t>> {
    let (table, mut errors) = DeTable::parse_recoverable(file.text());
    if errors.is_empty() {
        return Some(table.into_inner());
    }
    findings.break_syntax();
    errors.sort_by_cached_key(|error| error.span().map_or(0, |span| span.start));
    let mut last_line = None;
    for error in errors {
        let own = error.span().unwrap_or(0..0);
        // What follows in a line is mostly the echo of its first mistake.
        let line = file.place(own.start).line;
        if last_line == Some(line) {
            continue;
        }
        last_line = Some(line);
        let (words, help) = words(&error, file.text(), &own);
        let own = shown(file.text(), own);
        let shift = |own: Span| own.start + file.base()..own.end + file.base();
        match first_of_two(&error, file.text(), &own) {
            Some(first) => findings.conflict((&shift(own), "again"), (&shift(first), "here"), words),
            None => findings.error(&shift(own), words),
        }
        .help = help;
    }
    None
}

/// Where a key that is given twice stands at first: the nearest line before that begins with it.
fn first_of_two(error: &Error, text: &str, again: &Span) -> Option<Span> {
    let key = text.get(again.clone()).filter(|_| error.message() == "duplicate key")?;
    let mut end = text[..again.start].rfind('\n')?;
    loop {
        let start = text[..end].rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[start..end].trim_start();
        let indented = end - line.len();
        if line.starts_with('[') && !text[..again.start].ends_with('[') {
            return None;
        }
        let behind = line.strip_prefix(key).map(str::trim_start);
        if behind.is_some_and(|behind| behind.starts_with(['=', '.'])) {
            return Some(indented..indented + key.len());
        }
        end = start.checked_sub(1)?;
    }
}

/// An empty range gets the word, or the character, that it stands before or else behind, so that the caret is under
/// something.
fn shown(text: &str, span: Span) -> Span {
    if !span.is_empty() {
        return span;
    }
    let before = text.get(..span.start).unwrap_or("");
    let word = before.len() - before.trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-')).len();
    let line = before.rsplit('\n').next().unwrap_or("");
    if word > 0 && line.trim_start().len() == word {
        return span.start - word..span.start;
    }
    let rest = text.get(span.start..).unwrap_or("");
    let word = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))).unwrap_or(rest.len());
    let length = if word > 0 { word } else { rest.chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8) };
    span.start..span.start + length
}

fn words(error: &Error, text: &str, span: &Span) -> (String, Option<String>) {
    let message = error.message();
    let at = text.get(span.clone()).unwrap_or("");
    let line = text[..span.start.min(text.len())].rsplit('\n').next().unwrap_or("");
    let quotes = "text stands in quotes: \"...\" or '...'";
    if message.starts_with("string values must be quoted") {
        return if at.trim().is_empty() {
            ("the value is missing".into(), None)
        } else {
            ("this is no value".into(), Some(quotes.into()))
        };
    }
    if message.starts_with("invalid float")
        || message.starts_with("invalid boolean")
        || message.starts_with("invalid integer")
    {
        return ("this is no value".into(), Some(quotes.into()));
    }
    if message.starts_with("invalid unquoted key") && at == ":" {
        return ("a key and its value have `=` between them".into(), None);
    }
    if message == "duplicate key" {
        let header = line.trim_start().starts_with('[');
        let words =
            if header { format!("the table `{at}` is there already") } else { format!("`{at}` is given twice") };
        return (words, None);
    }
    let (words, help) = match message.split(", expected").next().unwrap_or(message) {
        "invalid literal string" => ("the text has no closing `'`", None),
        "invalid basic string" => ("the text has no closing `\"`", None),
        "invalid multi-line literal string" => ("the text has no closing `'''`", None),
        "invalid multi-line basic string" => ("the text has no closing `\"\"\"`", None),
        "missing escaped value" => {
            ("this is no escape", Some("in single quotes a backslash is a backslash: 'C:\\dir', '\\d+'"))
        }
        "unclosed table" => ("the head of the table has no closing `]`", None),
        "unclosed array of tables" => ("the head of the table has no closing `]]`", None),
        "key with no value" => ("there is no `=` and no value behind this key", None),
        "extra `=`" => ("one `=` too many", None),
        "unexpected key or value" => {
            ("nothing more may stand on this line", Some("each key stands on a line of its own"))
        }
        "unexpected leading zero" => {
            ("a number does not begin with 0", Some("hexadecimal is 0x.., octal 0o..; text stands in quotes"))
        }
        "unquoted keys cannot be empty" => ("the key before `=` is missing", None),
        "invalid unquoted key" => ("this character cannot stand in a key", Some("put the key in quotes if it must")),
        "missing comma between array elements" | "unclosed array" => {
            ("the list has no closing `]`, or a comma is missing", None)
        }
        _ => return (message.to_owned(), None),
    };
    (words.into(), help.map(str::to_owned))
}
