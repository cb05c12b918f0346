//! JSON: one document a line, or one over many. Values are found at any depth and named by their path.
//!
//! `{"a": {"b": 1}, "list": [2]}` gives `a_b` and `list_0`; a list at the top is called `list`, a bare value `value`. It is
//! a reader of its own because the ones at hand turn large integers into floats, refuse a whole document for one NaN, or
//! recurse as deep as the text likes. A document that is broken gives nothing; a value that is none costs itself only.

use std::fmt::Write as _;

use memchr::memchr2;

use crate::row::{JOINT, Raw, Row, Span};
use crate::{Cause, number};

/// Levels of lists and objects.
const DEEPEST: usize = 64;

/// Gathers the values of the one document that `text` is. `path` is room for names.
///
/// # Errors
/// [`Cause::Malformed`], [`Cause::TooDeep`], [`Cause::TooMany`]; the row is then not to be handed over.
pub(crate) fn read(text: &str, path: &mut String, row: &mut Row) -> Result<(), Cause> {
    path.clear();
    let mut parser = Parser { text, at: 0, path, row, depth: 0, nameless: 0 };
    parser.blanks();
    if parser.peek() == Some(b'[') {
        parser.path.push_str("list");
    } else if parser.peek() != Some(b'{') {
        parser.path.push_str("value");
    }
    parser.value()?;
    parser.blanks();
    if parser.at < text.len() { Err(parser.broken("there is more behind the document")) } else { Ok(()) }
}

struct Parser<'p> {
    text: &'p str,
    at: usize,
    path: &'p mut String,
    row: &'p mut Row,
    depth: usize,
    /// How many names on the way here are empty.
    nameless: usize,
}

impl Parser<'_> {
    fn value(&mut self) -> Result<(), Cause> {
        match self.peek() {
            Some(b'{') => self.object(),
            Some(b'[') => self.list(),
            Some(b'"') => {
                let span = self.text_value()?;
                self.leaf(Raw::Text, span)
            }
            _ => self.bare(),
        }
    }

    fn object(&mut self) -> Result<(), Cause> {
        self.enter()?;
        if self.closes(b'}') {
            return Ok(());
        }
        let parent = self.path.len();
        loop {
            self.blanks();
            if self.peek() != Some(b'"') {
                return Err(self.broken("a name in quotes is wanted"));
            }
            if parent > 0 {
                self.path.push(JOINT);
            }
            let nameless = usize::from(self.name()? == 0);
            self.nameless += nameless;
            self.blanks();
            self.expect(b':', "a colon is wanted behind a name")?;
            self.blanks();
            self.value()?;
            self.nameless -= nameless;
            self.path.truncate(parent);
            if !self.goes_on(b'}')? {
                return Ok(());
            }
        }
    }

    fn list(&mut self) -> Result<(), Cause> {
        self.enter()?;
        if self.closes(b']') {
            return Ok(());
        }
        let parent = self.path.len();
        for place in 0_usize.. {
            self.blanks();
            // Writing into a String cannot fail.
            let _ = write!(self.path, "{JOINT}{place}");
            self.value()?;
            self.path.truncate(parent);
            if !self.goes_on(b']')? {
                break;
            }
        }
        Ok(())
    }

    fn enter(&mut self) -> Result<(), Cause> {
        self.at += 1;
        self.depth += 1;
        if self.depth > DEEPEST { Err(Cause::TooDeep(DEEPEST)) } else { Ok(()) }
    }

    /// Whether what was just entered is empty.
    fn closes(&mut self, end: u8) -> bool {
        self.blanks();
        let closes = self.peek() == Some(end);
        if closes {
            self.at += 1;
            self.depth -= 1;
        }
        closes
    }

    fn goes_on(&mut self, end: u8) -> Result<bool, Cause> {
        self.blanks();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(byte) if byte == end => {
                self.at += 1;
                self.depth -= 1;
                Ok(false)
            }
            _ => Err(self.broken("a comma or the end is wanted behind a value")),
        }
    }

    /// A number, a word, or what Python and C print for what is no number.
    fn bare(&mut self) -> Result<(), Cause> {
        const NOT_FINITE: [&str; 4] = ["nan", "inf", "infinity", "1.#qnan"];
        let rest = &self.text.as_bytes()[self.at..];
        let end = rest.iter().position(|b| b.is_ascii_whitespace() || matches!(b, b',' | b']' | b'}' | b':' | b'"'));
        let end = self.at + end.unwrap_or(rest.len());
        let span = Span { start: self.at, end, decoded: false };
        let Some(token) = self.text.get(self.at..end) else {
            return Err(self.broken("a value is wanted"));
        };
        let raw = match token {
            "true" => Raw::Bool(true),
            "false" => Raw::Bool(false),
            "null" => Raw::Nothing("null"),
            _ => match number::extent(token.as_bytes()) {
                Some((all, whole)) if all == token.len() => {
                    if whole {
                        Raw::Integer
                    } else {
                        Raw::Float
                    }
                }
                _ => {
                    let unsigned = token.strip_prefix(['-', '+']).unwrap_or(token);
                    if !NOT_FINITE.iter().any(|word| unsigned.eq_ignore_ascii_case(word)) {
                        return Err(self.broken("a value is wanted"));
                    }
                    Raw::NotFinite
                }
            },
        };
        self.at = end;
        self.leaf(raw, span)
    }

    fn leaf(&mut self, raw: Raw, span: Span) -> Result<(), Cause> {
        if self.nameless > 0 { self.row.push_nameless(span) } else { self.row.push(self.path, raw, span) }
    }

    /// Reads a name onto the path; how many bytes it has.
    fn name(&mut self) -> Result<usize, Cause> {
        let before = self.path.len();
        let start = self.at + 1;
        match self.plain_text() {
            Some(end) => self.path.push_str(&self.text[start..end]),
            None => {
                decode(self.text, &mut self.at, self.path)?;
            }
        }
        Ok(self.path.len() - before)
    }

    fn text_value(&mut self) -> Result<Span, Cause> {
        let start = self.at + 1;
        if let Some(end) = self.plain_text() {
            return Ok(Span { start, end, decoded: false });
        }
        let start = self.row.decoded.len();
        if decode(self.text, &mut self.at, &mut self.row.decoded)? {
            self.row.note_half_character();
        }
        Ok(Span { start, end: self.row.decoded.len(), decoded: true })
    }

    /// Passes over a text without escapes, and tells where it ends.
    fn plain_text(&mut self) -> Option<usize> {
        let start = self.at + 1;
        let end = start + memchr2(b'"', b'\\', &self.text.as_bytes()[start..])?;
        (self.text.as_bytes()[end] == b'"').then(|| {
            self.at = end + 1;
            end
        })
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Cause> {
        if self.peek() != Some(byte) {
            return Err(self.broken(what));
        }
        self.at += 1;
        Ok(())
    }

    fn broken(&self, what: &'static str) -> Cause {
        broken(what, self.at)
    }
}

fn broken(what: &'static str, at: usize) -> Cause {
    Cause::Malformed { format: "JSON", what, at }
}

/// Decodes the text whose opening quote stands at `at` behind `into`; whether half a character had to be replaced.
///
/// Control characters inside a text are taken as they are: writers leave tabs in, and every reader understands them.
pub(crate) fn decode(text: &str, at: &mut usize, into: &mut String) -> Result<bool, Cause> {
    let bytes = text.as_bytes();
    let mut half = false;
    *at += 1;
    loop {
        let unended = || broken("a text has no end", bytes.len());
        let stop = *at + memchr2(b'"', b'\\', bytes.get(*at..).unwrap_or_default()).ok_or_else(unended)?;
        into.push_str(&text[*at..stop]);
        *at = stop + 1;
        if bytes[stop] == b'"' {
            return Ok(half);
        }
        let escape = *bytes.get(stop + 1).ok_or_else(unended)?;
        *at = stop + 2;
        into.push(match escape {
            b'"' | b'\\' | b'/' => escape.into(),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let c = unicode(bytes, at).ok_or_else(|| broken("an escape is not \\u and four digits", stop))?;
                half |= c.is_none();
                c.unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return Err(broken("an escape is unknown", stop)),
        });
    }
}

/// The character of `\uXXXX`, or of two of them that belong together; inner none for one that lacks its other half.
fn unicode(bytes: &[u8], at: &mut usize) -> Option<Option<char>> {
    let four = |at: usize| {
        let digits = std::str::from_utf8(bytes.get(at..at + 4)?).ok()?;
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
    };
    let first = four(*at)?;
    *at += 4;
    if (0xd800..0xdc00).contains(&first)
        && bytes.get(*at..*at + 2) == Some(b"\\u")
        && let Some(second @ 0xdc00..0xe000) = four(*at + 2)
    {
        *at += 6;
        return Some(char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)));
    }
    Some(char::from_u32(first))
}
