//! What a program pays for `log` into a disk spool, measured inside one: the example `log_speed` of the core crate.
//!
//! The example prints `NAME VALUE` lines: `readings_per_second`, `p999_ns`, `empty_p999_ns` (of a loop that only takes
//! the time).

use super::agent::Folder;
use super::figure::{Bound, Figure};
use super::{Bench, Outcome};
use crate::step;

/// Builds and runs the example on a disk.
///
/// # Errors
/// Where it cannot be built, or prints something else.
pub fn measure(bench: &Bench) -> Result<Outcome, String> {
    if !bench.root.join("crates/streamer/examples/log_speed.rs").is_file() {
        return Ok(Outcome::Skipped("the core crate has no example `log_speed`".to_owned()));
    }
    let folder = Folder::below(&std::env::temp_dir().to_string_lossy())?;
    let mut example = step::command("cargo run --quiet --release --package streamer --example log_speed --");
    let printed = step::output(example.arg(&folder.0).current_dir(&bench.root))?;
    let value = |name: &str| {
        let found = printed.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok());
        found.ok_or_else(|| format!("the example did not print {name}: {printed}"))
    };
    Ok(Outcome::Figures(vec![
        Figure::new("log into a disk spool", value("readings_per_second")?, "readings/s").floor(Bound::AtLeast(1e6)),
        Figure::new("log into a disk spool: p99.9", value("p999_ns")?, "ns")
            .note(format!("an empty loop's is {:.0} ns", value("empty_p999_ns")?)),
    ]))
}
