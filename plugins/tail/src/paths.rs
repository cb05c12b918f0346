//! Globs over paths: `/var/log/*.log`, `logs/**/app-[0-9]?.log`.
//!
//! `*` and `?` stop at `/`, and do not take the dot that hides a file; `**` goes through all folders below, symbolic links
//! to folders left out, so that it ends. What cannot be looked into is passed over.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::meanwhile::others_act;

/// How deep `**` goes.
const DEEPEST: usize = 32;

/// One entry of `files`.
#[derive(Debug, Clone)]
pub struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// A name, or several with nothing to be found out between them.
    Plain(PathBuf),
    /// Names that fit.
    Fits(String),
    /// This folder and all below it.
    Below,
}

impl Pattern {
    /// The pattern; a relative one begins at the working folder.
    pub fn new(written: &str) -> Self {
        let path = std::path::absolute(written).unwrap_or_else(|_| PathBuf::from(written));
        let mut parts = Vec::new();
        for component in path.components() {
            let name = component.as_os_str().to_string_lossy();
            match (component, parts.last_mut()) {
                (Component::Normal(_), _) if name == "**" => parts.push(Part::Below),
                (Component::Normal(_), _) if name.contains(['*', '?', '[']) => parts.push(Part::Fits(name.into())),
                (_, Some(Part::Plain(before))) => before.push(component),
                _ => parts.push(Part::Plain(component.as_os_str().into())),
            }
        }
        Self { parts }
    }

    /// Adds every path that fits and exists to `found`, and every folder that was looked into to `folders`.
    pub fn expand(&self, found: &mut Vec<PathBuf>, folders: &mut Vec<PathBuf>) {
        walk(PathBuf::new(), &self.parts, DEEPEST, found, folders);
    }
}

fn walk(at: PathBuf, parts: &[Part], deep: usize, found: &mut Vec<PathBuf>, folders: &mut Vec<PathBuf>) {
    let Some((part, rest)) = parts.split_first() else {
        return found.push(at);
    };
    match part {
        Part::Plain(name) => {
            let path = at.join(name);
            if rest.is_empty() {
                folders.extend(path.parent().map(Path::to_owned));
            }
            // Whether it exists is found out by whoever looks at it.
            walk(path, rest, deep, found, folders);
        }
        Part::Fits(glob) => {
            for (name, _) in names(&at) {
                let path = at.join(&name);
                // Only a folder has something below it; a link to one is a folder too.
                if fits(glob, &name) && (rest.is_empty() || path.is_dir()) {
                    walk(path, rest, deep, found, folders);
                }
            }
            folders.push(at);
        }
        Part::Below => {
            walk(at.clone(), rest, deep, found, folders);
            if deep > 0 {
                for (name, is_folder) in names(&at) {
                    if is_folder && !name.starts_with('.') {
                        walk(at.join(name), parts, deep - 1, found, folders);
                    }
                }
            }
        }
    }
}

/// The names in a folder, and which of them are folders themselves. Names that are no text are passed over.
fn names(folder: &Path) -> Vec<(String, bool)> {
    others_act();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let name = |entry: fs::DirEntry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        Some((entry.file_name().into_string().ok()?, is_folder))
    };
    let mut names: Vec<_> = entries.filter_map(name).collect();
    names.sort_unstable();
    names
}

/// Whether the whole of `name` fits `glob`.
fn fits(glob: &str, name: &str) -> bool {
    let glob: Vec<char> = glob.chars().collect();
    let name: Vec<char> = name.chars().collect();
    if name.first() == Some(&'.') && glob.first() != Some(&'.') {
        return false;
    }
    let (mut at, mut seen) = (0, 0);
    // Where the last star stood, and how much of the name it has taken: on a mismatch it takes one more.
    let mut star = None;
    loop {
        match glob.get(at) {
            Some('*') => {
                star = Some((at + 1, seen));
                at += 1;
                continue;
            }
            Some(&wanted) => {
                if let Some(&c) = name.get(seen)
                    && let Some(next) = one(&glob, at, wanted, c)
                {
                    (at, seen) = (next, seen + 1);
                    continue;
                }
            }
            None if seen == name.len() => return true,
            None => {}
        }
        match star {
            Some((behind, taken)) if taken < name.len() => {
                star = Some((behind, taken + 1));
                (at, seen) = (behind, taken + 1);
            }
            _ => return false,
        }
    }
}

/// Whether `c` fits the piece of the glob at `at`, and where the next piece begins.
fn one(glob: &[char], at: usize, wanted: char, c: char) -> Option<usize> {
    match wanted {
        '?' => Some(at + 1),
        '[' => {
            let Some(length) = glob[at + 1..].iter().skip(1).position(|c| *c == ']') else {
                return (c == '[').then_some(at + 1);
            };
            let mut set = &glob[at + 1..=at + 1 + length];
            let not = matches!(set.first(), Some('!' | '^'));
            set = &set[usize::from(not)..];
            let mut inside = false;
            while let Some((first, rest)) = set.split_first() {
                (inside, set) = match rest {
                    ['-', last, rest @ ..] => (inside || (*first..=*last).contains(&c), rest),
                    _ => (inside || *first == c, rest),
                };
            }
            (inside != not).then_some(at + 2 + length + 1)
        }
        _ => (wanted == c).then_some(at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_as_a_shell_has_it() {
        for (glob, name, wanted) in [
            ("*.log", "app.log", true),
            ("*.log", ".app.log", false),
            (".*", ".app", true),
            ("*.log", "app.log.1", false),
            ("app-[0-9][!a-z].log", "app-7_.log", true),
            ("app-[0-9][!a-z].log", "app-7b.log", false),
            ("app[-_]x", "app-x", true),
            ("a*b*c", "a b b c", true),
            ("a*b*c", "acb", false),
            ("[", "[", true),
            ("?", "ü", true),
            ("*", "", true),
        ] {
            assert_eq!(fits(glob, name), wanted, "{glob} against {name}");
        }
    }

    #[test]
    fn folders_are_walked() {
        let folder = tempfile::tempdir().unwrap();
        let make = |path: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        ["a.log", "b.txt", "deep/er/c.log", "deep/d.log", ".hidden/e.log"].into_iter().for_each(make);
        std::os::unix::fs::symlink(folder.path(), folder.path().join("deep/loop")).unwrap();
        let expand = |glob: &str| {
            let (mut found, mut folders) = (Vec::new(), Vec::new());
            Pattern::new(&folder.path().join(glob).to_string_lossy()).expand(&mut found, &mut folders);
            found
                .iter()
                .map(|p| p.strip_prefix(folder.path()).unwrap().to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(expand("*.log"), ["a.log"]);
        assert_eq!(expand("**/*.log"), ["a.log", "deep/d.log", "deep/er/c.log"]);
        assert_eq!(expand("deep/*/c.log"), ["deep/er/c.log", "deep/loop/c.log"]);
        assert_eq!(expand("missing/a.log"), ["missing/a.log"]);
    }
}
