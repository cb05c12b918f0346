//! Running other programs, and taking the time. Nothing here knows what the programs are for.

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Begins now.
#[derive(Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// A watch that runs.
    #[expect(clippy::disallowed_methods, reason = "a task measures the program from outside, with a clock of its own")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it has been running.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// A command line given as one text with single blanks between its words.
pub fn command(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    command
}

/// Runs a command to its end with our output as its own.
///
/// # Errors
/// What was run and how it ended.
pub fn run(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    ended(command, status)
}

/// Runs a command to its end and hands over what it prints, line by line as it comes.
///
/// # Errors
/// What was run and how it ended.
pub fn lines(command: &mut Command, mut line: impl FnMut(String)) -> Result<(), String> {
    let trouble = |command: &Command, error: std::io::Error| format!("{command:?}: {error}");
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| trouble(command, error))?;
    let printed = child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines());
    printed.map_while(Result::ok).for_each(&mut line);
    let status = child.wait().map_err(|error| trouble(command, error))?;
    ended(command, status)
}

/// Runs a command to its end and takes what it prints.
///
/// # Errors
/// What was run and how it ended, with what it said.
pub fn output(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ended(command, output.status).map_err(|why| format!("{why}\n{said}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The last line of what a program said, which is most often the reason.
pub fn at_last(said: &str) -> &str {
    said.trim_end().lines().last().unwrap_or_default()
}

/// Whether a program of this name can be started.
pub fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Programs of the administrator are not in everybody's PATH, and are looked for all the same.
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|folder| folder.join(program).is_file())
}

/// Whether we are root.
pub fn is_root() -> bool {
    output(&mut command("id -u")).is_ok_and(|id| id.trim() == "0")
}

fn ended(command: &Command, status: ExitStatus) -> Result<(), String> {
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}")) }
}
