//! What reaches the card: bytes written to a device of its own, with ext4 on it, by the kernel's count.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::agent::{Folder, Home, Server, streaming_to};
use super::figure::{Bound, Figure};
use super::{Bench, Outcome, raw};
use crate::step::{self, Stopwatch};

/// A file with ext4 in it, mounted through a loop device.
struct Device {
    folder: Folder,
    device: String,
}

impl Device {
    fn make() -> Result<Self, String> {
        let folder = Folder::below(&std::env::temp_dir().to_string_lossy())?;
        let (image, at) = (folder.0.join("image"), folder.0.join("at"));
        let file = fs::File::create(&image).map_err(|error| error.to_string())?;
        file.set_len(512 << 20).map_err(|error| error.to_string())?;
        fs::create_dir(&at).map_err(|error| error.to_string())?;
        // Lazy initialisation would go on writing for minutes and be counted as ours.
        step::output(step::command("mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0").arg(&image))?;
        let device = step::output(step::command("losetup --find --show").arg(&image))?.trim().to_owned();
        let made = Self { folder, device };
        step::output(step::command("mount -o noatime").arg(&made.device).arg(&at))?;
        Ok(made)
    }

    fn path(&self) -> PathBuf {
        self.folder.0.join("at")
    }

    /// Bytes written to the device so far, all that is still on its way included.
    fn written(&self) -> Result<f64, String> {
        step::run(step::command("sync -f").arg(self.path()))?;
        let name = self.device.trim_start_matches("/dev/");
        let stat = fs::read_to_string(format!("/sys/block/{name}/stat")).map_err(|error| format!("{name}: {error}"))?;
        let sectors: f64 = stat.split_whitespace().nth(6).and_then(|text| text.parse().ok()).ok_or("no such figure")?;
        Ok(sectors * 512.0)
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // Whatever is still mounted is told by the next start, which makes a device of its own.
        let _ = step::output(step::command("umount").arg(self.path()));
        let _ = step::output(step::command("losetup --detach").arg(&self.device));
    }
}

/// Three cases: a small commit a second in an outage, a thousand readings a second in an outage, delivered in time.
///
/// # Errors
/// Where the agent or the device does not work.
pub fn measure(bench: &Bench) -> Result<Outcome, String> {
    if !step::is_root() {
        return Ok(Outcome::Skipped("only root can mount a device of its own".to_owned()));
    }
    for program in ["mkfs.ext4", "losetup", "mount"] {
        if !step::is_there(program) {
            return Ok(Outcome::Skipped(format!("{program} is not there")));
        }
    }
    let device = match Device::make() {
        Ok(device) => device,
        Err(why) => return Ok(Outcome::Skipped(format!("no loop device here: {why}"))),
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
