//! Rows as the tests make and store them.

use streamer_reading::{BucketKey, BucketName, Epoch, Key, Reading, Value};
use streamer_store::{Row, Store};

/// Stores `rows` in one transaction and says how many were new and how many known.
pub fn put(store: &mut Store, bucket: &BucketKey, rows: &[(u64, u64, Reading)]) -> (u64, u64) {
    let done =
        store.begin().unwrap().insert(bucket, &BucketName::default(), &borrowed(rows)).unwrap().commit().unwrap();
    (done.stored, done.skipped)
}

pub fn borrowed(rows: &[(u64, u64, Reading)]) -> Vec<Row<'_>> {
    rows.iter().map(|(opening, count, reading)| Row { opening: *opening, count: *count, reading }).collect()
}

pub fn reading(key: &str, value: impl Into<Value>, micros: i64) -> Reading {
    Reading::new(Key::new(key).unwrap(), value.into(), Epoch::from_micros(micros))
}
