//! `cargo xtask ci`: all that must pass before a change is taken in, each step with its time. Nothing in it depends on
//! how fast the machine is.

use crate::step::{self, Stopwatch};
use crate::workspace::Workspace;
use crate::{pi, size, test, tidy};

/// How a step ended.
enum Ended {
    Passed,
    Skipped(String),
    Failed(String),
}

impl From<Result<(), String>> for Ended {
    fn from(result: Result<(), String>) -> Self {
        match result {
            Ok(()) => Self::Passed,
            Err(why) => Self::Failed(why),
        }
    }
}

/// Programs that the steps need, and the Debian package of each.
const NEEDED: &[(&str, &str)] = &[
    ("cc", "gcc"),
    ("sqlite3", "sqlite3"),
    ("mkfs.ext4", "e2fsprogs"),
    ("update-ca-certificates", "ca-certificates"),
    ("python3", "python3"),
];

/// Runs every step, whatever became of the one before, and tells at the end.
///
/// # Errors
/// Which steps failed.
pub fn run(workspace: &Workspace, _arguments: &[String]) -> Result<(), String> {
    let whole = Stopwatch::start();
    let mut closing = Vec::new();
    let mut done: Vec<(&str, f64, Ended)> = Vec::new();
    let mut step = |name: &'static str, work: &mut dyn FnMut() -> Ended| {
        println!("\n== {name}");
        let watch = Stopwatch::start();
        let ended = work();
        let seconds = watch.elapsed().as_secs_f64();
        match &ended {
            Ended::Passed => println!("== {name}: passed in {seconds:.1} s"),
            Ended::Skipped(why) => println!("== {name}: skipped, {why}"),
            Ended::Failed(why) => println!("== {name}: FAILED after {seconds:.1} s: {why}"),
        }
        done.push((name, seconds, ended));
    };
    let cargo = |line: &str| Ended::from(step::run(step::command(line).current_dir(&workspace.root)));
    step("needed programs", &mut needed);
    step("format", &mut || cargo("cargo fmt --all --check"));
    step("tidy", &mut || tidy::run(workspace, &[]).into());
    step("clippy", &mut || cargo("cargo clippy --workspace --all-targets -- -D warnings"));
    step("small agents", &mut || small_agents(workspace).into());
    step("test", &mut || match test::closing_lines(workspace, &[]) {
        Ok(lines) => {
            closing = lines;
            Ended::Passed
        }
        Err(why) => Ended::Failed(why),
    });
    step("documentation", &mut || {
        let mut doc = step::command("cargo doc --workspace --no-deps");
        step::run(doc.env("RUSTDOCFLAGS", "-D warnings").current_dir(&workspace.root)).into()
    });
    step("size", &mut || size::run(workspace, &[]).into());
    step("pi", &mut || match pi::or_skip(workspace, &[]) {
        Ok(None) => Ended::Passed,
        Ok(Some(why)) => Ended::Skipped(why),
        Err(why) => Ended::Failed(why),
    });

    println!("\n== the tests closed with");
    closing.iter().for_each(|line| println!("{line}"));
    println!("\n== in {:.0} s", whole.elapsed().as_secs_f64());
    let mut failed = Vec::new();
    for (name, seconds, ended) in &done {
        let word = match ended {
            Ended::Passed => "passed".to_owned(),
            Ended::Skipped(why) => format!("skipped: {why}"),
            Ended::Failed(_) => {
                failed.push(*name);
                "FAILED".to_owned()
            }
        };
        println!("{name:16} {seconds:7.1} s  {word}");
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

/// The agent without anything, and with each output alone, so that no part leans on another by accident.
fn small_agents(workspace: &Workspace) -> Result<(), String> {
    ["", "--features initial_state", "--features local", "--features csv,system"].iter().try_for_each(|features| {
        let line = format!("cargo clippy --package streamer-agent --no-default-features {features} -- -D warnings");
        step::run(step::command(&line).current_dir(&workspace.root))
    })
}

/// Installs what is missing, where that is possible.
fn needed() -> Ended {
    let missing: Vec<_> =
        NEEDED.iter().filter(|(program, _)| !step::is_there(program)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ended::Passed;
    }
    let list = missing.join(" ");
    if !step::is_root() || !step::is_there("apt-get") {
        return Ended::Skipped(format!("{list} missing, and only root with apt-get can install them"));
    }
    let install = || {
        let mut quiet = step::command("apt-get install -y --no-install-recommends");
        step::run(&mut step::command("apt-get update -q"))?;
        step::run(quiet.args(&missing).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    // What cannot be installed shows itself in the step that needs it, with a better message than apt-get's.
    install().map_or_else(|why| Ended::Skipped(format!("{list} could not be installed: {why}")), |()| Ended::Passed)
}
