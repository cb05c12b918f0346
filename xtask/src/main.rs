//! The project's own tasks: `cargo xtask` lists them. A task prints what it did and how long it took; none of them is
//! part of the product.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task speaks to the person who started it")]

mod bench;
mod ci;
mod debian;
mod dist;
mod faults;
mod pi;
mod size;
mod soak;
mod step;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use workspace::Workspace;

/// A task: its name, what it does, and the function that does it.
pub struct Task {
    /// What is typed after `cargo xtask`.
    pub name: &'static str,
    about: &'static str,
    run: fn(&Workspace, &[String]) -> Result<(), String>,
}

/// Every task there is.
pub const TASKS: &[Task] = &[
    Task { name: "test", about: "build the program, then run every test, documentation included", run: test::run },
    Task { name: "ci", about: "all that must pass before a change is taken in", run: ci::run },
    Task { name: "tidy", about: "check the invariants of ARCHITECTURE.md against graph and sources", run: tidy::run },
    Task { name: "size", about: "build the release program and weigh it; --features: each part of it", run: size::run },
    Task { name: "dist", about: "packages and tarballs for every processor, tried: dist [NAME...]", run: dist::run },
    Task { name: "pi", about: "run the program on emulated boards: pi [pc|pi3|virt]", run: pi::run },
    Task {
        name: "bench",
        about: "measure speed, memory and wear against their floors: bench [NAME...]",
        run: bench::run,
    },
    Task {
        name: "soak",
        about: "an hour beside rotating logs and bad programs, killed ten times: soak [--seconds N] [--kills N]",
        run: soak::run,
    },
    Task {
        name: "faults",
        about: "run the fault table and compare with the Python client: faults [--ours] [--write] [WORD...]",
        run: faults::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(task) = arguments.first().and_then(|name| TASKS.iter().find(|task| task.name == name)) else {
        println!("cargo xtask TASK");
        for task in TASKS {
            println!("  {:8} {}", task.name, task.about);
        }
        return if arguments.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) };
    };
    match Workspace::open().and_then(|workspace| (task.run)(&workspace, &arguments[1..])) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{}: {why}", task.name);
            ExitCode::FAILURE
        }
    }
}
