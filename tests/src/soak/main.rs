//! `soak`: the real agent beside logs that rotate and programs that hang, fork and spew, killed with SIGKILL at busy
//! moments, into the scripted server and the local store. At the end the books must balance.
//!
//! It shares nothing with the agent: the writers count what they wrote, the server and the store what they hold.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people and scripts speaks on stdout and stderr"
)]

mod between;
mod books;
mod logs;
mod processes;
mod run;
mod scripts;

use std::process::ExitCode;

use streamer_tests::unix_now;

const USAGE: &str = "\
soak [--seconds N] [--kills N] [--rotate SECONDS] [--seed N]

Runs the agent beside the tests, or $STREAMER_BIN, for an hour with ten kills, unless told otherwise.";

/// How long, and how hard.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Seconds of writing.
    pub seconds: u64,
    /// How often the agent is killed.
    pub kills: u64,
    /// Seconds between two rotations of the main log.
    pub rotate: u64,
    /// What all that looks random comes from.
    pub seed: u64,
}

fn main() -> ExitCode {
    let plan = match arguments(std::env::args().skip(1)) {
        Ok(plan) => plan,
        Err(wrong) => {
            eprintln!("{wrong}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    println!("{plan:?}");
    match run::run(plan) {
        Ok(findings) if findings.is_empty() => {
            println!("the books balance");
            ExitCode::SUCCESS
        }
        Ok(findings) => {
            println!("{} findings:", findings.len());
            for finding in findings {
                println!("  {finding}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::FAILURE
        }
    }
}

fn arguments(mut words: impl Iterator<Item = String>) -> Result<Plan, String> {
    let mut plan = Plan { seconds: 3600, kills: 10, rotate: 60, seed: unix_now().to_bits() };
    while let Some(option) = words.next() {
        let value = words.next().ok_or_else(|| format!("{option}: its value is missing"))?;
        let number = value.parse().map_err(|_| format!("{option} {value}: not a number"))?;
        match option.as_str() {
            "--seconds" => plan.seconds = number,
            "--kills" => plan.kills = number,
            "--rotate" => plan.rotate = number,
            "--seed" => plan.seed = number,
            _ => return Err(format!("{option}: no such option")),
        }
    }
    Ok(plan)
}
