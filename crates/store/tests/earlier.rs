//! A file that version 1 wrote: `version1.sql` is a dump of one, made by the program of that time.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod rows;

use std::path::Path;

use rows::{put, reading};
use rusqlite::Connection;
use streamer_reading::{BucketKey, BucketName, Epoch, Key, Reading, Value};
use streamer_store::{Change, Limits, Point, Reader, Row, SCHEMA_VERSION, Store};

const SECOND: i64 = 1_000_000;
const START: i64 = 1_790_000_000 * SECOND;
/// The opening of the log that the dump's readings came from.
const OPENING: u64 = (-4_233_604_211_564_621_720_i64).cast_unsigned();
const ALWAYS: (Epoch, Epoch) = (Epoch::from_micros(i64::MIN), Epoch::from_micros(i64::MAX));

fn bucket() -> BucketKey {
    BucketKey::new("greenhouse").unwrap()
}

fn written(path: &Path) {
    let file = Connection::open(path).unwrap();
    file.execute_batch("PRAGMA page_size = 2048; PRAGMA auto_vacuum = INCREMENTAL; VACUUM; PRAGMA journal_mode = WAL")
        .unwrap();
    file.execute_batch(include_str!("version1.sql")).unwrap();
}

fn version(path: &Path) -> i32 {
    Connection::open(path).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

/// Four times, 25 minutes apart, three readings of three keys, 20 s apart: what the dump was made from.
fn logged() -> Vec<Reading> {
    let mut logged = Vec::new();
    for i in 0..4_i64 {
        for k in 0..3_i64 {
            let at = START + (i * 1500 + k * 20) * SECOND;
            // As it was typed: 20.0, 20.5, 20.10.
            let degrees = format!("{}.{}", 20 + i, 5 * k).parse::<f64>().unwrap();
            logged.push(reading("count", 9_000_000_000 * i + k, at));
            logged.push(reading(
                "door",
                Value::try_from(if k == 1 { "open" } else { "closed" }.to_owned()).unwrap(),
                at,
            ));
            logged.push(reading("temperature", Value::try_from(degrees).unwrap(), at));
        }
    }
    logged
}

/// All that a reader tells.
fn told(path: &Path) -> (Vec<Reading>, Vec<Reading>, Vec<Point>, Vec<Change>) {
    let reader = Reader::open(path).unwrap();
    let key = |key: &str| Key::new(key).unwrap();
    let mut all: Vec<_> = reader.export(&bucket(), None, ALWAYS.0, ALWAYS.1).unwrap().map(Result::unwrap).collect();
    all.sort_by(|one, other| (one.epoch, &one.key).cmp(&(other.epoch, &other.key)));
    let points = reader.chart(&bucket(), &key("temperature"), ALWAYS.0, ALWAYS.1, 500).unwrap().points;
    let runs = reader.changes(&bucket(), &key("door"), ALWAYS.0, ALWAYS.1, 100).unwrap();
    (all, reader.latest(&bucket()).unwrap(), points, runs)
}

#[test]
fn who_only_reads_reads_it_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("buckets.db");
    written(&path);
    let (all, latest, points, runs) = told(&path);
    assert_eq!(all, logged());
    assert_eq!(latest, logged()[33..]);
    assert_eq!(points.iter().map(|point| point.count).sum::<u64>(), 12);
    assert_eq!(runs.len(), 12 - 3);
    assert_eq!(version(&path), 1);
}

#[test]
fn the_writer_brings_it_up_and_nothing_is_lost_or_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("buckets.db");
    written(&path);
    let before = told(&path);
    let mut store = Store::open(&path, Limits::default()).unwrap();
    assert_eq!(version(&path), SCHEMA_VERSION);
    assert_eq!(told(&path), before);
    assert_eq!(store.mark(&bucket()).unwrap(), Some((OPENING, 36)));

    // The last batch comes once more; then one reading in the last minute that version 1 wrote, and one long after it.
    let again: Vec<_> = logged().into_iter().zip(1..).map(|(reading, count)| (OPENING, count, reading)).collect();
    assert_eq!(put(&mut store, &bucket(), &again), (0, 36));
    let more = [reading("temperature", 40, START + 4541 * SECOND), reading("temperature", 50, START + 90_000 * SECOND)];
    let rows: Vec<Row<'_>> =
        more.iter().zip(37..).map(|(reading, count)| Row { opening: OPENING, count, reading }).collect();
    store.begin().unwrap().insert(&bucket(), &BucketName::new("Greenhouse").unwrap(), &rows).unwrap().commit().unwrap();

    let (all, latest, points, runs) = told(&path);
    assert_eq!(all, [logged(), more.to_vec()].concat());
    assert_eq!(latest[2], more[1]);
    assert_eq!(points.iter().map(|point| point.count).sum::<u64>(), 14);
    assert_eq!(runs, before.3);
    let file = Connection::open(&path).unwrap();
    let last: (f64, i64) = file
        .query_row("SELECT last, count FROM hours WHERE stream = 1 ORDER BY hour DESC LIMIT 1 OFFSET 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(last, (40.0, 7));
    assert_eq!(file.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).unwrap(), "ok");
}
