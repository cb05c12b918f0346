//! `cargo xtask soak`: the real agent beside logs that rotate and programs that misbehave, for an hour, killed ten times.

use crate::step;
use crate::workspace::Workspace;

/// Builds agent and soak, and runs it; further words go to it: `--seconds 600 --kills 5`.
///
/// # Errors
/// Where the books do not balance.
pub fn run(workspace: &Workspace, arguments: &[String]) -> Result<(), String> {
    step::run(
        step::command("cargo build --package streamer-agent --package streamer-tests --bins")
            .current_dir(&workspace.root),
    )?;
    let program = workspace.target.join("debug/soak");
    step::run(step::command(&program.to_string_lossy()).args(arguments).current_dir(&workspace.root))
}
