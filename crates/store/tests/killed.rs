//! A writer that is killed at any moment: what it said was committed is there, and nothing is there twice.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use streamer_reading::{BucketKey, BucketName, Epoch, Key, Reading, Value};
use streamer_store::{Limits, Reader, Row, Store};

/// Tells the writer, which is this program once more, which store to write.
const STORE: &str = "STREAMER_TEST_STORE";
const ROWS: u64 = 40;
const KILLS: u64 = 12;

/// The reading with sequence `count`: it can be told from every other.
fn reading(count: u64) -> Reading {
    let number = i64::try_from(count).unwrap();
    // Every seventh is late.
    let late = if count.is_multiple_of(7) { 90_000_000 } else { 0 };
    let key = Key::new(format!("key_{}", count % 5)).unwrap();
    Reading::new(key, Value::Int(number), Epoch::from_micros(1_790_000_000_000_000 + number * 100_000 - late))
}

/// Stores the readings from `first` on in one transaction, half in one bucket and half in the other.
fn store_some(store: &mut Store, buckets: &[BucketKey; 2], first: u64) -> u64 {
    let readings: Vec<Reading> = (first..first + ROWS).map(reading).collect();
    let rows: Vec<Row<'_>> =
        readings.iter().zip(first..).map(|(reading, count)| Row { opening: 9, count, reading }).collect();
    let mut batch = store.begin().unwrap();
    for bucket in buckets {
        batch = batch.insert(bucket, &BucketName::default(), &rows).unwrap();
    }
    batch.commit().unwrap();
    first + ROWS - 1
}

fn buckets() -> [BucketKey; 2] {
    ["left", "right"].map(|key| BucketKey::new(key).unwrap())
}

/// Not a test by itself: the writer, when started as such.
#[test]
fn writer() {
    let Some(path) = std::env::var_os(STORE) else { return };
    let mut store = Store::open(Path::new(&path), Limits::default()).unwrap();
    let buckets = buckets();
    let mark = store.mark(&buckets[0]).unwrap().map_or(0, |(_, count)| count);
    // As after a start: what may not have been acknowledged comes once more.
    let mut first = mark.saturating_sub(ROWS / 3) + 1;
    loop {
        let last = store_some(&mut store, &buckets, first);
        let mut out = std::io::stdout().lock();
        writeln!(out, "committed {last}").unwrap();
        out.flush().unwrap();
        first = last + 1;
    }
}

#[test]
fn a_killed_writer_loses_nothing_and_repeats_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("buckets.db");
    for kill in 0..KILLS {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writer", "--nocapture"])
            .env(STORE, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(writer.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut committed = 0;
        let mut hear = |line: String| {
            if let Some((_, last)) = line.split_once("committed ") {
                committed = last.parse().unwrap();
            }
        };
        // It is killed after another number of commits each time, and wherever in the next one it then is.
        let mut commits = 0;
        for line in said.by_ref() {
            commits += u64::from(line.contains("committed"));
            hear(line);
            if commits > kill * 3 % 17 {
                break;
            }
        }
        std::thread::sleep(std::time::Duration::from_micros(kill * 77 % 1500));
        writer.kill().unwrap();
        said.for_each(hear);
        writer.wait().unwrap();
        assert!(committed > 0);

        let store = Store::open(&path, Limits::default()).unwrap();
        let reader = Reader::open(&path).unwrap();
        let marks = buckets().map(|bucket| store.mark(&bucket).unwrap().unwrap().1);
        assert_eq!(marks[0], marks[1], "one transaction for both");
        assert!(marks[0] >= committed, "stored up to {}, said to be committed: {committed}", marks[0]);
        for bucket in &buckets() {
            let end = Epoch::from_micros(i64::MAX);
            let all: Vec<Reading> =
                reader.export(bucket, None, Epoch::ZERO, end).unwrap().map(Result::unwrap).collect();
            let numbers: HashSet<i64> = all.iter().filter_map(|r| r.value.as_f64()).map(|n| n as i64).collect();
            assert_eq!(all.len() as u64, marks[0]);
            assert_eq!(numbers, (1..=marks[0].cast_signed()).collect::<HashSet<_>>());
            // The rollups went with them.
            let counted: u64 = (0..5)
                .flat_map(|key| {
                    let key = Key::new(format!("key_{key}")).unwrap();
                    reader.chart(bucket, &key, Epoch::ZERO, end, 1000).unwrap().points
                })
                .map(|point| point.count)
                .sum();
            assert_eq!(counted, marks[0]);
        }
    }
}
