//! A glob: how people name several things at once. It knows nothing of paths: a `*` also goes over `/`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A pattern in which `*` stands for any run of characters and `?` for one; everything else stands for itself.
///
/// ```
/// use streamer_plugin::options::Glob;
/// assert!(Glob::new("/media/*").matches("/media/pi/USB DISK"));
/// assert!(!Glob::new("eth?").matches("eth10"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Glob(String);

impl Glob {
    /// The pattern as it is written; there is no wrong one.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self(pattern.into())
    }

    /// Whether the whole of `name` fits.
    pub fn matches(&self, name: &str) -> bool {
        let (mut pattern, mut rest) = (self.0.as_str(), name);
        // Where the last star stood, and how much of the name it has swallowed so far: on a mismatch it takes one more.
        let mut star: Option<(&str, &str)> = None;
        loop {
            let wanted = pattern.chars().next();
            let found = rest.chars().next();
            match (wanted, found) {
                (Some('*'), _) => {
                    pattern = &pattern[1..];
                    star = Some((pattern, rest));
                }
                (Some(w), Some(f)) if w == '?' || w == f => {
                    pattern = &pattern[w.len_utf8()..];
                    rest = &rest[f.len_utf8()..];
                }
                (None, None) => return true,
                _ => {
                    let Some((after, swallowed)) = star else { return false };
                    let Some(one) = swallowed.chars().next() else { return false };
                    rest = &swallowed[one.len_utf8()..];
                    pattern = after;
                    star = Some((after, rest));
                }
            }
        }
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_take_as_much_as_they_must() {
        for (pattern, name, fits) in [
            ("", "", true),
            ("*", "", true),
            ("*", "anything at all", true),
            ("a*b*c", "a b b c c", true),
            ("a*b*c", "acb", false),
            ("*.log", "a.log.log", true),
            ("a?c", "aüc", true),
            ("a?c", "ac", false),
            ("eth0", "eth01", false),
            ("/", "/root", false),
        ] {
            assert_eq!(Glob::new(pattern).matches(name), fits, "{pattern} against {name}");
        }
    }
}
