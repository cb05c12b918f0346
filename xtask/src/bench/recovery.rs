//! How long a start takes that finds a full spool: until the agent answers.

use std::fs;
use std::path::Path;

use super::agent::Home;
use super::figure::{Bound, Figure};
use super::{Bench, Outcome};
use crate::step::Stopwatch;

/// More than fits, so that the spool is full.
const READINGS: u64 = 8_500_000;

/// Fills the spool without an agent, then starts one that nobody answers.
///
/// # Errors
/// Where the agent does not start, or the spool is not full.
pub fn measure(bench: &Bench) -> Result<Outcome, String> {
    let config = "[agent]\nstate_dir = \"state\"\n[spool]\nmax_size = \"64MB\"\n[outputs.initial_state]\n\
                  access_key = \"ist_bench\"\napi_base = \"http://127.0.0.1:9\"\n[buckets.bench]\nkey = \"bench\"\n";
    let home = Home::new(bench, config)?;
    home.log(0..READINGS)?;
    let spool = home.folder.0.join("state/spool");
    let watch = Stopwatch::start();
    let bytes = read(&spool);
    let bare = watch.elapsed().as_secs_f64();
    let megabytes = bytes as f64 / 1e6;
    if megabytes < 58.0 {
        return Err(format!("only {megabytes:.1} MB are in the spool"));
    }
    let watch = Stopwatch::start();
    let agent = home.start()?;
    let seconds = watch.elapsed().as_secs_f64();
    agent.stop()?;
    Ok(Outcome::Figures(vec![
        Figure::new("a start with a spool of 64 MB", seconds, "s").floor(Bound::AtMost(1.0)).note(format!(
            "{megabytes:.1} MB; until it answers, looked at every 0.05 s; reading the files: {bare:.3} s"
        )),
    ]))
}

/// Reads every file below a folder; gives the bytes.
fn read(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.map(|path| if path.is_dir() { read(&path) } else { fs::read(path).map_or(0, |bytes| bytes.len()) }).sum()
}
