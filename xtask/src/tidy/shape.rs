//! The shape of a source file: it begins by saying what it is for, it is short, and its name says something.

use crate::tidy::Finding;
use crate::tidy::source::Source;

const LONGEST: usize = 500;
const SAYS_NOTHING: &[&str] = &["util", "utils", "helper", "helpers", "misc", "common", "manager", "imp", "shared"];

/// Looks at one Rust file.
pub fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let place = source.path.display();
    let first = source.text.lines().find(|line| !line.trim().is_empty());
    if !first.is_some_and(|line| line.starts_with("//!")) {
        findings.push(Finding::new(&place, "begin with a `//!` doc: what the file is for, and what it must never do"));
    }
    let lines = source.text.lines().count();
    if lines > LONGEST {
        findings.push(Finding::new(
            &place,
            format!("{lines} lines; over {LONGEST} there is a second idea in it that wants its own file"),
        ));
    }
    let stem = source.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if SAYS_NOTHING.contains(&stem) {
        findings.push(Finding::new(&place, format!("`{stem}` says nothing: name the file after the idea in it")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn three_faults_of_one_file() {
        let text = "fn x() {}\n".repeat(501);
        assert_eq!(check(&Source::new(Path::new("src/utils.rs"), text)).len(), 3);
        assert!(check(&Source::new(Path::new("src/spool.rs"), "//! The spool.\n".to_owned())).is_empty());
    }
}
