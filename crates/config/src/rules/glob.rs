//! Patterns over keys: `*` is any run of characters, `?` any one, `[a-f]` one of these, `[!a-f]` none of these.

use std::fmt;

/// A pattern over whole keys.
///
/// ```
/// use streamer_config::Glob;
/// let glob: Glob = "disk_*_[rw]*".parse()?;
/// assert!(glob.matches("disk_root_read"));
/// assert!(!glob.matches("disk_root_used"));
/// # Ok::<(), streamer_config::GlobError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Just(char),
    One,
    Any,
    Set { of: Vec<(char, char)>, not: bool },
}

/// Why something is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GlobError {
    /// A pattern without a character matches nothing.
    #[error("the pattern is empty; `*` matches every key")]
    Empty,
    /// A bracket that nothing closes.
    #[error("`[` has no `]` behind it")]
    Unclosed {
        /// Where the bracket stands, in bytes.
        at: usize,
    },
    /// A range that ends before it begins.
    #[error("a range such as [a-f] goes upwards")]
    Backwards {
        /// Where the range stands, in bytes.
        at: usize,
    },
}

impl GlobError {
    /// Where in the pattern, in bytes; none if it is about the whole.
    pub fn place(&self) -> Option<usize> {
        match self {
            Self::Empty => None,
            Self::Unclosed { at } | Self::Backwards { at } => Some(*at),
        }
    }
}

impl std::str::FromStr for Glob {
    type Err = GlobError;

    fn from_str(text: &str) -> Result<Self, GlobError> {
        if text.is_empty() {
            return Err(GlobError::Empty);
        }
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let after = at + c.len_utf8();
            let (part, next) = match c {
                '*' => (Part::Any, after),
                '?' => (Part::One, after),
                '[' => bracket(text, at)?,
                c => (Part::Just(c), after),
            };
            if !(part == Part::Any && parts.last() == Some(&Part::Any)) {
                parts.push(part);
            }
            at = next;
        }
        Ok(Self { text: text.to_owned(), parts })
    }
}

/// The set whose bracket stands at `at`, and where it ends.
fn bracket(text: &str, at: usize) -> Result<(Part, usize), GlobError> {
    let not = text[at + 1..].starts_with(['!', '^']);
    let start = at + 1 + usize::from(not);
    // A `]` that comes first is one of the set.
    let first = text[start..].chars().next().ok_or(GlobError::Unclosed { at })?;
    let second = start + first.len_utf8();
    let end = second + text[second..].find(']').ok_or(GlobError::Unclosed { at })?;
    Ok((Part::Set { of: set(&text[start..end], at)?, not }, end + 1))
}

fn set(inner: &str, at: usize) -> Result<Vec<(char, char)>, GlobError> {
    let mut found = Vec::new();
    let chars: Vec<char> = inner.chars().collect();
    let mut rest = &chars[..];
    while let [first, more @ ..] = rest {
        if let ['-', last, after @ ..] = more {
            if last < first {
                return Err(GlobError::Backwards { at });
            }
            found.push((*first, *last));
            rest = after;
        } else {
            found.push((*first, *first));
            rest = more;
        }
    }
    Ok(found)
}

impl Part {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Just(own) => *own == c,
            Self::One => true,
            Self::Any => false,
            Self::Set { of, not } => of.iter().any(|(first, last)| (*first..=*last).contains(&c)) != *not,
        }
    }
}

impl Glob {
    /// Whether the whole of `key` is as the pattern says. Linear in the key for each `*`, whatever the pattern.
    pub fn matches(&self, key: &str) -> bool {
        let mut key = key.chars();
        let mut at = 0;
        // Where to go on when a run taken by the last `*` turns out to be too short.
        let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            if self.parts.get(at) == Some(&Part::Any) {
                at += 1;
                retry = Some((at, key.clone()));
                continue;
            }
            match (self.parts.get(at), key.next()) {
                (None, None) => return true,
                (Some(part), Some(c)) if part.takes(c) => at += 1,
                (Some(_), None) => return false,
                _ => {
                    let Some((part, mut run)) = retry.take() else { return false };
                    if run.next().is_none() {
                        return false;
                    }
                    at = part;
                    key = run.clone();
                    retry = Some((part, run));
                }
            }
        }
    }

    /// Whether it can match more than one key.
    pub fn is_open(&self) -> bool {
        !self.parts.iter().all(|part| matches!(part, Part::Just(_)))
    }
}

/// The pattern as it was written.
impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn glob(text: &str) -> Glob {
        text.parse().unwrap()
    }

    #[test]
    fn patterns_match_whole_keys() {
        for (pattern, yes, no) in [
            ("temperature", &["temperature"][..], &["temperature2", "temp", ""][..]),
            ("*", &["", "a", "ü"], &[]),
            ("net_*_rx", &["net_eth0_rx", "net__rx", "net_a_rx_rx"], &["net_eth0_tx", "net_rx"]),
            ("t?", &["t1", "tü"], &["t", "t12"]),
            ("cpu[0-3]", &["cpu0", "cpu3"], &["cpu4", "cpu", "cpu00"]),
            ("[!a-z]*", &["1", "Ab"], &["ab", ""]),
            ("[]x]a", &["]a", "xa"], &["a", "ya"]),
            ("a[-x]b[cd]*", &["a-bc", "axbdd"], &["ayb", "a-b"]),
        ] {
            let glob = glob(pattern);
            yes.iter().for_each(|key| assert!(glob.matches(key), "{pattern} {key}"));
            no.iter().for_each(|key| assert!(!glob.matches(key), "{pattern} {key}"));
        }
        assert_eq!("".parse::<Glob>(), Err(GlobError::Empty));
        assert_eq!("ab[cd".parse::<Glob>(), Err(GlobError::Unclosed { at: 2 }));
        assert_eq!("[ab]x[z-a]".parse::<Glob>(), Err(GlobError::Backwards { at: 5 }));
        assert!(glob("a*").is_open() && !glob("a").is_open());
    }

    /// The plain definition of what a pattern means.
    fn defined(parts: &[Part], key: &[char]) -> bool {
        match (parts, key) {
            ([], []) => true,
            ([Part::Any, rest @ ..], _) => (0..=key.len()).any(|taken| defined(rest, &key[taken..])),
            ([part, rest @ ..], [c, more @ ..]) => part.takes(*c) && defined(rest, more),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn matching_is_what_it_is_defined_to_be(pattern in "[ab*?]{1,8}(\\[[!ab]b\\])?[ab*]{0,3}", key in "[ab]{0,10}") {
            let glob = glob(&pattern);
            let chars: Vec<char> = key.chars().collect();
            prop_assert_eq!(glob.matches(&key), defined(&glob.parts, &chars));
        }

        #[test]
        fn any_text_is_a_pattern_or_an_error(text in ".{0,20}", key in ".{0,20}") {
            if let Ok(glob) = text.parse::<Glob>() {
                let _ = glob.matches(&key);
            }
        }
    }

    #[test]
    fn many_stars_stay_quick() {
        assert!(!glob(&"a*".repeat(100)).matches(&"a".repeat(99)));
    }
}
