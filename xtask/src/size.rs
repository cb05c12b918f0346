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
    let weigh = |program: PathBuf| {
        let bytes = std::fs::metadata(&program).map_err(|error| format!("{}: {error}", program.display()))?.len();
        Ok::<_, String>((bytes as f64 / 1e6, format!("{bytes} bytes, stripped")))
    };
    let (core, core_bytes) = weigh(build(workspace, "--no-default-features --features system")?)?;
    let (whole, whole_bytes) = weigh(release_program(workspace)?)?;
    print(&[
        Figure::new("release program, the system its only input", core, "MB")
            .floor(Bound::AtMost(6.0))
            .goal(Bound::AtMost(4.0))
            .note(core_bytes),
        Figure::new("release program, every input", whole, "MB").floor(Bound::AtMost(8.0)).note(whole_bytes),
    ])
}

/// Builds the program as it is shipped, and tells where it lies.
///
/// # Errors
/// What cargo says.
pub fn release_program(workspace: &Workspace) -> Result<PathBuf, String> {
    build(workspace, "")
}

fn build(workspace: &Workspace, features: &str) -> Result<PathBuf, String> {
    let command = format!("cargo build --release --package streamer-agent --bin streamer {features}");
    step::run(step::command(command.trim_end()).current_dir(&workspace.root))?;
    Ok(workspace.target.join("release/streamer"))
}
