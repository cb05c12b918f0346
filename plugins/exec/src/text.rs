//! Bytes that a program printed, as text that can be read whatever they hold.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};
use streamer_plugin::Readings;

/// What was found in bytes that are no clean text.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Stains {
    /// Bytes that are no UTF-8 became U+FFFD.
    pub invalid: bool,
    /// NUL bytes became U+FFFD.
    pub nul: bool,
    /// The line was longer than the longest that is read.
    pub cut: bool,
}

impl Stains {
    /// Counts what was mended, and says it once.
    pub fn count(self, out: &mut Readings) {
        let mut tell = |stained: bool, cause: &'static str, words: &str| {
            if stained {
                out.refuse("", cause, words);
                out.remark(cause, words);
            }
        };
        tell(self.invalid, "invalid_utf8", "bytes that are no UTF-8 were replaced by U+FFFD");
        tell(self.nul, "nul", "NUL bytes were replaced by U+FFFD");
        tell(self.cut, "line_cut", "a line longer than `max_line` was cut");
    }
}

/// The text that `bytes` are, mended where they are none.
pub fn cleaned<'b>(bytes: &'b [u8], stains: &mut Stains) -> Cow<'b, str> {
    let mut text = String::from_utf8_lossy(bytes);
    stains.invalid |= matches!(text, Cow::Owned(_));
    if memchr(0, text.as_bytes()).is_some() {
        stains.nul = true;
        text = text.replace('\0', "\u{fffd}").into();
    }
    text
}

/// Cuts what comes in pieces into lines, and never holds more than one of them.
#[derive(Debug)]
pub struct Lines {
    held: Vec<u8>,
    longest: usize,
    /// The rest of a line that was too long is passed over.
    over: bool,
}

impl Lines {
    pub fn new(longest: usize) -> Self {
        Self { held: Vec::new(), longest, over: false }
    }

    /// Takes the next piece, and hands over each line that is whole with it, without its end.
    pub fn push(&mut self, mut bytes: &[u8], take: &mut dyn FnMut(&str, Stains)) {
        while let Some(end) = memchr_iter(b'\n', bytes).next() {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            if self.held.is_empty() && !self.over {
                self.give(line, take);
            } else {
                self.hold(line, take);
                self.end(take);
            }
            bytes = rest;
        }
        self.hold(bytes, take);
    }

    /// The beginning of a line whose end has not come.
    pub fn held(&self) -> &[u8] {
        &self.held
    }

    /// There comes no more: what is held is a line without an end.
    pub fn end(&mut self, take: &mut dyn FnMut(&str, Stains)) {
        if !self.held.is_empty() {
            self.give_held(take);
        }
        self.over = false;
    }

    fn hold(&mut self, bytes: &[u8], take: &mut dyn FnMut(&str, Stains)) {
        if self.over {
            return;
        }
        // One more than the longest is held, so that a cut is known as one.
        let room = (self.longest + 1).saturating_sub(self.held.len());
        self.held.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room {
            // It is given at once: its end may never come.
            self.over = true;
            self.give_held(take);
        }
    }

    fn give_held(&mut self, take: &mut dyn FnMut(&str, Stains)) {
        let held = std::mem::take(&mut self.held);
        self.give(&held, take);
        self.held = held;
        self.held.clear();
    }

    fn give(&self, line: &[u8], take: &mut dyn FnMut(&str, Stains)) {
        let mut stains = Stains::default();
        // Where more came than is held, what is last in hand is not the last of the line.
        let line = if self.over { line } else { line.strip_suffix(b"\r").unwrap_or(line) };
        let mut end = line.len();
        if end > self.longest {
            stains.cut = true;
            end = self.longest;
            // Not within a character, of which none has more than four bytes.
            while end > self.longest.saturating_sub(3) && line[end] & 0xc0 == 0x80 {
                end -= 1;
            }
        }
        take(&cleaned(&line[..end], &mut stains), stains);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(pieces: &[&[u8]], longest: usize) -> Vec<(String, Stains)> {
        let mut found = Vec::new();
        let mut lines = Lines::new(longest);
        let mut take = |line: &str, stains: Stains| found.push((line.to_owned(), stains));
        for piece in pieces {
            lines.push(piece, &mut take);
        }
        lines.end(&mut take);
        found
    }

    #[test]
    fn lines_come_whole_whatever_they_hold() {
        let clean = Stains::default();
        let found = lines(&[b"a=1\r\nb", b"=2\n\n", b"last"], 9);
        assert_eq!(
            found,
            [("a=1", clean), ("b=2", clean), ("", clean), ("last", clean)].map(|(l, s)| (l.to_owned(), s))
        );
        let found = lines(&[b"x\0\xff\n"], 9);
        assert_eq!(found, [("x\u{fffd}\u{fffd}".to_owned(), Stains { invalid: true, nul: true, cut: false })]);
        let cut = Stains { cut: true, ..clean };
        let found = lines(&["aüü".as_bytes(), b"xxxxxxxxxx", b"\nb\n"], 4);
        assert_eq!(found, [("aü".to_owned(), cut), ("b".to_owned(), clean)]);
    }

    proptest! {
        #[test]
        fn pieces_change_nothing(text in proptest::collection::vec(0_u8..=255, 0..200), at in 0_usize..200) {
            let at = at.min(text.len());
            prop_assert_eq!(lines(&[&text], 20), lines(&[&text[..at], &text[at..]], 20));
        }
    }
}
