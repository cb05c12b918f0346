//! Random readings, late ones, repeated batches, transactions that never commit, and re-openings: what the store then
//! tells is what a plain list tells.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod rows;

use proptest::prelude::*;
use rows::{borrowed, put, reading};
use rusqlite::Connection;
use std::collections::BTreeMap;
use streamer_reading::{BucketKey, BucketName, Epoch, Finite, Key, Reading, Text, Value};
use streamer_store::{Change, Limits, Point, Reader, Store};

const START: i64 = 1_790_000_000_000_000;
const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
const END_OF_TIME: Epoch = Epoch::from_micros(i64::MAX);

/// The store as one would write it without caring for size or speed: the readings of one bucket in the order of
/// acceptance, each with its sequence.
#[derive(Debug, Default, Clone)]
struct Naive {
    accepted: Vec<(u64, u64, Reading)>,
}

impl Naive {
    /// All readings of `key`, in the order of their epochs; those of one epoch in the order of acceptance.
    fn of(&self, key: &Key) -> Vec<Reading> {
        let mut all: Vec<_> = self.accepted.iter().map(|(_, _, r)| r).filter(|r| r.key == *key).cloned().collect();
        all.sort_by_key(|reading| reading.epoch);
        all
    }

    fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<_> = self.accepted.iter().map(|(_, _, reading)| reading.key.clone()).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    fn latest(&self) -> Vec<Reading> {
        self.keys().iter().filter_map(|key| self.of(key).last().cloned()).collect()
    }

    /// Numbers of `key` gathered by `width` from `origin`, only those that `wanted` says.
    fn points(&self, key: &Key, origin: i64, width: i64, wanted: impl Fn(i64) -> bool) -> Vec<Point> {
        let mut bins: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
        for reading in self.of(key) {
            let at = reading.epoch.micros();
            if let (true, Some(number)) = (wanted(at), reading.value.as_f64()) {
                bins.entry((at - origin).div_euclid(width)).or_default().push(number);
            }
        }
        let point = |(bin, numbers): (i64, Vec<f64>)| Point {
            epoch: Epoch::from_micros(origin + bin * width),
            min: numbers.iter().copied().fold(f64::INFINITY, f64::min),
            max: numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            mean: numbers.iter().sum::<f64>() / numbers.len() as f64,
            last: numbers[numbers.len() - 1],
            count: numbers.len() as u64,
        };
        bins.into_iter().map(point).collect()
    }

    /// The runs of equal texts and booleans of `key`.
    fn runs(&self, key: &Key) -> Vec<Change> {
        let mut runs: Vec<Change> = Vec::new();
        for Reading { value, epoch, .. } in self.of(key) {
            match runs.last_mut() {
                _ if value.as_f64().is_some() => {}
                Some(run) if run.value == value => run.until = epoch,
                _ => runs.push(Change { epoch, until: epoch, value }),
            }
        }
        runs
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// A batch is stored.
    Store(Vec<(u8, i64, Value)>),
    /// The last readings are sent once more, as after a crash before their acknowledgement; then some new ones.
    Again(usize, Vec<(u8, i64, Value)>),
    /// A batch is inserted and never committed.
    Abandon(Vec<(u8, i64, Value)>),
    /// The store is closed and opened; the log of the bucket may have a new opening.
    Reopen { new_opening: bool },
}

fn value() -> impl Strategy<Value = Value> {
    // Quarters add up exactly, so that sums can be compared.
    prop_oneof![
        4 => (-4000_i32..4000).prop_map(|n| Value::Float(Finite::new(f64::from(n) / 4.0).unwrap())),
        2 => (-1000_i64..1000).prop_map(Value::Int),
        2 => any::<bool>().prop_map(Value::Bool),
        2 => prop_oneof![Just("open"), Just("closed"), Just("1")].prop_map(|t| Value::Text(Text::new(t).unwrap())),
    ]
}

/// Readings whose epochs often meet, over some minutes, some hours or some months, on both sides of 1970.
fn readings(stretch: i64) -> impl Strategy<Value = Vec<(u8, i64, Value)>> {
    prop::collection::vec((0_u8..4, (0_i64..400).prop_map(move |at| at * stretch), value()), 0..40)
}

fn step(stretch: i64) -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => readings(stretch).prop_map(Step::Store),
        2 => (1_usize..30, readings(stretch)).prop_map(|(back, more)| Step::Again(back, more)),
        1 => readings(stretch).prop_map(Step::Abandon),
        1 => any::<bool>().prop_map(|new_opening| Step::Reopen { new_opening }),
    ]
}

fn story() -> impl Strategy<Value = (i64, Vec<Step>)> {
    let stretches = [1_300_001, 13_000_001_i64, 7 * MINUTE + 1, 9 * HOUR + 17];
    prop::sample::select(stretches.to_vec()).prop_flat_map(|stretch| {
        (prop_oneof![Just(START), Just(-100 * stretch)], prop::collection::vec(step(stretch), 1..12))
    })
}

/// Plays `steps` on a store at `path` and on a list, and gives the list.
fn play(path: &std::path::Path, bucket: &BucketKey, start: i64, steps: &[Step]) -> Naive {
    let mut naive = Naive::default();
    let mut store = Store::open(path, Limits::default()).unwrap();
    let (mut opening, mut count) = (1_u64 << 63, 0);
    let mut number = |readings: &[(u8, i64, Value)], opening: u64| {
        readings
            .iter()
            .map(|(key, at, value)| {
                count += 1;
                (opening, count, reading(&format!("key {key}"), value.clone(), start + at))
            })
            .collect::<Vec<_>>()
    };
    for step in steps {
        match step {
            Step::Store(readings) => {
                let rows = number(readings, opening);
                assert_eq!(put(&mut store, bucket, &rows), (rows.len() as u64, 0));
                naive.accepted.extend(rows);
            }
            Step::Again(back, readings) => {
                let rows = number(readings, opening);
                let known = naive.accepted.len().saturating_sub(*back);
                let again: Vec<_> = naive.accepted[known..].iter().chain(&rows).cloned().collect();
                assert_eq!(put(&mut store, bucket, &again), (rows.len() as u64, (again.len() - rows.len()) as u64));
                naive.accepted.extend(rows);
            }
            Step::Abandon(readings) => {
                let rows = number(readings, opening);
                drop(store.begin().unwrap().insert(bucket, &BucketName::default(), &borrowed(&rows)).unwrap());
            }
            Step::Reopen { new_opening } => {
                drop(store);
                store = Store::open(path, Limits::default()).unwrap();
                opening += u64::from(*new_opening);
            }
        }
    }
    let mark = naive.accepted.last().map(|(opening, count, _)| (*opening, *count));
    assert_eq!(store.mark(bucket).unwrap(), mark);
    naive
}

fn all(reader: &Reader, bucket: &BucketKey, key: Option<&Key>, from: Epoch, to: Epoch) -> Vec<Reading> {
    reader.export(bucket, key, from, to).unwrap().collect::<Result<_, _>>().unwrap()
}

/// The rollups of `key` as the tables have them.
fn table(path: &std::path::Path, span: &str, width: i64, key: &Key) -> Vec<Point> {
    let sql = format!(
        "SELECT {span}, min, max, sum / count, last, count FROM {span}s
         WHERE stream = (SELECT id FROM streams WHERE key = ?1) ORDER BY {span}"
    );
    let file = Connection::open(path).unwrap();
    let mut statement = file.prepare(&sql).unwrap();
    let rows = statement.query_map([key.as_str()], |row| {
        Ok(Point {
            epoch: Epoch::from_micros(row.get::<_, i64>(0)? * width),
            min: row.get(1)?,
            max: row.get(2)?,
            mean: row.get(3)?,
            last: row.get(4)?,
            count: row.get::<_, i64>(5)?.unsigned_abs(),
        })
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_store_tells_what_a_list_tells(
        (start, steps) in story(), from in -50_i64..450, length in 1_i64..500, pixels in 1_u32..1200,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("buckets.db");
        let bucket = BucketKey::new("b").unwrap();
        let naive = play(&path, &bucket, start, &steps);
        let reader = Reader::open(&path).unwrap();

        prop_assert_eq!(reader.keys(&bucket).unwrap(), naive.keys());
        prop_assert_eq!(reader.latest(&bucket).unwrap(), naive.latest());
        let every = all(&reader, &bucket, None, Epoch::from_micros(i64::MIN), END_OF_TIME);
        prop_assert_eq!(every.len(), naive.accepted.len());
        prop_assert!(every.is_sorted_by_key(|reading| reading.epoch));

        let unit = [13_000_001, 7 * MINUTE + 1, 9 * HOUR + 17][usize::try_from(length % 3).unwrap()];
        let (from, to) = (start + from * unit, start + (from + length) * unit);
        for key in naive.keys() {
            prop_assert_eq!(&every.iter().filter(|r| r.key == key).cloned().collect::<Vec<_>>(), &naive.of(&key));
            let within = |reading: &Reading| (from..to).contains(&reading.epoch.micros());
            let (from, to) = (Epoch::from_micros(from), Epoch::from_micros(to));
            let some = all(&reader, &bucket, Some(&key), from, to);
            prop_assert_eq!(some, naive.of(&key).into_iter().filter(within).collect::<Vec<_>>());

            prop_assert_eq!(table(&path, "minute", MINUTE, &key), naive.points(&key, 0, MINUTE, |_| true));
            prop_assert_eq!(table(&path, "hour", HOUR, &key), naive.points(&key, 0, HOUR, |_| true));
            let runs = reader.changes(&bucket, &key, Epoch::from_micros(i64::MIN), END_OF_TIME, u32::MAX).unwrap();
            prop_assert_eq!(runs, naive.runs(&key));

            // Whichever source it was drawn from, the points are exactly those of that source.
            let chart = reader.chart(&bucket, &key, from, to, pixels).unwrap();
            prop_assert!(chart.points.len() <= pixels as usize);
            let width = i64::try_from(chart.width.as_micros()).unwrap();
            let from_spans_of = |unit: i64| {
                let origin = from.micros().div_euclid(unit) * unit;
                let end = (to.micros() - 1).div_euclid(unit) * unit + unit;
                naive.points(&key, origin, width.max(1), |at| (origin..end).contains(&at))
            };
            let drawn = [1, MINUTE, HOUR].map(|unit| from_spans_of(unit) == chart.points);
            prop_assert!(drawn.contains(&true), "{:?}", chart);
            // Where a pixel is less than a minute, and the readings are few, it is drawn from the readings.
            if (to.micros() - from.micros()) / i64::from(pixels) < MINUTE - 1 {
                prop_assert!(drawn[0]);
            }
        }
    }

    #[test]
    fn what_is_over_age_is_gone_and_nothing_else((start, steps) in story(), age in 0_i64..450) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("buckets.db");
        let bucket = BucketKey::new("b").unwrap();
        let naive = play(&path, &bucket, start, &steps);
        let retention = std::time::Duration::from_secs(3600);
        let mut store = Store::open(&path, Limits { retention: Some(retention), max_size: None }).unwrap();
        let now = start + age * 13_000_001;
        while store.tidy(Epoch::from_micros(now)).unwrap().more {}

        let kept = (now - HOUR).div_euclid(MINUTE) * MINUTE;
        let reader = Reader::open(&path).unwrap();
        for key in naive.keys() {
            let left: Vec<_> = naive.of(&key).into_iter().filter(|r| r.epoch.micros() >= kept).collect();
            prop_assert_eq!(all(&reader, &bucket, Some(&key), Epoch::from_micros(i64::MIN), END_OF_TIME), left);
            prop_assert_eq!(table(&path, "minute", MINUTE, &key), naive.points(&key, 0, MINUTE, |at| at >= kept));
            let hours = (now - 10 * HOUR).div_euclid(HOUR) * HOUR;
            prop_assert_eq!(table(&path, "hour", HOUR, &key), naive.points(&key, 0, HOUR, |at| at >= hours));
            // Charts go on behind the cut with hours, each of them whole.
            if naive.accepted.iter().any(|(_, _, reading)| reading.epoch.micros() < kept) {
                let held = |to: i64| -> u64 {
                    let (from, to) = (Epoch::from_micros(start - 500 * HOUR), Epoch::from_micros(to));
                    reader.chart(&bucket, &key, from, to, 700).unwrap().points.iter().map(|point| point.count).sum()
                };
                let count = |end: i64| -> u64 {
                    let within = |at: i64| (hours..end).contains(&at);
                    naive.points(&key, 0, HOUR, within).iter().map(|point| point.count).sum()
                };
                prop_assert_eq!(held(i64::MAX), count(i64::MAX));
                let to = kept - 17 * MINUTE;
                prop_assert_eq!(held(to), count((to - 1).div_euclid(HOUR) * HOUR + HOUR));
            }
            let known = naive.of(&key).last().is_some_and(|newest| newest.epoch.micros() >= hours);
            let runs = reader.changes(&bucket, &key, Epoch::from_micros(i64::MIN), END_OF_TIME, u32::MAX).unwrap();
            let left: Vec<_> = naive.runs(&key).into_iter().filter(|run| run.until.micros() >= kept).collect();
            prop_assert_eq!(runs, if known { left } else { Vec::new() });
        }
        // What was cut is not taken again.
        prop_assert_eq!(put(&mut store, &bucket, &naive.accepted), (0, naive.accepted.len() as u64));
    }
}
