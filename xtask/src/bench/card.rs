//! A day on the card: what the system input every ten seconds, with every other option as it comes, writes to a device with
//! ext4.
//!
//! It goes at its own pace, for a machine that is hurried delivers later than `sync` allows and writes what it would not.
//! Watched are whole periods of `checkpoint` behind the first, which makes what is made once; a day is reckoned from them. What
//! the agent does once an hour, which is to keep the time, is measured alone and added.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use super::agent::{Home, Server, streaming_to};
use super::device::Device;
use super::figure::{Bound, Figure};
use super::{Bench, Outcome};

const DAY: f64 = 86_400.0;
/// The default of `checkpoint`.
const CHECKPOINT: u64 = 300;
/// In less, one segment of the spool more or less is most of it.
const SHORTEST: u64 = 2 * CHECKPOINT;
/// Until the first checkpoint has come and gone.
const SETTLE: Duration = Duration::from_secs(CHECKPOINT + 30);
/// What every machine has, whatever else is mounted in it.
const INPUT: &str = "[[inputs.system]]\ninterval = \"10s\"\ninclude_mounts = [\"/\"]\n";

/// Four days at once, each on a device of its own: online, in an outage, online and into the local store, and the same with
/// `sync` at a minute.
///
/// # Errors
/// Where the agent or the device does not work.
pub fn measure(bench: &Bench) -> Result<Outcome, String> {
    let local = "[outputs.local]\n";
    let cases = [
        ("online", "", String::new()),
        ("in an outage", "503", String::new()),
        ("online, local store", "", local.to_owned()),
        ("online, local store, sync = \"1m\"", "", format!("{local}[spool]\nsync = \"1m\"\n")),
    ];
    let mut devices = Vec::new();
    for _ in &cases {
        match Device::make() {
            Ok(device) => devices.push(device),
            Err(why) => return Ok(Outcome::Skipped(why)),
        }
    }
    let seconds = bench.seconds.max(SHORTEST).next_multiple_of(CHECKPOINT);
    println!("   {} minutes at its own pace", (SETTLE.as_secs() + seconds) / 60);
    let days = std::thread::scope(|scope| {
        let running: Vec<_> = cases
            .iter()
            .zip(&devices)
            .map(|((_, script, more), device)| scope.spawn(move || day(bench, device, script, more, seconds)))
            .collect();
        running
            .into_iter()
            .map(|day| day.join().unwrap_or_else(|_| Err("a day ended in a panic".into())))
            .collect::<Result<Vec<_>, String>>()
    })?;
    let figures = cases.iter().zip(days).map(|((name, ..), (bytes, readings))| {
        let note = format!("{readings:.0} readings a day, reckoned from {seconds} s");
        let figure = Figure::new(format!("device bytes a day, {name}"), bytes / 1e6, "MB").note(note);
        if *name == "online" { figure.floor(Bound::AtMost(3.0)) } else { figure }
    });
    Ok(Outcome::Figures(figures.collect()))
}

/// What a day writes, and how many readings it has.
fn day(bench: &Bench, device: &Device, script: &str, more: &str, seconds: u64) -> Result<(f64, f64), String> {
    let begin = device.written()?;
    for _ in 0..10 {
        stamp(&device.path()).map_err(|error| error.to_string())?;
        // Each reaches the device by itself, as it does an hour after the one before.
        device.written()?;
    }
    let stamps = (device.written()? - begin) / 10.0 * 24.0;

    let server = Server::start(bench, &["--script", script])?;
    let state = device.path().join("state");
    let config =
        streaming_to(&server).replace("state_dir = \"state\"", &format!("state_dir = \"{}\"", state.display()));
    let home = Home::new(bench, &format!("{config}{more}{INPUT}"))?;
    let agent = home.start()?;
    std::thread::sleep(SETTLE);
    let (before, had) = (device.written()?, accepted(&home)?);
    std::thread::sleep(Duration::from_secs(seconds));
    let (bytes, readings) = (device.written()? - before, accepted(&home)? - had);
    agent.stop()?;
    let whole = DAY / seconds as f64;
    Ok((bytes * whole + stamps, readings * whole))
}

/// As the agent keeps the time: a file beside, synced, renamed over the old one.
fn stamp(folder: &Path) -> std::io::Result<()> {
    let beside = folder.join("stamp.new");
    let mut file = fs::File::create(&beside)?;
    file.write_all(b"1790000000000000")?;
    file.sync_all()?;
    fs::rename(beside, folder.join("stamp"))
}

/// How many readings the bucket has accepted.
fn accepted(home: &Home) -> Result<f64, String> {
    let status = crate::step::output(&mut home.command(&["status", "--json"]))?;
    let status: serde_json::Value = serde_json::from_str(&status).map_err(|error| error.to_string())?;
    status["buckets"][0]["accepted"].as_f64().ok_or_else(|| "`status` does not tell what was accepted".to_owned())
}
