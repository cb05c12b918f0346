//! `cargo xtask faults`: the table that compares the Python client, the library and the agent. It builds the programs; the
//! rows and their pass marks are in `tests/src/faults`.

use crate::step;
use crate::workspace::Workspace;

/// Builds what the table runs, then runs it; further words go to `faults`.
///
/// # Errors
/// What failed, a pass mark included.
pub fn run(workspace: &Workspace, arguments: &[String]) -> Result<(), String> {
    let build = |line: &str| step::run(step::command(line).current_dir(&workspace.root));
    build("cargo build --quiet --package streamer-agent --package streamer-tests --bins")?;
    build("cargo build --quiet --package streamer --example from_stdin")?;
    let mut table = step::command("cargo run --quiet --package streamer-tests --bin faults --");
    step::run(table.args(arguments).current_dir(&workspace.root))
}
