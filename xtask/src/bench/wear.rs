//! What reaches the card: bytes written to a device of its own, with ext4 on it, by the kernel's count.

use std::time::Duration;

use super::agent::{Home, Server, streaming_to};
use super::device::Device;
use super::figure::{Bound, Figure};
use super::{Bench, Outcome, raw};
use crate::step::Stopwatch;

/// Three cases: a small commit a second in an outage, a thousand readings a second in an outage, delivered in time.
///
/// # Errors
/// Where the agent or the device does not work.
pub fn measure(bench: &Bench) -> Result<Outcome, String> {
    let device = match Device::make() {
        Ok(device) => device,
        Err(why) => return Ok(Outcome::Skipped(why)),
    };
    let seconds = bench.seconds.min(60);
    let begin = device.written()?;
    raw::commits(&device.path(), u32::try_from(seconds.min(20)).unwrap_or(20))?;
    let bare = (device.written()? - begin) / seconds.min(20) as f64;

    let small = case(bench, &device, "small", "503", 1, seconds, "1s")? / seconds as f64;
    let full = case(bench, &device, "full", "503", 1000, seconds, "1s")? / (seconds * 1000) as f64;
    let delivered = case(bench, &device, "delivered", "", 10, seconds, "10s")?;
    Ok(Outcome::Figures(vec![
        Figure::new("device bytes of a small commit", small, "bytes")
            .floor(Bound::AtMost(8192.0))
            .note(format!("64 bytes into a preallocated file, synced: {bare:.0}")),
        Figure::new("device bytes at 1,000/s, one commit a second", full, "bytes/event")
            .floor(Bound::AtMost(40.0))
            .goal(Bound::AtMost(40.0)),
        Figure::new("device bytes when delivered in time", delivered, "bytes").floor(Bound::AtMost(0.0)),
    ]))
}

/// Bytes that the device takes while readings come at a rate.
fn case(
    bench: &Bench,
    device: &Device,
    name: &str,
    script: &str,
    rate: u64,
    seconds: u64,
    sync: &str,
) -> Result<f64, String> {
    let server = Server::start(bench, &["--script", script])?;
    let state = device.path().join(name);
    let config =
        streaming_to(&server).replace("state_dir = \"state\"", &format!("state_dir = \"{}\"", state.display()));
    let home = Home::new(bench, &format!("{config}[spool]\nsync = \"{sync}\"\n"))?;
    let agent = home.start()?;
    home.log(0..rate)?;
    // What the first readings cost once (segments, folders) is not what each second costs.
    std::thread::sleep(Duration::from_secs(12));
    let before = device.written()?;
    let watch = Stopwatch::start();
    for second in 0..seconds {
        home.log((second + 1) * rate..(second + 2) * rate)?;
        std::thread::sleep(Duration::from_secs(second + 1).saturating_sub(watch.elapsed()));
    }
    let bytes = device.written()? - before;
    agent.stop()?;
    Ok(bytes)
}
