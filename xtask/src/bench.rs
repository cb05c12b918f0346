//! `cargo xtask bench [NAME...]`: what the real program costs, seen from outside, each figure beside its floor and goal.
//!
//! Beside every cost stands what the bare work costs on the same machine in the same minute, done by a few lines that do
//! nothing else: so a figure can be read on any machine. Timing is never part of `ci`.

pub mod agent;
mod card;
mod crowd;
mod device;
mod drain;
mod exec;
pub mod figure;
mod gpio;
mod idle;
mod log;
mod memory;
mod process;
mod raw;
mod recovery;
mod stream;
mod tail;
mod wear;

use std::path::PathBuf;

use crate::size::release_program;
use crate::step;
use crate::workspace::Workspace;
use figure::Figure;

/// What a measurement came to.
enum Outcome {
    Figures(Vec<Figure>),
    /// It cannot be taken here; why.
    Skipped(String),
}

/// Where the programs lie, and how long to look.
pub struct Bench {
    streamer: PathBuf,
    server: PathBuf,
    root: PathBuf,
    seconds: u64,
}

type Measure = fn(&Bench) -> Result<Outcome, String>;

const MEASUREMENTS: &[(&str, Measure)] = &[
    ("idle", idle::measure),
    ("memory", memory::measure),
    ("log", log::measure),
    ("drain", drain::measure),
    ("recovery", recovery::measure),
    ("tail", tail::measure),
    ("exec", exec::measure),
    ("wear", wear::measure),
    ("card", card::measure),
    ("crowd", crowd::measure),
    ("gpio", gpio::measure),
    ("stream", stream::measure),
];

/// Builds everything for release and takes the named measurements, or all.
///
/// # Errors
/// Where a figure is below its floor, or a measurement failed.
pub fn run(workspace: &Workspace, arguments: &[String]) -> Result<(), String> {
    let seconds = std::env::var("STREAMER_BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    if let Some(unknown) = arguments.iter().find(|name| !MEASUREMENTS.iter().any(|(known, _)| known == name)) {
        let known: Vec<_> = MEASUREMENTS.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no measurement {unknown}; there are {}", known.join(", ")));
    }
    let streamer = release_program(workspace)?;
    step::run(
        step::command("cargo build --release --package streamer-tests --bin events-server")
            .current_dir(&workspace.root),
    )?;
    let server = workspace.target.join("release/events-server");
    let bench = Bench { streamer, server, root: workspace.root.clone(), seconds };
    let mut figures = Vec::new();
    let mut failed = Vec::new();
    for (name, measure) in
        MEASUREMENTS.iter().filter(|(name, _)| arguments.is_empty() || arguments.iter().any(|a| a == name))
    {
        println!("== {name}");
        match measure(&bench) {
            Ok(Outcome::Figures(new)) => figures.extend(new),
            Ok(Outcome::Skipped(why)) => println!("== {name}: skipped, {why}"),
            Err(why) => {
                println!("== {name}: failed, {why}");
                failed.push(*name);
            }
        }
    }
    let judged = figure::print(&figures);
    if failed.is_empty() { judged } else { Err(format!("could not be measured: {}", failed.join(", "))) }
}
