//! Keys from names: one rule for mounts, interfaces, labels, CSV heads and JSON paths.
//!
//! A key must stay the same over restarts and reboots, so nothing here depends on the order in which names are found.

use std::collections::HashMap;

use crate::limits;

/// Makes a word that can stand in a key out of any name.
///
/// Letters, digits, `_`, `-` and `.` stay, all else becomes `_`, a run of `_` becomes one, and `_` at either end goes.
/// `/` alone is `root`. Over 100 characters it is cut, with a hash of the whole at its end.
///
/// ```
/// use streamer_reading::word;
/// assert_eq!(word("/media/USB DISK"), "media_USB_DISK");
/// assert_eq!(word("/"), "root");
/// assert_eq!(word("CPU temp (max)"), "CPU_temp_max");
/// ```
pub fn word(name: &str) -> String {
    if name == "/" {
        return "root".into();
    }
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        let c = if c.is_alphanumeric() || matches!(c, '-' | '.') { c } else { '_' };
        if !(c == '_' && (out.is_empty() || out.ends_with('_'))) {
            out.push(c);
        }
    }
    let mut out = out.trim_end_matches('_').to_owned();
    if out.is_empty() {
        out = format!("x{}", tag(name));
    }
    if out.chars().count() > limits::KEY_CHARS_SAFE {
        out = out.chars().take(limits::KEY_CHARS_SAFE - 7).collect();
        out = format!("{out}_{}", tag(name));
    }
    out
}

/// Gives each of a set of names a word of its own.
///
/// Where two names make the same word, every one of them that is not spelled exactly as the word gets a tag made of its
/// own name: which word a name gets depends on the set, never on the order in which its members were found.
#[derive(Debug, Default)]
pub struct Namer {
    words: HashMap<String, String>,
}

impl Namer {
    /// Words for all of `names`; the same set always gives the same words.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let mut meeting: HashMap<String, Vec<&str>> = HashMap::new();
        for name in names {
            let same = meeting.entry(word(name)).or_default();
            if !same.contains(&name) {
                same.push(name);
            }
        }
        let mut words = HashMap::new();
        for (word, names) in meeting {
            let alone = names.len() == 1;
            for name in names {
                let own = if alone || name == word { word.clone() } else { format!("{word}_{}", tag(name)) };
                words.insert(name.to_owned(), own);
            }
        }
        Self { words }
    }

    /// The word of one of the names given to [`Namer::new`]; any other name gets its plain word.
    pub fn word(&self, name: &str) -> String {
        self.words.get(name).cloned().unwrap_or_else(|| word(name))
    }
}

/// Six hexadecimal digits of the FNV-1a hash of `name`: short, stable, and the same on every machine.
fn tag(name: &str) -> String {
    let hash =
        name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{:06x}", hash & 0x00ff_ffff)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_meet_are_kept_apart_whatever_the_order() {
        let one = Namer::new(["/a/b", "/a_b", "a_b", "/"]);
        let two = Namer::new(["/", "a_b", "/a_b", "/a/b"]);
        for name in ["/a/b", "/a_b", "a_b", "/"] {
            assert_eq!(one.word(name), two.word(name));
        }
        assert_eq!(one.word("a_b"), "a_b");
        assert_ne!(one.word("/a/b"), one.word("/a_b"));
        // `/root` and `/` are both `root`.
        let mounts = Namer::new(["/", "/root"]);
        assert_ne!(mounts.word("/"), mounts.word("/root"));
    }

    proptest! {
        #[test]
        fn every_name_has_a_word_of_its_own_that_is_a_key(names in proptest::collection::hash_set(".{0,140}", 1..20)) {
            let namer = Namer::new(names.iter().map(String::as_str));
            let words: HashSet<_> = names.iter().map(|n| namer.word(n)).collect();
            prop_assert_eq!(words.len(), names.len());
            for word in words {
                prop_assert!(crate::Key::new(&word).is_ok());
                prop_assert!(word.chars().count() <= 107);
            }
        }
    }
}
