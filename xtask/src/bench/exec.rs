//! What a run of a command costs the agent itself: a hundred commands, each every second.

use std::fmt::Write;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::agent::{Home, until};
use super::figure::{Bound, Figure};
use super::process::own_cpu_seconds;
use super::{Bench, Outcome};

const COMMANDS: u32 = 100;

/// Lets them run, and looks that none was missed and none was left dead.
///
/// # Errors
/// Where the agent does not run or does not answer.
pub fn measure(bench: &Bench) -> Result<Outcome, String> {
    let mut config =
        "[agent]\nstate_dir = \"state\"\n[outputs.csv]\npath = \"readings.csv\"\n[buckets.bench]\nkey = \"bench\"\n"
            .to_owned();
    for number in 0..COMMANDS {
        write!(
            config,
            "[[inputs.exec]]\nid = \"c{number}\"\nkey = \"c{number}\"\ncommand = [\"/bin/echo\", \"{number}\"]\ninterval = \"1s\"\n"
        )
        .map_err(|error| error.to_string())?;
    }
    let home = Home::new(bench, &config)?;
    let agent = home.start()?;
    std::thread::sleep(Duration::from_secs(3));
    let (before, cpu) = (Counts::ask(&home)?, agent.process().cpu_seconds());
    std::thread::sleep(Duration::from_secs(bench.seconds));
    let (after, cpu) = (Counts::ask(&home)?, agent.process().cpu_seconds() - cpu);
    let runs = (after.rounds - before.rounds) as f64;
    // What ended just now may be reaped in a moment.
    let mut dead = 0;
    until(Duration::from_secs(2), || {
        dead = agent.process().dead_children();
        dead == 0
    });
    agent.stop()?;
    let bare = bare()?;
    Ok(Outcome::Figures(vec![
        Figure::new("exec, 100 commands a second: own CPU", cpu * 1e6 / runs, "us/run")
            .floor(Bound::AtMost(120.0))
            .goal(Bound::AtMost(90.0))
            .note(format!("{runs:.0} runs; the standard library's way to run a command takes {bare:.0}")),
        Figure::new("exec: runs that were missed or failed", (after.missed + after.failed) as f64, "")
            .floor(Bound::AtMost(0.0)),
        Figure::new("exec: dead commands that nobody reaped", dead as f64, "").floor(Bound::AtMost(0.0)),
    ]))
}

/// What status counts of all inputs.
struct Counts {
    rounds: u64,
    missed: u64,
    failed: u64,
}

impl Counts {
    fn ask(home: &Home) -> Result<Self, String> {
        let output = home.command(&["status", "--json"]).output().map_err(|error| error.to_string())?;
        let report: Value = serde_json::from_slice(&output.stdout).map_err(|error| format!("status: {error}"))?;
        let inputs = report["inputs"].as_array().ok_or("status tells of no inputs")?;
        let sum = |name: &str| inputs.iter().filter_map(|input| input[name].as_u64()).sum();
        Ok(Self { rounds: sum("rounds"), missed: sum("missed_ticks"), failed: sum("failed") })
    }
}

/// CPU microseconds that running one command takes of the thread that does nothing else.
fn bare() -> Result<f64, String> {
    const RUNS: u32 = 500;
    let before = own_cpu_seconds();
    for _ in 0..RUNS {
        Command::new("/bin/echo").arg("1").output().map_err(|error| format!("/bin/echo: {error}"))?;
    }
    Ok((own_cpu_seconds() - before) * 1e6 / f64::from(RUNS))
}
