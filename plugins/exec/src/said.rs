//! The last words of a program: what a person reads in the message when it failed.

/// Bytes that are kept of what is said on stderr.
const KEPT: usize = 4096;
/// Characters of a line that are shown.
const SHOWN: usize = 200;

/// The end of what a program said.
#[derive(Debug, Default)]
pub struct Said(Vec<u8>);

impl Said {
    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn add(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
        if self.0.len() > 2 * KEPT {
            self.0.drain(..self.0.len() - KEPT);
        }
    }

    pub fn last_words(&self) -> Option<String> {
        last_words(&self.0)
    }
}

/// The last line with something in it, without colours and control characters; cut where it is long.
pub fn last_words(bytes: &[u8]) -> Option<String> {
    let end = &bytes[bytes.len().saturating_sub(KEPT)..];
    let text = String::from_utf8_lossy(end);
    let line = text.lines().rev().map(plain).find(|line| !line.is_empty())?;
    Some(match line.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line,
    })
}

fn plain(line: &str) -> String {
    let mut out = String::new();
    let mut signs = line.chars().peekable();
    while let Some(sign) = signs.next() {
        if sign == '\u{1b}' && signs.peek() == Some(&'[') {
            // A colour goes up to its letter.
            signs.find(char::is_ascii_alphabetic);
        } else {
            out.push(if sign.is_control() { ' ' } else { sign });
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_that_says_something() {
        assert_eq!(last_words(b"one\n\x1b[31mtwo\x1b[0m\r\n \n").as_deref(), Some("two"));
        assert_eq!(last_words(b"\n \n"), None);
        assert_eq!(last_words(&[b'x'; 9000]).map(|words| words.len()), Some(203));
        let mut said = Said::default();
        for number in 0..10_000 {
            said.add(format!("line {number}\n").as_bytes());
        }
        assert_eq!(said.last_words().as_deref(), Some("line 9999"));
        assert!(said.0.len() <= 2 * KEPT);
    }
}
