//! A day of an agent's commits into a store, one right after the other: `cargo xtask bench card` runs it on a device of
//! its own and looks what reaches it. The clock is the readings' own, so a day takes a minute, and a machine that is busy
//! changes nothing.
//! `cargo run --release -p streamer-store --example day FILE KEYS SECONDS`: so many keys read every ten seconds, and a
//! commit after each so many seconds.
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use std::error::Error;
use std::fs::File;

use streamer_reading::{BucketKey, BucketName, Epoch, Key, Reading, Value};
use streamer_store::{Limits, Row, Store};

const DAY: u64 = 86_400;
/// Seconds from one reading of a key to the next.
const INTERVAL: u64 = 10;
const START: u64 = 1_790_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("FILE KEYS SECONDS");
    let (path, keys, sync) = (next()?, next()?.parse::<u64>()?, next()?.parse::<u64>()?.max(INTERVAL));
    let bucket = BucketKey::new("machine")?;
    let names = (0..keys).map(|key| Key::new(format!("some_metric_{key}"))).collect::<Result<Vec<_>, _>>()?;
    let log = format!("{path}-wal");
    let mut store = Store::open(path, Limits::default())?;
    let (mut count, mut commits, mut readings) = (0, 0, Vec::new());
    for tick in 0..DAY / INTERVAL {
        for (key, name) in names.iter().enumerate() {
            let epoch = Epoch::from_secs((START + tick * INTERVAL).cast_signed())?;
            readings.push(Reading::new(name.clone(), value(tick, key as u64)?, epoch));
        }
        if (tick + 1) * INTERVAL % sync < INTERVAL {
            let rows: Vec<Row<'_>> =
                readings.iter().zip(count + 1..).map(|(reading, count)| Row { opening: 1, count, reading }).collect();
            count += store.begin()?.insert(&bucket, &BucketName::default(), &rows)?.commit()?.stored;
            commits += 1;
            // What the kernel does within five seconds of a commit, long before the next: the time of the change.
            File::open(&log)?.sync_all()?;
            readings.clear();
        }
    }
    // As on a machine that goes on: what closing would empty into the file stays where it is.
    std::mem::forget(store);
    println!("{count} readings in {commits} commits");
    Ok(())
}

/// As a system's metrics are: a third whole numbers that rise, the others with one decimal, or with all their digits.
fn value(tick: u64, key: u64) -> Result<Value, Box<dyn Error>> {
    let noise = (tick * 7919 + key).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11;
    Ok(match key % 3 {
        0 => Value::from((4_000_000_000 + tick * 1777 + key).cast_signed()),
        1 => Value::try_from((noise % 1000) as f64 / 10.0)?,
        _ => Value::try_from(noise as f64 / 7e9)?,
    })
}
