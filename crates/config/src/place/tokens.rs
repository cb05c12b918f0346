//! A line cut into words, texts in quotes and signs, whatever is wrong with it. Only the mask reads lines this way.

use std::ops::Range;

/// A piece of one line; ranges are bytes within the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// What stands between quotes, without them.
    Text {
        range: Range<usize>,
        /// The quotes before it.
        quotes: &'static str,
        /// Whether the same quotes stand behind it.
        closed: bool,
    },
    /// Letters and all else that is neither a blank, a quote nor a sign.
    Word(Range<usize>),
    /// One of `= : ? [ ] { } , .`
    Sign(char),
    /// All that follows is behind a `#`.
    Comment,
}

const QUOTES: [&str; 4] = ["\"\"\"", "'''", "\"", "'"];
const SIGNS: [char; 9] = ['=', ':', '?', '[', ']', '{', '}', ',', '.'];

pub(crate) fn tokens(line: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = line[at..].chars().next() {
        let rest = &line[at..];
        if let Some(quotes) = QUOTES.into_iter().find(|quotes| rest.starts_with(quotes)) {
            let start = at + quotes.len();
            let length = text_length(&line[start..], quotes);
            let closed = length.is_some();
            let end = length.map_or(line.len(), |length| start + length);
            found.push(Token::Text { range: start..end, quotes, closed });
            at = if closed { end + quotes.len() } else { end };
        } else if SIGNS.contains(&c) {
            found.push(Token::Sign(c));
            at += 1;
        } else if c == '#' {
            found.push(Token::Comment);
            at += 1;
        } else if c.is_whitespace() {
            at += c.len_utf8();
        } else {
            let ends = |c: char| c.is_whitespace() || SIGNS.contains(&c) || matches!(c, '#' | '"' | '\'');
            let end = rest.find(ends).map_or(line.len(), |length| at + length);
            found.push(Token::Word(at..end));
            at = end;
        }
    }
    found
}

/// How many bytes stand before the closing quotes; none if they are not there.
fn text_length(rest: &str, quotes: &str) -> Option<usize> {
    let escapes = quotes.starts_with('"');
    let mut at = 0;
    while let Some(c) = rest[at..].chars().next() {
        if rest[at..].starts_with(quotes) {
            return Some(at);
        }
        at += c.len_utf8();
        if escapes && c == '\\' {
            at += rest[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    None
}
