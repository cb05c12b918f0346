//! `cargo xtask size`: the release program with everything in it, weighed against its floor and its goal.

use std::path::PathBuf;

use crate::bench::figure::{Bound, Figure, print};
use crate::step;
use crate::workspace::Workspace;

/// Builds and weighs.
///
/// # Errors
/// Where the program is heavier than the floor allows, or cannot be built.
pub fn run(workspace: &Workspace, _arguments: &[String]) -> Result<(), String> {
    let program = release_program(workspace)?;
    let bytes = std::fs::metadata(&program).map_err(|error| format!("{}: {error}", program.display()))?.len();
    let megabytes = bytes as f64 / 1e6;
    let figure =
        Figure::new("release program, stripped", megabytes, "MB").floor(Bound::AtMost(6.0)).goal(Bound::AtMost(4.0));
    print(&[figure.note(format!("{bytes} bytes"))])
}

/// Builds the program as it is shipped, and tells where it lies.
///
/// # Errors
/// What cargo says.
pub fn release_program(workspace: &Workspace) -> Result<PathBuf, String> {
    step::run(
        step::command("cargo build --release --package streamer-agent --bin streamer").current_dir(&workspace.root),
    )?;
    Ok(workspace.target.join("release/streamer"))
}
