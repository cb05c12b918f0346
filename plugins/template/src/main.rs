//! The agent with this input in it, beside all of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    streamer_agent::main(streamer_agent::builtin().with(streamer_template::PLUGIN))
}
