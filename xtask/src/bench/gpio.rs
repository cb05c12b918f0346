//! What one edge of a GPIO line costs, from the kernel's record to the count, without a chip: the records come through a pipe.

use super::figure::{Bound, Figure};
use super::{Bench, Outcome};
use crate::step;

/// Takes what the input's own example says.
///
/// # Errors
/// Where it does not run, or says something else.
pub fn measure(bench: &Bench) -> Result<Outcome, String> {
    let said = step::output(
        step::command("cargo run --release --quiet --package streamer-gpio --example decode").current_dir(&bench.root),
    )?;
    let mut figures = Vec::new();
    for line in said.lines() {
        let figure = line.split_once(" ns ").and_then(|(nanos, what)| Some((nanos.trim().parse::<f64>().ok()?, what)));
        let Some((nanos, what)) = figure else { return Err(format!("the example says {line:?}")) };
        let figure = Figure::new(format!("an edge, {}", what.trim()), nanos / 1000.0, "us of CPU");
        let bare = what.trim_start().starts_with("read alone");
        figures.push(if bare { figure } else { figure.floor(Bound::AtMost(2.0)) });
    }
    if figures.is_empty() { Err("the example says nothing".into()) } else { Ok(Outcome::Figures(figures)) }
}
