//! What inputs need for themselves alone: two on one pin are found before anything starts.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use streamer_plugin::Claim;
use streamer_plugin::options::Glob;

use super::Read;
use crate::place::Findings;

/// Notes every conflict, and tells which inputs cannot be together: the earlier and the later one.
pub(super) fn conflicts(read: &[Read], findings: &mut Findings<'_>) -> HashSet<(usize, usize)> {
    let mut found = HashSet::new();
    let mut owners: HashMap<Claim, usize> = HashMap::new();
    let mut ways: HashMap<String, (String, usize)> = HashMap::new();
    let mut globs: Vec<(Pattern, usize)> = Vec::new();
    let mut files: Vec<(Claim, usize)> = Vec::new();
    for (at, input) in read.iter().enumerate() {
        for claim in input.options.iter().flat_map(|options| options.claims()) {
            if let Claim::Way { to, by } = claim {
                let (first, owner) = ways.entry(to.clone()).or_insert_with(|| (by.clone(), at));
                if *first != by && found.insert((*owner, at)) {
                    findings
                        .conflict(
                            (&input.span, "this one"),
                            (&read[*owner].span, "and this one"),
                            format!("one input reaches {to} by {by}, another by {first}"),
                        )
                        .help = Some("let both go the same way".into());
                }
                continue;
            }
            let same = owners.get(&claim).copied();
            let over = same.or_else(|| match &claim {
                Claim::File(path) => {
                    globs.iter().find(|(glob, owner)| *owner != at && glob.matches(path)).map(|(_, owner)| *owner)
                }
                _ => None,
            });
            let glob = if let Claim::File(path) = &claim { Pattern::new(path) } else { None };
            let under = glob.as_ref().and_then(|glob| {
                files
                    .iter()
                    .find(|(claim, owner)| *owner != at && matches!(claim, Claim::File(path) if glob.matches(path)))
            });
            if let Some(earlier) = over.or(under.map(|(_, owner)| *owner))
                && earlier != at
                && found.insert((earlier, at))
            {
                let what = under.map_or(&claim, |(claim, _)| claim);
                findings
                    .conflict(
                        (&input.span, "this one"),
                        (&read[earlier].span, "and this one"),
                        format!("two inputs need {what} for themselves"),
                    )
                    .help = Some("keep one of them".into());
            }
            if let Some(glob) = glob {
                globs.push((glob, at));
            } else if matches!(claim, Claim::File(_)) {
                files.push((claim.clone(), at));
            }
            owners.entry(claim).or_insert(at);
        }
    }
    found
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
