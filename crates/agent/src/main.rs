//! The program `streamer`, with every input of this repository.

use std::process::ExitCode;

fn main() -> ExitCode {
    streamer_agent::main(streamer_agent::builtin())
}
