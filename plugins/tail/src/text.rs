//! Bytes to lines of text. Nothing that a line holds ends the reading of its file.

use memchr::{memchr, memchr_iter};

/// What was found in bytes that are no clean text.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Stains {
    /// Lines with bytes that are not UTF-8, which became U+FFFD.
    pub invalid: u64,
    /// Lines with NUL bytes, which became U+FFFD.
    pub nul: u64,
    /// Runs of NUL bytes before a line, which were passed over.
    pub holes: u64,
    /// Lines longer than the longest that is read; the rest of them is lost.
    pub cut: u64,
}

/// Whole lines, each with its end.
pub struct Lines<'b> {
    bytes: &'b [u8],
    /// The same bytes, where all of them are clean text.
    clean: Option<&'b str>,
    at: usize,
    longest: usize,
    ends: memchr::Memchr<'b>,
}

impl<'b> Lines<'b> {
    /// The lines of `bytes`, which end with a line end; what is over `longest` bytes is cut off.
    pub fn new(bytes: &'b [u8], longest: usize) -> Self {
        let clean = std::str::from_utf8(bytes).ok().filter(|_| memchr(0, bytes).is_none());
        Self { bytes, clean, at: 0, longest, ends: memchr_iter(b'\n', bytes) }
    }

    /// Hands the next line to `take`, together with where it ends; false where there is none.
    #[inline]
    pub fn next(&mut self, stains: &mut Stains, take: impl FnOnce(&str, usize)) -> bool {
        let Some(end) = self.ends.next() else { return false };
        let start = std::mem::replace(&mut self.at, end + 1);
        match self.clean {
            Some(text) if end - start <= self.longest => take(bare(&text[start..end]), end + 1),
            _ => {
                let text = cleaned(&self.bytes[start..end], self.longest, stains);
                take(bare(&text), end + 1);
            }
        }
        true
    }
}

/// A line without the carriage return before its end. By the byte: to ask for a character takes a comparison of texts.
fn bare(line: &str) -> &str {
    if line.as_bytes().last() == Some(&b'\r') { &line[..line.len() - 1] } else { line }
}

/// Text that can be read, whatever the line holds.
pub fn cleaned(mut line: &[u8], longest: usize, stains: &mut Stains) -> String {
    let hole = line.iter().take_while(|byte| **byte == 0).count();
    if hole > 0 {
        stains.holes += 1;
        line = &line[hole..];
    }
    if line.len() > longest {
        stains.cut += 1;
        // Not within a character: where bytes are no text at all, four of them more or less do not matter.
        let within = |end: usize| line.get(end).is_some_and(|byte| byte & 0xc0 == 0x80);
        let end = (longest.saturating_sub(3)..=longest).rev().find(|end| !within(*end)).unwrap_or(longest);
        line = &line[..end];
    }
    let mut text = String::from_utf8_lossy(line);
    if matches!(text, std::borrow::Cow::Owned(_)) {
        stains.invalid += 1;
    }
    if memchr(0, text.as_bytes()).is_some() {
        stains.nul += 1;
        text = text.replace('\0', "\u{fffd}").into();
    }
    text.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], longest: usize) -> (Vec<String>, Stains) {
        let (mut found, mut stains) = (Vec::new(), Stains::default());
        let mut lines = Lines::new(bytes, longest);
        while lines.next(&mut stains, |line, end| {
            assert_eq!(bytes[end - 1], b'\n');
            found.push(line.to_owned());
        }) {}
        (found, stains)
    }

    #[test]
    fn every_line_is_read_whatever_it_holds() {
        assert_eq!(read("a\r\n\nü\n".as_bytes(), 9), (vec!["a".into(), String::new(), "ü".into()], Stains::default()));
        let (lines, stains) = read(b"a\xff\xfeb\n\0\0\0v=1\nx\0y\nlonger than that\n", 10);
        assert_eq!(lines, ["a\u{fffd}\u{fffd}b", "v=1", "x\u{fffd}y", "longer tha"]);
        assert_eq!(stains, Stains { invalid: 1, nul: 1, holes: 1, cut: 1 });
    }

    #[test]
    fn a_cut_spares_characters() {
        assert_eq!(read("aüüü\n".as_bytes(), 4).0, ["aü"]);
    }
}
