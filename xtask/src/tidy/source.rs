//! A source file as the checks see it: its text, its code without comments and texts, and which lines are tests.

use std::path::{Path, PathBuf};

/// A file of the repository.
pub struct Source {
    /// Relative to the root.
    pub path: PathBuf,
    /// As it is.
    pub text: String,
    /// Comments and literal texts blanked, line by line as long as before.
    pub code: String,
    /// Comments blanked, literal texts kept.
    pub words: String,
    test_lines: Vec<bool>,
}

impl Source {
    /// Reads a file; `None` for one that is not text.
    pub fn read(root: &Path, path: &Path) -> Option<Self> {
        let text = String::from_utf8(std::fs::read(root.join(path)).ok()?).ok()?;
        Some(Self::new(path, text))
    }

    /// Takes a text as the file of this path.
    pub fn new(path: &Path, text: String) -> Self {
        let rust = path.extension().is_some_and(|kind| kind == "rs");
        let (code, words) = if rust { blanked(&text) } else { (text.clone(), text.clone()) };
        let outside = path
            .components()
            .any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs" | "benches" | "examples")));
        let test_lines = if outside { vec![true; code.lines().count()] } else { test_lines(&code) };
        Self { path: path.to_owned(), text, code, words, test_lines }
    }

    /// `path:line`, the line counted from 0.
    pub fn place(&self, line: usize) -> String {
        format!("{}:{}", self.path.display(), line + 1)
    }

    /// Whether the path begins with this.
    pub fn is_below(&self, folder: &str) -> bool {
        self.path.to_string_lossy().starts_with(folder)
    }

    /// Lines outside tests, with their numbers, of the code or of the words.
    pub fn outside_tests<'s>(&'s self, text: &'s str) -> impl Iterator<Item = (usize, &'s str)> {
        text.lines().enumerate().filter(|(line, _)| !self.test_lines.get(*line).copied().unwrap_or(false))
    }
}

/// What a place in Rust text can be.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Code,
    Line,
    Block(u32),
    Text,
    RawText(usize),
}

/// The code alone, and the code with its literal texts; every other character becomes a blank.
fn blanked(text: &str) -> (String, String) {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut words) = (String::with_capacity(text.len()), String::with_capacity(text.len()));
    let mut place = Place::Code;
    let mut at = 0;
    while at < chars.len() {
        let ahead = |n: usize| chars.get(at + n).copied().unwrap_or(' ');
        let here = chars[at];
        let mut take = 1;
        // What a character counts as is decided by where we were before it.
        let before = place;
        match place {
            Place::Code => match here {
                '/' if ahead(1) == '/' => place = Place::Line,
                '/' if ahead(1) == '*' => (place, take) = (Place::Block(1), 2),
                '"' => place = Place::Text,
                'r' if matches!(ahead(1), '"' | '#')
                    && !chars.get(at.wrapping_sub(1)).is_some_and(|c| c.is_alphanumeric() || *c == '_') =>
                {
                    let hashes = (1..).take_while(|n| ahead(*n) == '#').count();
                    if ahead(1 + hashes) == '"' {
                        (place, take) = (Place::RawText(hashes), hashes + 2);
                    }
                }
                // A character in quotes, and not a lifetime: the quotes of a text must not be mistaken for its beginning.
                '\'' if ahead(1) == '\\' => take = (3..12).find(|n| ahead(*n) == '\'').map_or(1, |n| n + 1),
                '\'' if ahead(2) == '\'' => take = 3,
                _ => {}
            },
            Place::Line if here == '\n' => place = Place::Code,
            Place::Block(1) if here == '*' && ahead(1) == '/' => (place, take) = (Place::Code, 2),
            Place::Block(depth) if here == '*' && ahead(1) == '/' => (place, take) = (Place::Block(depth - 1), 2),
            Place::Block(depth) if here == '/' && ahead(1) == '*' => (place, take) = (Place::Block(depth + 1), 2),
            Place::Text if here == '\\' => take = 2,
            Place::Text if here == '"' => place = Place::Code,
            Place::RawText(hashes) if here == '"' && (1..=hashes).all(|n| ahead(n) == '#') => {
                (place, take) = (Place::Code, hashes + 1)
            }
            _ => {}
        }
        let comment = |place| matches!(place, Place::Line | Place::Block(_));
        let text = |place| matches!(place, Place::Text | Place::RawText(_));
        for c in chars.iter().skip(at).take(take).copied() {
            let hidden = if c == '\n' { '\n' } else { ' ' };
            let in_comment = comment(before) || comment(place);
            let in_text = text(before) || text(place) || (before == Place::Code && here == '\'' && take > 1);
            words.push(if in_comment { hidden } else { c });
            code.push(if in_comment || in_text { hidden } else { c });
        }
        at += take;
    }
    (code, words)
}

/// Marks the items that are compiled for tests only.
fn test_lines(code: &str) -> Vec<bool> {
    let mut marks = vec![false; code.lines().count()];
    let mut from = 0;
    while let Some(found) = code[from..].find("#[cfg(test)]") {
        let start = from + found;
        let mut depth = 0_i32;
        let mut end = code.len();
        for (at, c) in code[start..].char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if matches!(c, '}' | ';') && depth == 0 {
                end = start + at;
                break;
            }
        }
        let line = |at: usize| code[..at].matches('\n').count();
        for mark in marks.iter_mut().take(line(end) + 1).skip(line(start)) {
            *mark = true;
        }
        from = end.max(start + 1);
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_texts_are_blanked_and_lines_stay() {
        let text = "let a = \"x // y\"; // thread::spawn\n/* b /* c */ d */ let c = '\"'; let r = r#\"q\"z\"#;\nfn f<'a>() {}\n";
        let (code, words) = blanked(text);
        assert_eq!(code.lines().count(), 3);
        assert!(!code.contains("spawn") && !code.contains("x // y") && !code.contains('q') && !words.contains(" d "));
        assert!(words.contains("\"x // y\"") && words.contains("q\"z"));
        assert!(code.contains("let c =") && code.contains("let r =") && code.contains("fn f<'a>() {}"));
    }

    #[test]
    fn test_modules_are_known_and_what_follows_them_is_not_one() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n";
        let source = Source::new(Path::new("src/x.rs"), text.to_owned());
        let outside: Vec<_> = source.outside_tests(&source.code).map(|(line, _)| line).collect();
        assert_eq!(outside, [0, 5]);
    }
}
