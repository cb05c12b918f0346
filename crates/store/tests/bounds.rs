//! The size of the file under steady inserts, the space that retention gives back, and the openings remembered.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod rows;

use std::time::Duration;

use rows::{put, reading};
use streamer_reading::{BucketKey, Epoch, Reading, Value};
use streamer_store::{Limits, Reader, Store};

const START: i64 = 1_790_000_000_000_000;
const MINUTE: i64 = 60_000_000;

/// Rows of twenty keys a second apart: numbers with all their digits, a boolean that hardly ever changes, and texts that
/// always do.
fn some(from: u64, many: u64) -> Vec<(u64, u64, Reading)> {
    (from..from + many)
        .map(|count| {
            let (key, tick) = (count % 20, (count / 20).cast_signed());
            let value = match key {
                0 => Value::from(tick / 100 % 2 == 0),
                1 => Value::try_from(format!("line {count} {}", "x".repeat((count % 61) as usize))).unwrap(),
                _ => Value::try_from((count.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11) as f64 / 7.0).unwrap(),
            };
            (1, count + 1, reading(&format!("key {key}"), value, START + tick * 1_000_000))
        })
        .collect()
}

#[test]
fn a_full_store_stays_within_a_tenth_of_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("buckets.db");
    let bucket = BucketKey::new("b").unwrap();
    let max_size = 4 << 20;
    let mut store = Store::open(&path, Limits { retention: None, max_size: Some(max_size) }).unwrap();
    let (mut count, mut full) = (0, false);
    while count < 240_000 {
        // Small commits and large ones.
        let many = if count % 20_000 < 500 { 25 } else { 500 };
        put(&mut store, &bucket, &some(count, many));
        count += many;
        let size = store.size().unwrap();
        assert!(size.file <= max_size + max_size / 10, "{size:?} after {count}");
        full |= size.used > max_size * 92 / 100;
        assert!(!full || size.used >= max_size * 9 / 10, "{size:?} after {count}");
    }
    assert!(full);
    // What is left is the newest, without a hole.
    let reader = Reader::open(&path).unwrap();
    let left: Vec<Reading> = reader
        .export(&bucket, None, Epoch::ZERO, Epoch::from_micros(i64::MAX))
        .unwrap()
        .map(Result::unwrap)
        .filter(|reading| reading.key.as_str() == "key 7")
        .collect();
    let ticks: Vec<i64> = left.iter().map(|reading| (reading.epoch.micros() - START) / 1_000_000).collect();
    assert_eq!(*ticks.last().unwrap(), 240_000 / 20 - 1);
    assert!(ticks.windows(2).all(|two| two[1] == two[0] + 1));
    // Hours reach further back than readings.
    let chart = reader.chart(&bucket, &left[0].key, Epoch::from_micros(START), left[0].epoch, 100).unwrap();
    assert!(!chart.points.is_empty());
}

#[test]
fn a_smaller_bound_gives_the_space_back_in_small_steps() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("buckets.db");
    let bucket = BucketKey::new("b").unwrap();
    let mut store = Store::open(&path, Limits::default()).unwrap();
    for count in (0..240_000).step_by(2000) {
        put(&mut store, &bucket, &some(count, 2000));
    }
    let before = store.size().unwrap();
    assert!(before.used > 8 << 20);

    store.set_limits(Limits { retention: None, max_size: Some(4 << 20) }).unwrap();
    let now = Epoch::from_micros(START + 12_000 * 1_000_000);
    let mut steps = 0;
    while {
        let tidied = store.tidy(now).unwrap();
        assert!(tidied.readings <= 10_000);
        tidied.more
    } {
        steps += 1;
    }
    assert!(steps > 5);
    assert!(store.size().unwrap().file <= (4 << 20) * 11 / 10, "{:?}", store.size().unwrap());

    // By age down to nothing but the last minutes.
    store.set_limits(Limits { retention: Some(Duration::from_secs(120)), max_size: None }).unwrap();
    while store.tidy(now).unwrap().more {}
    let reader = Reader::open(&path).unwrap();
    let oldest = reader.export(&bucket, None, Epoch::ZERO, now).unwrap().next().unwrap().unwrap().epoch;
    assert!(now.micros() - oldest.micros() < 120 * 1_000_000 + MINUTE);
    assert!(store.size().unwrap().file < 600 << 10, "{:?}", store.size().unwrap());
}

#[test]
fn one_reading_of_the_far_future_holds_up_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("buckets.db");
    let bucket = BucketKey::new("b").unwrap();
    let mut store = Store::open(&path, Limits { retention: Some(Duration::from_secs(3600)), max_size: None }).unwrap();
    let far = 99_999_999_999_000_000;
    let readings = [
        reading("door", Value::from(false), START),
        reading("door", Value::from(false), far),
        reading("door", Value::from(true), START + MINUTE),
        reading("heat", Value::from(1), START),
        reading("heat", Value::from(3), START + 10 * MINUTE),
        reading("heat", Value::from(2), far),
    ];
    let rows: Vec<_> = readings.iter().cloned().zip(1..).map(|(reading, count)| (1, count, reading)).collect();
    put(&mut store, &bucket, &rows);
    // Three thousand years of minutes: none of this would return if it looked into each.
    let reader = Reader::open(&path).unwrap();
    let (from, to) = (Epoch::from_micros(-far), Epoch::from_micros(far + 1));
    let runs = reader.changes(&bucket, &readings[0].key, from, to, 10).unwrap();
    let at: Vec<i64> = runs.iter().map(|run| run.epoch.micros()).collect();
    assert_eq!(at, [START, START + MINUTE, far]);
    let points = reader.chart(&bucket, &readings[3].key, from, to, 10).unwrap().points;
    assert_eq!(points.iter().map(|point| (point.count, point.max)).collect::<Vec<_>>(), [(2, 3.0), (1, 2.0)]);
    assert_eq!(reader.export(&bucket, None, from, to).unwrap().count(), 6);
    while store.tidy(Epoch::from_micros(START + 70 * MINUTE)).unwrap().more {}
    assert_eq!(reader.export(&bucket, None, from, to).unwrap().count(), 3);
}

#[test]
fn old_openings_are_forgotten_but_not_the_last_ones() {
    let folder = tempfile::tempdir().unwrap();
    let bucket = BucketKey::new("b").unwrap();
    let mut store = Store::open(folder.path().join("buckets.db"), Limits::default()).unwrap();
    let row = |opening: u64| [(u64::MAX - opening, 3, reading("key", Value::from(1), START))];
    for opening in 0..100 {
        assert_eq!(put(&mut store, &bucket, &row(opening)), (1, 0));
    }
    for opening in 40..100 {
        assert_eq!(put(&mut store, &bucket, &row(opening)), (0, 1));
    }
    assert_eq!(store.mark(&bucket).unwrap(), Some((u64::MAX - 99, 3)));
    assert_eq!(put(&mut store, &bucket, &row(0)), (1, 0));
}

#[test]
fn a_batch_of_many_openings_is_stored_once_however_often_it_comes() {
    // An agent that was killed over and over before its store got anything.
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path().join("buckets.db"), Limits::default()).unwrap();
    let bucket = BucketKey::new("b").unwrap();
    let rows: Vec<_> = (0..300)
        .flat_map(|opening: u64| {
            (1..=20).map(move |count| (u64::MAX - opening, count, reading("key", Value::from(1), START)))
        })
        .collect();
    assert_eq!(put(&mut store, &bucket, &rows), (6000, 0));
    // It was committed, and the agent killed before it noted that.
    assert_eq!(put(&mut store, &bucket, &rows), (0, 6000));
}
