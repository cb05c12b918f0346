//! `cargo xtask size`: the release program with everything in it, weighed against its floor and its goal; with
//! `--features` what each input and output weighs.

mod features;

use std::path::{Path, PathBuf};

use crate::bench::figure::{Bound, Figure, print};
use crate::step;
use crate::workspace::Workspace;

/// Builds and weighs.
///
/// # Errors
/// Where the program is heavier than the floor allows, or cannot be built.
pub fn run(workspace: &Workspace, arguments: &[String]) -> Result<(), String> {
    if arguments.iter().any(|argument| argument == "--features") {
        return features::run(workspace);
    }
    let core = weigh(&build(workspace, "--no-default-features --features system,initial_state,local,csv")?)?;
    let whole = weigh(&release_program(workspace)?)?;
    let figure =
        |what: &str, bytes: u64| Figure::new(what, bytes as f64 / 1e6, "MB").note(format!("{bytes} bytes, stripped"));
    print(&[
        figure("release program, the system its only input", core).floor(Bound::AtMost(6.0)).goal(Bound::AtMost(4.0)),
        figure("release program, every input", whole).floor(Bound::AtMost(8.0)),
    ])
}

/// The bytes of a program.
fn weigh(program: &Path) -> Result<u64, String> {
    std::fs::metadata(program).map(|found| found.len()).map_err(|error| format!("{}: {error}", program.display()))
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
