//! A day on the card: what the system input every ten seconds, with every other option as it comes, writes to a device with
//! ext4.
//!
//! The agent goes at its own pace. Watched are whole periods of `checkpoint` behind the first, which makes what is made
//! once. Each does the same, so a day online is reckoned from the quietest: on a machine that is hurried a delivery comes
//! later than `sync` allows now and then, and is written, which is not what that figure is about; the note has the busiest
//! too. An outage is reckoned from all of them. What the agent does once an hour, which is to keep its counts and the
//! time, it does at a clean end as well: that is measured and added.
//!
//! What the local store adds is measured alone, over a whole day of its commits: its clock is that of the readings.

use std::process::Command;
use std::time::Duration;

use super::agent::{Home, Server, streaming_to};
use super::device::Device;
use super::figure::{Bound, Figure};
use super::{Bench, Outcome};
use crate::step;

const DAY: f64 = 86_400.0;
/// The default of `checkpoint`.
const CHECKPOINT: u64 = 300;
/// Periods that are watched, at least.
const PERIODS: u64 = 3;
/// Until the first checkpoint has come and gone.
const SETTLE: Duration = Duration::from_secs(CHECKPOINT + 30);
/// Seconds from one reading of a key to the next.
const INTERVAL: f64 = 10.0;
/// What every machine has, whatever else is mounted in it.
const INPUT: &str = "[[inputs.system]]\ninterval = \"10s\"\ninclude_mounts = [\"/\"]\n";

/// Days of an agent, online and in an outage, and days of the local store's commits.
///
/// # Errors
/// Where the agent or the device does not work.
pub fn measure(bench: &Bench) -> Result<Outcome, String> {
    let cases = [("online", ""), ("in an outage", "503")];
    let mut devices = Vec::new();
    for _ in &cases {
        match Device::make() {
            Ok(device) => devices.push(device),
            Err(why) => return Ok(Outcome::Skipped(why)),
        }
    }
    let periods = (bench.seconds / CHECKPOINT).max(PERIODS);
    println!("   {} minutes at its own pace", (SETTLE.as_secs() + periods * CHECKPOINT) / 60);
    let days = std::thread::scope(|scope| {
        let running: Vec<_> = cases
            .iter()
            .zip(&devices)
            .map(|((_, script), device)| scope.spawn(move || day(bench, device, script, periods)))
            .collect();
        running
            .into_iter()
            .map(|day| day.join().unwrap_or_else(|_| Err("a day ended in a panic".into())))
            .collect::<Result<Vec<_>, String>>()
    })?;
    let mut figures = Vec::new();
    for ((name, script), day) in cases.iter().zip(&days) {
        let a_day = |period: f64| (period * DAY / CHECKPOINT as f64 + day.end * 24.0) / 1e6;
        let figure = |bytes: f64| Figure::new(format!("device bytes a day, {name}"), a_day(bytes), "MB");
        let most = day.periods.iter().copied().fold(0.0, f64::max);
        figures.push(if script.is_empty() {
            let least = day.periods.iter().copied().fold(f64::INFINITY, f64::min);
            let note = format!("{} keys; in the busiest of {periods} periods {:.1}", day.keys, a_day(most));
            figure(least).note(note).floor(Bound::AtMost(3.0))
        } else {
            figure(day.periods.iter().sum::<f64>() / periods as f64).note(format!("{} keys", day.keys))
        });
    }
    for sync in [10, 60] {
        let figure = Figure::new(
            format!("device bytes a day, what the local store adds at sync = \"{sync}s\""),
            store(bench, days[0].keys, sync)? / 1e6,
            "MB",
        );
        figures.push(figure.note(format!("{} keys, a whole day", days[0].keys)));
    }
    Ok(Outcome::Figures(figures))
}

/// What a day of the agent is reckoned from.
struct Day {
    /// Device bytes of each period of `checkpoint`.
    periods: Vec<f64>,
    /// Device bytes of a clean end, which does all that is done once an hour.
    end: f64,
    /// Keys that are read every ten seconds.
    keys: u64,
}

fn day(bench: &Bench, device: &Device, script: &str, periods: u64) -> Result<Day, String> {
    let server = Server::start(bench, &["--script", script])?;
    let state = device.path().join("state");
    let config =
        streaming_to(&server).replace("state_dir = \"state\"", &format!("state_dir = \"{}\"", state.display()));
    let home = Home::new(bench, &format!("{config}{INPUT}"))?;
    let agent = home.start()?;
    std::thread::sleep(SETTLE);
    let (mut before, had) = (device.written()?, accepted(&home)?);
    let mut watched = Vec::new();
    for _ in 0..periods {
        std::thread::sleep(Duration::from_secs(CHECKPOINT));
        let now = device.written()?;
        watched.push(now - before);
        before = now;
    }
    let keys = (accepted(&home)? - had) * INTERVAL / (periods * CHECKPOINT) as f64;
    before = device.written()?;
    agent.stop()?;
    let end = device.written()? - before;
    Ok(Day { periods: watched, end, keys: keys.round() as u64 })
}

/// What a day of the local store's commits writes, of so many keys and at this `sync`.
fn store(bench: &Bench, keys: u64, sync: u64) -> Result<f64, String> {
    let mut build = step::command("cargo build --release --package streamer-store --example day");
    step::run(build.current_dir(&bench.root))?;
    let program = bench.streamer.with_file_name("examples").join("day");
    let device = Device::make()?;
    let before = device.written()?;
    let mut commits = Command::new(program);
    step::output(commits.arg(device.path().join("buckets.db")).args([keys.to_string(), sync.to_string()]))?;
    Ok(device.written()? - before)
}

/// How many readings the bucket has accepted.
fn accepted(home: &Home) -> Result<f64, String> {
    let status = step::output(&mut home.command(&["status", "--json"]))?;
    let status: serde_json::Value = serde_json::from_str(&status).map_err(|error| error.to_string())?;
    status["buckets"][0]["accepted"].as_f64().ok_or_else(|| "`status` does not tell what was accepted".to_owned())
}
