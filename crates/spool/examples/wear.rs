//! What a spool's commits cost a device: the bytes that the kernel gave it, metadata and journal included.
//!
//! `cargo run --release -p streamer-spool --example wear FOLDER DEVICE`, where FOLDER lies on a file system of its own
//! on the block device DEVICE (`loop0`, say), so that nobody else writes there.
#![expect(clippy::print_stdout, reason = "an example speaks to the person who started it")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use streamer_reading::{BucketKey, Epoch, Key, Value};
use streamer_spool::{Entry, Limit, Log, Next, Options, Places, Quality, RealDisk, Spool};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const COMMITS: u64 = 60;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(device)) = (arguments.next(), arguments.next()) else {
        return Err("give a folder, and the block device that it lies on".into());
    };
    let state = Path::new(&folder).join("spool");
    let places = Places { state, runtime: Some("/dev/shm/spool-wear".into()) };
    let (spool, _) = Spool::open(places, Options::default(), [1; 16], Arc::new(RealDisk))?;
    let log = spool.log(&BucketKey::new("bench")?, &["local"])?;
    for (what, readings, delivered) in [
        ("one reading a second", 1, false),
        ("1,000 readings a second", 1000, false),
        ("delivered in time", 1000, true),
    ] {
        append(&log, 1)?;
        let _ = spool.checkpoint();
        settle()?;
        let before = written(&device)?;
        for _ in 0..COMMITS {
            append(&log, readings)?;
            if delivered {
                acknowledge(&log)?;
            }
            let _ = spool.commit();
            std::thread::sleep(Duration::from_secs(1));
        }
        settle()?;
        let bytes = written(&device)? - before;
        println!(
            "{what}: {} bytes a commit, {:.1} a reading",
            bytes / COMMITS,
            bytes as f64 / (COMMITS * readings) as f64
        );
    }
    let _ = spool.close();
    Ok(())
}

fn append(log: &Log, readings: u64) -> Outcome<()> {
    let keys = [Key::new("temperature")?, Key::new("humidity")?, Key::new("pressure")?];
    for (i, key) in (0..readings).zip(keys.iter().cycle()) {
        let value = Value::try_from(i as f64 * 0.37)?;
        let epoch = Epoch::from_micros(1_790_000_000_000_000 + i.cast_signed() * 1000);
        log.append(&[Entry::new(key, &value, epoch, Quality::Trusted, "i2c-1-76")], None)?;
    }
    Ok(())
}

fn acknowledge(log: &Log) -> Outcome<()> {
    let mut reader = log.reader("local")?;
    while let Next::Batch(batch) = reader.next(Limit::events(1000)) {
        reader.ack(batch.last());
    }
    Ok(())
}

/// Lets the file system write all that it still owes to the device, so that it counts for the right case.
fn settle() -> Outcome<()> {
    std::process::Command::new("sync").status()?;
    std::thread::sleep(Duration::from_secs(1));
    Ok(())
}

/// Bytes written to a block device, as the kernel counts them: sectors of 512 bytes.
fn written(device: &str) -> Outcome<u64> {
    let stat = std::fs::read_to_string(format!("/sys/block/{device}/stat"))?;
    Ok(stat.split_whitespace().nth(6).ok_or("no count of sectors")?.parse::<u64>()? * 512)
}
