//! Files that are no store, and stores that cannot be used now: each is named with its cure, and none is touched.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod rows;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rows::{borrowed, put, reading};
use rusqlite::Connection;
use streamer_reading::{BucketKey, BucketName, Epoch, Reading, Value};
use streamer_store::{Delay, Fault, Limits, Reader, SCHEMA_VERSION, Store, StoreError};

fn some(from: u64, many: u64) -> Vec<(u64, u64, Reading)> {
    (from..from + many).map(|count| (1, count, reading("key", Value::from(true), count.cast_signed()))).collect()
}

/// Both ends refuse the file, for one reason, and leave every byte of it.
fn fault_of(path: &Path) -> (Fault, String) {
    let before = fs::read(path).unwrap();
    let error = Store::open(path, Limits::default()).unwrap_err();
    let words = error.to_string();
    assert!(!error.is_later());
    assert!(words.contains(path.to_str().unwrap()), "{words}");
    let (StoreError::Unusable { fault, .. }, Err(StoreError::Unusable { fault: same, .. })) =
        (error, Reader::open(path))
    else {
        panic!("{words}")
    };
    assert_eq!(fault, same);
    assert_eq!(fs::read(path).unwrap(), before);
    (fault, words)
}

#[test]
fn a_file_that_is_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "milk, bread, and a great many other things\n".repeat(100)).unwrap();
    let (fault, words) = fault_of(&path);
    assert_eq!(fault, Fault::NotADatabase);
    assert!(words.ends_with("is not an SQLite database; move it away, or give another `path`"), "{words}");

    let path = folder.path().join("music.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE songs (title)").unwrap();
    assert_eq!(fault_of(&path).0, Fault::Foreign);
}

#[test]
fn a_store_of_a_newer_program() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("buckets.db");
    drop(Store::open(&path, Limits::default()).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", SCHEMA_VERSION + 1).unwrap();
    assert_eq!(fault_of(&path).0, Fault::Newer { found: SCHEMA_VERSION + 1, known: SCHEMA_VERSION });
}

#[test]
fn a_store_that_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("buckets.db");
    let bucket = BucketKey::new("b").unwrap();
    let mut store = Store::open(&path, Limits::default()).unwrap();
    for from in (1..50_000).step_by(1000) {
        put(&mut store, &bucket, &some(from, 1000));
    }
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    let first_page = 4096;
    bytes[first_page..].fill(0x5a);
    fs::write(&path, &bytes).unwrap();
    let error = Reader::open(&path).and_then(|reader| reader.keys(&bucket)).unwrap_err();
    assert!(matches!(&error, StoreError::Unusable { fault: Fault::Damaged(_), .. }), "{error}");
    let error = Store::open(&path, Limits::default()).and_then(|store| store.mark(&bucket)).unwrap_err();
    assert!(matches!(&error, StoreError::Unusable { fault: Fault::Damaged(_), .. }), "{error}");
    assert_eq!(fs::metadata(&path).unwrap().len(), bytes.len() as u64);
}

#[test]
fn no_store_no_folder_and_an_empty_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("buckets.db");
    let missing = Reader::open(&path).unwrap_err();
    assert!(matches!(missing, StoreError::Unusable { fault: Fault::Missing, .. }));
    assert!(!path.exists(), "a reader makes nothing");
    let no_folder = Store::open(folder.path().join("no/buckets.db"), Limits::default()).unwrap_err();
    assert!(matches!(no_folder, StoreError::Unusable { fault: Fault::NoFolder, .. }), "{no_folder}");
    // As a crash right after the first opening leaves it.
    fs::write(&path, "").unwrap();
    let mut store = Store::open(&path, Limits::default()).unwrap();
    assert_eq!(put(&mut store, &BucketKey::new("b").unwrap(), &some(1, 3)), (3, 0));
}

#[test]
fn a_file_without_permission() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("buckets.db");
    drop(Store::open(&path, Limits::default()).unwrap());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&path).is_ok() {
        eprintln!("not tested: this user may open every file");
        return;
    }
    let error = Store::open(&path, Limits::default()).unwrap_err();
    assert!(matches!(error, StoreError::Unusable { fault: Fault::Permission(_), .. }), "{error}");
}

#[test]
fn a_locked_store_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("buckets.db");
    let bucket = BucketKey::new("b").unwrap();
    let mut store = Store::open(&path, Limits::default()).unwrap();
    put(&mut store, &bucket, &some(1, 3));
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.begin().unwrap_err();
    assert!(matches!(error, StoreError::Later { delay: Delay::Busy, .. }), "{error}");
    // Who only reads is not held up.
    assert_eq!(Reader::open(&path).unwrap().latest(&bucket).unwrap().len(), 1);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(put(&mut store, &bucket, &some(1, 5)), (2, 3));
}

#[test]
fn a_store_that_was_deleted_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("buckets.db");
    let bucket = BucketKey::new("b").unwrap();
    let mut store = Store::open(&path, Limits::default()).unwrap();
    put(&mut store, &bucket, &some(1, 3));
    fs::rename(&path, folder.path().join("kept.db")).unwrap();
    assert_eq!(put(&mut store, &bucket, &some(4, 2)), (2, 0));
    assert_eq!(store.mark(&bucket).unwrap(), Some((1, 5)));
    let stored = |name: &str| {
        let reader = Reader::open(folder.path().join(name)).unwrap();
        reader.export(&bucket, None, Epoch::ZERO, Epoch::from_micros(i64::MAX)).unwrap().count()
    };
    assert_eq!((stored("kept.db"), stored("buckets.db")), (3, 2));
}

#[test]
fn a_reader_and_a_long_export_beside_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("buckets.db");
    let bucket = BucketKey::new("b").unwrap();
    let mut store = Store::open(&path, Limits::default()).unwrap();
    put(&mut store, &bucket, &some(1, 30_000));
    let reader = Reader::open(&path).unwrap();
    let mut export = reader.export(&bucket, None, Epoch::ZERO, Epoch::from_micros(i64::MAX)).unwrap();
    assert_eq!(export.next().unwrap().unwrap().epoch.micros(), 1);
    assert!(export.progress().share < 1.0);
    for from in (30_001..40_000).step_by(100) {
        put(&mut store, &bucket, &some(from, 100));
    }
    // The export goes on, and has not kept the writer from emptying its log.
    let log = fs::metadata(folder.path().join("buckets.db-wal")).unwrap().len();
    assert!(log < 5 << 20, "{log}");
    assert!(export.by_ref().all(|reading| reading.is_ok()));
    assert!(export.progress().readings >= 30_000);
    assert!((export.progress().share - 1.0).abs() < f64::EPSILON);
    drop(store.begin().unwrap().insert(&bucket, &BucketName::default(), &borrowed(&some(50_000, 1))).unwrap());
}
