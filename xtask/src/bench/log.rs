//! What a program pays for the library's own work, measured inside one: the examples `log_speed` and `drain_speed` of the
//! core crate, which print a sentence each.

use super::agent::Folder;
use super::figure::{Bound, Figure};
use super::{Bench, Outcome};
use crate::step;

/// Builds and runs both examples, the spool on a disk.
///
/// # Errors
/// Where one cannot be built, or says something else.
pub fn measure(bench: &Bench) -> Result<Outcome, String> {
    let folder = Folder::below(&std::env::temp_dir().to_string_lossy())?;
    let example = |name: &str| {
        let mut command = step::command("cargo run --quiet --release --package streamer --example");
        step::output(command.args([name, "--"]).arg(&folder.0).current_dir(&bench.root))
    };
    let logged = example("log_speed")?;
    let drained = example("drain_speed")?;
    let said = |text: &str, begins: &str| {
        let line = text.lines().find(|line| line.contains(begins));
        line.map(str::to_owned).ok_or_else(|| format!("nothing about {begins:?} was said: {text}"))
    };
    let (spool, empty, drain) =
        (said(&logged, "spool:")?, said(&logged, "an empty loop:")?, said(&drained, "readings arrived in")?);
    let figure = |line: &str| a_second(line).ok_or_else(|| format!("no rate in {line:?}"));
    let slow = |line: &str| p999(line).ok_or_else(|| format!("no p99.9 in {line:?}"));
    Ok(Outcome::Figures(vec![
        Figure::new("log into a disk spool", figure(&spool)?, "readings/s")
            .floor(Bound::AtLeast(1e6))
            .note(format!("an empty loop that takes the time: {:.0}/s", figure(&empty)?)),
        Figure::new("log into a disk spool: p99.9", slow(&spool)?, "us")
            .note(format!("an empty loop's: {:.3} us", slow(&empty)?)),
        Figure::new("the library's drain, calls of 1,000", figure(&drain)?, "events/s")
            .floor(Bound::AtLeast(500_000.0)),
    ]))
}

/// The number before ` a second`.
fn a_second(line: &str) -> Option<f64> {
    line.split(" a second").next()?.rsplit(' ').next()?.parse().ok()
}

/// The span behind `p99.9 `, in microseconds.
fn p999(line: &str) -> Option<f64> {
    let span = line.split("p99.9 ").nth(1)?.split(',').next()?.trim();
    let digits = span.trim_end_matches(|c: char| c.is_alphabetic());
    let scale = match &span[digits.len()..] {
        "ns" => 1e-3,
        "µs" => 1.0,
        "ms" => 1e3,
        "s" => 1e6,
        _ => return None,
    };
    digits.parse::<f64>().ok().map(|number| number * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentences_are_understood() {
        let line = "spool: 1250000 a second; p50 310ns, p99.9 2.5µs, slowest 1.2ms";
        assert_eq!((a_second(line), p999(line)), (Some(1_250_000.0), Some(2.5)));
        assert_eq!(a_second("1000000 readings arrived in 1.2s: 833333 a second"), Some(833_333.0));
        assert_eq!(p999("memory: 1 a second; p50 1ns, p99.9 850ns, slowest 1s"), Some(0.85));
    }
}
