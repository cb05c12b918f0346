//! Ten million readings into a new store, then charts of them: how fast they go in, how much they take, and how long a
//! chart takes. Run it in a release build:
//! `cargo run --release -p streamer-store --example ten_million [KEYS] [FILE]`.
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]
#![expect(clippy::disallowed_methods, reason = "it measures real time")]

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use streamer_reading::{BucketKey, BucketName, Epoch, Key, Reading, Value};
use streamer_store::{Limits, Reader, Row, Store};

const READINGS: u64 = 10_000_000;
const BATCH: usize = 1000;
const SECOND: i64 = 1_000_000;
const START: i64 = 1_790_000_000 * SECOND;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let keys: u64 = arguments.next().map_or(Ok(10), |keys| keys.parse())?;
    let folder = tempfile::tempdir()?;
    let path = arguments.next().map_or_else(|| folder.path().join("buckets.db"), PathBuf::from);
    let bucket = BucketKey::new("bench")?;
    let names = (0..keys).map(|key| Key::new(format!("sensor_{key}"))).collect::<Result<Vec<_>, _>>()?;

    println!("{READINGS} readings of {keys} keys, one a second each, {BATCH} to a transaction");
    let begun = Instant::now();
    let mut store = Store::open(&path, Limits::default())?;
    let mut count = 0;
    while count < READINGS {
        let readings: Vec<Reading> =
            (count..count + BATCH as u64).map(|i| reading(i, &names)).collect::<Result<_, _>>()?;
        let rows: Vec<Row<'_>> =
            readings.iter().zip(count + 1..).map(|(reading, count)| Row { opening: 1, count, reading }).collect();
        store.begin()?.insert(&bucket, &BucketName::default(), &rows)?.commit()?;
        count += BATCH as u64;
    }
    let took = begun.elapsed().as_secs_f64();
    let size = store.size()?;
    println!("  {:>9.0} readings/s with rollups and durable commits", READINGS as f64 / took);
    println!("  {:>9.1} bytes a reading with rollups ({} MB)", size.used as f64 / READINGS as f64, size.used >> 20);

    let reader = Reader::open(&path)?;
    let end = START + (READINGS / keys).cast_signed() * SECOND;
    for (name, from) in [
        ("the whole range", START),
        ("a week", end - 7 * 86_400 * SECOND),
        ("a day", end - 86_400 * SECOND),
        ("an hour", end - 3_600 * SECOND),
        ("a minute", end - 60 * SECOND),
    ] {
        let mut times = Vec::new();
        let mut drawn = None;
        for _ in 0..9 {
            let begun = Instant::now();
            let (from, to) = (Epoch::from_micros(from.max(START)), Epoch::from_micros(end));
            drawn = Some(reader.chart(&bucket, &names[names.len() / 2], from, to, 1000)?);
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        let Some(chart) = drawn else { continue };
        let held: u64 = chart.points.iter().map(|point| point.count).sum();
        println!(
            "  {:>6.1} ms (slowest of nine {:.1}) for {name}: {} points of {:?} holding {held} readings",
            times[times.len() / 2],
            times[times.len() - 1],
            chart.points.len(),
            chart.width,
        );
    }
    let begun = Instant::now();
    let exported = reader.export(&bucket, Some(&names[0]), Epoch::ZERO, Epoch::from_micros(end))?.count() as f64;
    println!("  {:>9.0} readings/s exported of one key", exported / begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    let some = reader.export(&bucket, None, Epoch::ZERO, Epoch::from_micros(end))?.take(1_000_000).count() as f64;
    println!("  {:>9.0} readings/s exported of all keys", some / begun.elapsed().as_secs_f64());
    Ok(())
}

/// A number with a noisy last digit: as bad for a compact file as real sensors are.
fn reading(number: u64, names: &[Key]) -> Result<Reading, Box<dyn Error>> {
    let keys = names.len() as u64;
    let (key, tick) = (number % keys, number / keys);
    let noise = (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f64 / 1e7;
    let value = 20.0 + (tick as f64 / 3600.0).sin() * 5.0 + noise;
    let epoch = Epoch::from_micros(START + tick.cast_signed() * SECOND + key.cast_signed() * 137);
    Ok(Reading::new(names[usize::try_from(key)?].clone(), Value::try_from(value)?, epoch))
}
