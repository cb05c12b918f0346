//! `cargo xtask tidy`: the invariants of ARCHITECTURE.md as failing checks. Each finding says where, what, and what to do.
//!
//! What the compiler and clippy can see is theirs; here is what only the whole graph and all the sources show.

mod arrows;
mod manifests;
mod pages;
mod shape;
mod source;
mod surface;
mod versions;
mod words;

use std::fmt;
use std::path::PathBuf;

use crate::step;
use crate::workspace::Workspace;
use source::Source;

/// Something that breaks an invariant.
pub struct Finding {
    /// `path` or `path:line`.
    pub place: String,
    /// What is wrong and what to do instead.
    pub message: String,
}

impl Finding {
    /// A finding at a place.
    pub fn new(place: impl fmt::Display, message: impl Into<String>) -> Self {
        Self { place: place.to_string(), message: message.into() }
    }
}

/// Looks at everything and prints what is found.
///
/// # Errors
/// Where anything was found.
pub fn run(workspace: &Workspace, _arguments: &[String]) -> Result<(), String> {
    let files = files(workspace)?;
    let texts: Vec<Source> = files.iter().filter_map(|path| Source::read(&workspace.root, path)).collect();
    let mut findings = Vec::new();
    findings.extend(arrows::check(workspace));
    findings.extend(versions::check(workspace));
    findings.extend(manifests::check(&texts));
    findings.extend(pages::check(&workspace.root, &texts));
    findings.extend(surface::check(&workspace.root, &texts));
    for source in &texts {
        findings.extend(words::everywhere(source));
        if source.path.extension().is_some_and(|kind| kind == "rs") {
            findings.extend(shape::check(source));
            findings.extend(words::in_code(source));
        }
    }
    for finding in &findings {
        println!("{}: {}", finding.place, finding.message);
    }
    println!("{} files looked at", texts.len());
    if findings.is_empty() { Ok(()) } else { Err(format!("{} findings", findings.len())) }
}

/// Every file that is, or is about to be, part of the repository.
fn files(workspace: &Workspace) -> Result<Vec<PathBuf>, String> {
    let mut list = step::command("git ls-files --cached --others --exclude-standard");
    let listed = step::output(list.current_dir(&workspace.root))?;
    Ok(listed.lines().map(PathBuf::from).filter(|path| workspace.root.join(path).is_file()).collect())
}
