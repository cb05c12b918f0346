//! A thousand inputs at 1 s: how late each is, whether they drift, and what they cost; and a thousand due together.
//!
//! All from outside: the epochs in the CSV output are the moments at which reads began. An input's phase is the earliest
//! moment within the second at which it ever read; every other read is late by what it lies behind that.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::time::Duration;

use super::agent::Home;
use super::figure::{Bound, Figure};
use super::{Bench, Outcome, raw};

const INPUTS: usize = 1000;
const SECOND: i64 = 1_000_000;

/// Both crowds, one after the other.
///
/// # Errors
/// Where the agent does not run.
pub fn measure(bench: &Bench) -> Result<Outcome, String> {
    let mut figures = spread(bench)?;
    figures.push(together(bench)?);
    Ok(Outcome::Figures(figures))
}

fn config(schedule: &str, rule: &str) -> Result<String, String> {
    let mut text =
        "[agent]\nstate_dir = \"state\"\n[outputs.csv]\npath = \"readings.csv\"\n[buckets.bench]\nkey = \"bench\"\n"
            .to_owned();
    for number in 0..INPUTS {
        write!(
            text,
            "[[inputs.system]]\nid = \"s{number}\"\nprefix = \"s{number}:\"\ninterval = \"1s\"\n{schedule}collect = [\"load\"]\n\
             [[inputs.system.readings]]\n{rule}\n"
        )
        .map_err(|error| error.to_string())?;
    }
    Ok(text)
}

/// Spread over the second, as inputs are without being told otherwise.
fn spread(bench: &Bench) -> Result<Vec<Figure>, String> {
    let home = Home::new(bench, &config("", "match = \"*15*\"\ndrop = true")?)?;
    let agent = home.start()?;
    std::thread::sleep(Duration::from_secs(5));
    let csv = home.folder.0.join("state/readings.csv");
    let csv = if csv.is_file() { csv } else { home.folder.0.join("readings.csv") };
    let skip = fs::metadata(&csv).map_or(0, |file| file.len());
    let before = agent.process().cpu_seconds();
    std::thread::sleep(Duration::from_secs(bench.seconds));
    let cpu = (agent.process().cpu_seconds() - before) * 3600.0 / bench.seconds as f64;
    let resident = agent.process().resident_megabytes();
    agent.stop()?;
    let bytes = fs::read(&csv).map_err(|error| format!("{}: {error}", csv.display()))?;
    let reads = Reads::from_csv(&String::from_utf8_lossy(&bytes[usize::try_from(skip).unwrap_or(0)..]));
    if reads.0.len() < INPUTS {
        return Err(format!("only {} of {INPUTS} inputs read; {}", reads.0.len(), home.said()));
    }
    let (p99, worst) = reads.lateness();
    Ok(vec![
        Figure::new("1,000 inputs: lateness p99", p99 / 1e3, "ms")
            .floor(Bound::AtMost(5.0))
            .goal(Bound::AtMost(1.0))
            .note(format!("worst {:.1} ms, {} ticks missed", worst / 1e3, reads.missed())),
        Figure::new("1,000 inputs: drift", reads.drift().abs(), "ms/s")
            .floor(Bound::AtMost(0.005))
            .note("0 within the noise of a tick"),
        Figure::new("1,000 inputs: CPU", cpu, "s/hour")
            .floor(Bound::AtMost(30.0))
            .goal(Bound::AtMost(10.0))
            .note(format!("a thousand bare wake-ups a second {:.1}", raw::waking(1000, 10))),
        Figure::new("1,000 inputs: resident", resident, "MB").goal(Bound::AtMost(6.3)),
    ])
}

/// All due at the same moment; what they read is dropped, so that only the sampling is paid.
fn together(bench: &Bench) -> Result<Figure, String> {
    let home = Home::new(bench, &config("align = true\n", "match = \"*\"\ndrop = true")?)?;
    let agent = home.start()?;
    std::thread::sleep(Duration::from_secs(5));
    let before = agent.process().cpu_seconds();
    std::thread::sleep(Duration::from_secs(bench.seconds));
    let per_sampler = (agent.process().cpu_seconds() - before) * 1e6 / (bench.seconds as f64 * INPUTS as f64);
    agent.stop()?;
    let bare = raw::reading_load();
    Ok(Figure::new("own CPU for one of 1,000 samplers due together", (per_sampler - bare).max(0.0), "us")
        .floor(Bound::AtMost(2.0))
        .note(format!("{per_sampler:.2} in all, of which reading /proc/loadavg takes {bare:.2}")))
}

/// The moments at which each input read, in microseconds.
struct Reads(BTreeMap<String, BTreeSet<i64>>);

impl Reads {
    /// From lines `EPOCH,ID:KEY,VALUE`; a first line that is cut is left out.
    fn from_csv(text: &str) -> Self {
        let mut reads: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        for line in text.lines().skip(1) {
            let Some((epoch, rest)) = line.split_once(',') else { continue };
            let (Some((id, _)), Some((whole, fraction))) = (rest.split_once(':'), epoch.split_once('.')) else {
                continue;
            };
            if let Ok(micros) = format!("{whole}{fraction:0<6}").parse() {
                reads.entry(id.to_owned()).or_default().insert(micros);
            }
        }
        Self(reads)
    }

    /// The 99th percentile and the worst, in microseconds.
    fn lateness(&self) -> (f64, f64) {
        let mut late: Vec<i64> = self
            .0
            .values()
            .flat_map(|moments| {
                let phase = phase(moments);
                moments.iter().map(move |moment| (moment - phase).rem_euclid(SECOND))
            })
            .collect();
        late.sort_unstable();
        let at = |share: usize| {
            late.get((late.len() * share / 100).min(late.len().saturating_sub(1))).copied().unwrap_or(0) as f64
        };
        (at(99), at(100))
    }

    /// Seconds in which an input did not read although it did before and after.
    fn missed(&self) -> i64 {
        let of = |moments: &BTreeSet<i64>| match (moments.first(), moments.last()) {
            (Some(first), Some(last)) => (last - first + SECOND / 2) / SECOND + 1 - moments.len() as i64,
            _ => 0,
        };
        self.0.values().map(of).sum()
    }

    /// Milliseconds a second by which the inputs move, the middle one of all.
    fn drift(&self) -> f64 {
        let of = |moments: &BTreeSet<i64>| {
            // The earliest of the first and of the last third: lateness of single reads does not count as drift.
            let all: Vec<i64> = moments.iter().copied().collect();
            let third = all.len() / 3;
            let early = |part: &[i64]| phase(&part.iter().copied().collect());
            let moved =
                (early(&all[all.len() - third..]) - early(&all[..third]) + SECOND / 2).rem_euclid(SECOND) - SECOND / 2;
            moved as f64 / 1e3 / ((all[all.len() - third] - all[0]) as f64 / SECOND as f64)
        };
        let mut drifts: Vec<f64> = self.0.values().filter(|moments| moments.len() >= 6).map(of).collect();
        drifts.sort_by(f64::total_cmp);
        drifts.get(drifts.len() / 2).copied().unwrap_or(0.0)
    }
}

/// The earliest moment within the second, counted from half a second before the first read so that midnight splits nobody.
fn phase(moments: &BTreeSet<i64>) -> i64 {
    let origin = moments.first().map_or(0, |first| first - SECOND / 2);
    moments.iter().map(|moment| (moment - origin).rem_euclid(SECOND)).min().unwrap_or(0) + origin
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(moments: &[i64]) -> Reads {
        let lines: String = moments.iter().map(|m| format!("{}.{:06},s1:load,1\n", m / SECOND, m % SECOND)).collect();
        Reads::from_csv(&format!("cut\n{lines}"))
    }

    #[test]
    fn lateness_is_counted_from_the_earliest_moment_of_the_second() {
        let on_the_edge: Vec<i64> =
            (0..50).map(|k| 1_790_000_000 * SECOND + k * SECOND + if k == 7 { 4000 } else { (k % 3) - 1 }).collect();
        let reads = reads(&on_the_edge);
        assert_eq!(reads.lateness().1, 4001.0);
        assert_eq!(reads.missed(), 0);
        assert!(reads.drift().abs() < 0.001);
    }

    #[test]
    fn drift_and_gaps_show() {
        let drifting: Vec<i64> =
            (0..60).filter(|k| *k != 30).map(|k| 1_790_000_000 * SECOND + k * (SECOND + 1000)).collect();
        let reads = reads(&drifting);
        assert!((reads.drift() - 1.0).abs() < 0.05, "{}", reads.drift());
        assert_eq!(reads.missed(), 1);
    }
}
