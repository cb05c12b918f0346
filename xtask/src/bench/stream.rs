//! One program that prints 10,000 lines a second: what reading, accepting and delivering them costs.
//!
//! The rows of the CSV output are counted: a figure for lines that did not arrive would be none.

use std::fs;
use std::time::Duration;

use super::agent::Home;
use super::figure::{Bound, Figure};
use super::{Bench, Outcome};
use crate::step;

const RATE: f64 = 10_000.0;

/// Prints a hundred lines every ten milliseconds, whatever that cost it.
const PROGRAM: &str = r#"
import sys, time
due, n = time.monotonic(), 0
while True:
    sys.stdout.write("".join(LINE % (n + i) for i in range(100)))
    sys.stdout.flush()
    n += 100
    due += 0.01
    time.sleep(max(0, due - time.monotonic()))
"#;

/// Lines of two kinds, one after the other; and the first kind where a rule drops all of them.
///
/// # Errors
/// Where the agent does not run.
pub fn measure(bench: &Bench) -> Result<Outcome, String> {
    if !step::is_there("python3") {
        return Ok(Outcome::Skipped("there is no python3 to print the lines".into()));
    }
    let (bare, _) = run(bench, "n,%d\\n", "[[inputs.exec.readings]]\nmatch = \"*\"\ndrop = true\n")?;
    let mut figures = Vec::new();
    for (name, line) in [("key,value", "n,%d\\n"), ("JSON", "{\\\"n\\\": %d}\\n")] {
        let (cpu, rows) = run(bench, line, "")?;
        if rows < 0.95 * RATE {
            return Err(format!("only {rows:.0} of {RATE:.0} lines a second arrived"));
        }
        figures.push(
            Figure::new(format!("a stream of {name} lines, 10,000 a second: CPU"), cpu, "%")
                .floor(Bound::AtMost(5.0))
                .note(format!("{rows:.0} rows a second into a CSV file; read and dropped by a rule {bare:.1}")),
        );
    }
    Ok(Outcome::Figures(figures))
}

/// Per cent of a core, and rows that arrived a second.
fn run(bench: &Bench, line: &str, rules: &str) -> Result<(f64, f64), String> {
    let seconds = bench.seconds.min(20);
    let config = format!(
        "[agent]\nstate_dir = \"state\"\n[outputs.csv]\npath = \"readings.csv\"\n[buckets.bench]\nkey = \"bench\"\n\
         [[inputs.exec]]\nmode = \"stream\"\ncommand = [\"python3\", \"program.py\"]\n{rules}"
    );
    let home = Home::new(bench, &config)?;
    fs::write(home.folder.0.join("program.py"), PROGRAM.replace("LINE", &format!("\"{line}\"")))
        .map_err(|error| error.to_string())?;
    let agent = home.start()?;
    std::thread::sleep(Duration::from_secs(3));
    let rows = || -> f64 {
        let paths = ["state/readings.csv", "readings.csv"].map(|path| home.folder.0.join(path));
        let bytes = paths.iter().find_map(|path| fs::read(path).ok()).unwrap_or_default();
        bytes.iter().filter(|byte| **byte == b'\n').count() as f64
    };
    let (cpu, before) = (agent.process().cpu_seconds(), rows());
    std::thread::sleep(Duration::from_secs(seconds));
    let (cpu, arrived) = (agent.process().cpu_seconds() - cpu, rows() - before);
    agent.stop()?;
    Ok((cpu * 100.0 / seconds as f64, arrived / seconds as f64))
}
