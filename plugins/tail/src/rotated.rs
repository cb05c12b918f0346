//! What the files are called that a log was rotated into.
//!
//! Nothing here looks at a disk.

use std::cmp::Reverse;

/// Whether `name` may be what `log` was rotated into, and if so what was put to it: `app.log.1`, `app.log-20260101`,
/// `app-20260101.log`, `app.log.2.gz`, `app.log.old`.
pub fn mark<'n>(log: &str, name: &'n str) -> Option<&'n str> {
    if name == log {
        return None;
    }
    let plain =
        [".gz", ".bz2", ".xz", ".zst", ".lz4", ".Z", ".zip"].iter().find_map(|e| name.strip_suffix(e)).unwrap_or(name);
    let behind = plain.strip_prefix(log);
    let between = || {
        let (stem, ending) = log.rsplit_once('.')?;
        plain.strip_prefix(stem)?.strip_suffix(ending)?.strip_suffix('.')
    };
    behind.filter(|mark| is_mark(mark)).or_else(|| between().filter(|mark| is_mark(mark)))
}

fn is_mark(mark: &str) -> bool {
    let Some(words) = mark.strip_prefix(['.', '-', '_', '~', '@']) else { return mark.is_empty() };
    let is_date =
        words.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.' | b':' | b'T' | b'Z' | b'+'))
            && words.bytes().any(|b| b.is_ascii_digit());
    is_date || matches!(words, "old" | "bak" | "prev" | "last" | "orig" | "")
}

/// How old a rotated file is, by its name alone. The older one is the smaller one, among names of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// Rotated so many times.
    Times(Reverse<u128>),
    /// With a date in its name.
    Dated(u128),
    /// `old`, `bak`.
    Word,
}

impl Age {
    /// The age that a mark tells.
    pub fn of(mark: &str) -> Self {
        let digits: String = mark.chars().filter(char::is_ascii_digit).collect();
        match digits.parse() {
            Ok(number) if digits.len() <= 4 => Self::Times(Reverse(number)),
            Ok(number) => Self::Dated(number),
            Err(_) => Self::Word,
        }
    }

    /// Whether names of this kind and of the other's tell which is older.
    pub fn compares(self, other: Self) -> bool {
        !matches!(self, Self::Word) && std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_rotation_gives() {
        for name in [
            "app.log.1",
            "app.log.12.gz",
            "app.log-20260101",
            "app-20260101.log",
            "app.log-2026-01-01T00:00:00",
            "app.log.old",
        ] {
            assert!(mark("app.log", name).is_some(), "{name}");
        }
        for name in ["app.log", "app-debug.log", "app2.log.x", "other.log.1", "app.log.d", "b.csv", "app.logs"] {
            assert!(mark("app.log", name).is_none(), "{name}");
        }
        assert_eq!(mark("app.log", "app.log.gz"), Some(""));
    }

    #[test]
    fn the_older_one_comes_first() {
        let mut marks = ["-20260103", "-20260101", "-20260102"];
        marks.sort_by_key(|mark| Age::of(mark));
        assert_eq!(marks, ["-20260101", "-20260102", "-20260103"]);
        let mut counts = [".1", ".10", ".2"];
        counts.sort_by_key(|mark| Age::of(mark));
        assert_eq!(counts, [".10", ".2", ".1"]);
        assert!(!Age::of(".1").compares(Age::of("-20260101")) && !Age::of(".old").compares(Age::of(".old")));
    }
}
