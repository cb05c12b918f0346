//! What inputs need for themselves alone: two on one pin are found before anything starts.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use streamer_plugin::Claim;
use streamer_plugin::options::Glob;

use super::Read;
use crate::place::Findings;

/// Notes every conflict, and tells which inputs cannot be together: the earlier and the later one.
pub(super) fn conflicts(read: &[Read], findings: &mut Findings<'_>) -> HashSet<(usize, usize)> {
    let mut found = HashSet::new();
    let mut taken = Taken::default();
    for (at, input) in read.iter().enumerate() {
        for claim in input.options.iter().flat_map(|options| options.claims()) {
            let Some(conflict) = taken.take(claim, at).filter(|conflict| found.insert((conflict.with, at))) else {
                continue;
            };
            findings
                .conflict((&input.span, "this one"), (&read[conflict.with].span, "and this one"), conflict.words)
                .help = Some(conflict.help.into());
        }
    }
    found
}

/// Why a claim cannot be had.
struct Conflict {
    /// The earlier input that has it.
    with: usize,
    words: String,
    help: &'static str,
}

/// What inputs have for themselves so far, each with the input's place in the list.
#[derive(Default)]
struct Taken {
    claims: HashMap<Claim, usize>,
    /// How each thing is reached that can be reached in several ways.
    ways: HashMap<String, (String, usize)>,
    files: Vec<(PathBuf, usize)>,
    globs: Vec<(Pattern, usize)>,
}

impl Taken {
    /// Takes a claim for the input `at`, unless an earlier one has it.
    fn take(&mut self, claim: Claim, at: usize) -> Option<Conflict> {
        match claim {
            Claim::Way { to, by } => self.way(to, by, at),
            Claim::File(path) => self.file(path, at),
            other => self.alone(other, at),
        }
    }

    fn way(&mut self, to: String, by: String, at: usize) -> Option<Conflict> {
        let (first, with) = self.ways.entry(to.clone()).or_insert_with(|| (by.clone(), at));
        (*first != by).then(|| Conflict {
            with: *with,
            words: format!("one input reaches {to} by {by}, another by {first}"),
            help: "let both go the same way",
        })
    }

    /// A path, or a glob: what a glob of another input matches is that one's already.
    fn file(&mut self, path: PathBuf, at: usize) -> Option<Conflict> {
        let glob = Pattern::new(&path);
        let over = self.globs.iter().find(|(glob, with)| *with != at && glob.matches(&path));
        let over = over.map(|(_, with)| (*with, path.clone()));
        let matched = |(file, with): &&(PathBuf, usize)| *with != at && glob.as_ref().is_some_and(|g| g.matches(file));
        let under = self.files.iter().find(matched).map(|(file, with)| (*with, file.clone()));
        let conflict = over.or(under).map(|(with, file)| Conflict::about(&Claim::File(file), with));
        match glob {
            Some(glob) => self.globs.push((glob, at)),
            None => self.files.push((path.clone(), at)),
        }
        self.alone(Claim::File(path), at).or(conflict)
    }

    fn alone(&mut self, claim: Claim, at: usize) -> Option<Conflict> {
        let with = *self.claims.entry(claim.clone()).or_insert(at);
        (with != at).then(|| Conflict::about(&claim, with))
    }
}

impl Conflict {
    fn about(claim: &Claim, with: usize) -> Self {
        Self { with, words: format!("two inputs need {claim} for themselves"), help: "keep one of them" }
    }
}

/// A path with `*` or `?` in it. No part of it matches a `/`.
struct Pattern(Vec<Glob>);

impl Pattern {
    fn new(path: &Path) -> Option<Self> {
        let text = path.to_str().filter(|text| text.contains(['*', '?']))?;
        Some(Self(text.split('/').map(Glob::new).collect()))
    }

    fn matches(&self, path: &Path) -> bool {
        let Some(text) = path.to_str() else { return false };
        let parts = text.split('/');
        parts.clone().count() == self.0.len() && parts.zip(&self.0).all(|(part, glob)| glob.matches(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_its_folder() {
        let pattern = Pattern::new(Path::new("/var/log/*.log")).unwrap();
        assert!(pattern.matches(Path::new("/var/log/a.log")));
        assert!(!pattern.matches(Path::new("/var/log/a/b.log")));
        assert!(!pattern.matches(Path::new("/var/a.log")));
        assert!(Pattern::new(Path::new("/var/log/a.log")).is_none());
    }
}
