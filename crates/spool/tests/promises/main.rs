//! The promises one by one, from outside: what is put in, what a fault does, what comes out.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod bound;
mod checkpoints;
mod damage;
mod ends;
#[path = "../simulated/mod.rs"]
mod simulated;

use std::sync::Arc;
use std::time::Duration;

use simulated::{Mood, SimulatedDisk};
use streamer_reading::{BucketKey, Epoch, Key, Value};
use streamer_spool::{
    AppendError, Batch, DiskState, Entry, LetterState, Limit, Log, LogError, NewLetter, Next, OnFull, OpenError,
    Options, Places, Position, Quality, RealDisk, Record, Recovery, Spool,
};

const STATE: &str = "/var/state";
const NOW: Epoch = Epoch::from_micros(1_790_000_000_000_000);

fn places() -> Places {
    Places { state: STATE.into(), runtime: Some("/run/streamer".into()) }
}

fn open(disk: &SimulatedDisk, boot: u8) -> (Spool, Recovery) {
    Spool::open(places(), Options::default(), [boot; 16], Arc::new(disk.clone())).unwrap()
}

fn bucket() -> BucketKey {
    BucketKey::new("greenhouse").unwrap()
}

fn log(spool: &Spool) -> Log {
    spool.log(&bucket(), &["local"]).unwrap()
}

fn put(log: &Log, values: impl IntoIterator<Item = i64>) {
    let key = Key::new("temperature").unwrap();
    for value in values {
        let value = Value::Int(value);
        log.append(&[Entry::new(&key, &value, NOW, Quality::Trusted, "i2c-1-76")], None).unwrap();
    }
}

fn values(batch: &Batch) -> Vec<i64> {
    let value = |r: &Record| if let Value::Int(value) = r.reading.value { value } else { panic!("{r:?}") };
    batch.records.iter().map(value).collect()
}

fn waiting(log: &Log, output: &str) -> Vec<i64> {
    match log.reader(output).unwrap().next(Limit::events(usize::MAX)) {
        Next::Batch(batch) => values(&batch),
        Next::Nothing => Vec::new(),
        other => panic!("{other:?}"),
    }
}

fn acknowledge(log: &Log, output: &str, events: usize) {
    let mut reader = log.reader(output).unwrap();
    if let Next::Batch(batch) = reader.next(Limit::events(events)) {
        reader.ack(batch.last());
    }
}

#[test]
fn a_kill_takes_nothing_and_repeats_nothing() {
    let disk = SimulatedDisk::new(1);
    let (spool, _) = open(&disk, 1);
    let log_ = log(&spool);
    put(&log_, 1..=10);
    acknowledge(&log_, "local", 4);
    disk.kill();
    let (spool, recovery) = open(&disk, 1);
    assert_eq!(recovery.from_tail, 6);
    assert_eq!(waiting(&log(&spool), "local"), [5, 6, 7, 8, 9, 10]);
}

#[test]
fn what_is_delivered_in_time_costs_the_disk_nothing() {
    let disk = SimulatedDisk::new(1);
    let (spool, _) = open(&disk, 1);
    let log = log(&spool);
    let before = disk.written();
    for round in 0..100 {
        put(&log, round * 10..round * 10 + 10);
        acknowledge(&log, "local", 5);
        assert_eq!(spool.commit_due().bytes, 0, "a reading is not due at the first look");
        acknowledge(&log, "local", 5);
        assert_eq!(spool.commit_due().bytes, 0);
    }
    assert_eq!(disk.written(), before);
    put(&log, [1]);
    assert_eq!(spool.commit_due().readings, 0);
    assert_eq!(spool.commit_due().readings, 1, "what is still owed at the second look is written");
}

#[test]
fn a_small_commit_is_one_write_and_one_sync() {
    let disk = SimulatedDisk::new(1);
    let (spool, _) = open(&disk, 1);
    let log = log(&spool);
    put(&log, [1]);
    assert_eq!(spool.commit().disk, DiskState::Ok);
    let (bytes, syncs) = (disk.written(), disk.syncs());
    put(&log, [2]);
    let committed = spool.commit();
    assert_eq!(disk.syncs() - syncs, 1);
    assert_eq!(disk.written() - bytes, committed.bytes);
    assert!(committed.bytes < 60, "{committed:?}");
}

#[test]
fn a_reading_takes_few_bytes() {
    let disk = SimulatedDisk::new(1);
    let (spool, _) = open(&disk, 1);
    let log = log(&spool);
    let keys: Vec<Key> = ["temperature", "humidity", "pressure"].map(|k| Key::new(k).unwrap()).into();
    let mut time = NOW;
    for i in 0..1000 {
        time = time.plus_micros(1_000_017);
        let value = Value::try_from(f64::from(i) * 0.37).unwrap();
        let since_boot = u64::try_from(time.micros() - 1_789_000_000_000_000).unwrap();
        let entry =
            Entry { since_boot, ..Entry::new(&keys[i as usize % 3], &value, time, Quality::Trusted, "i2c-1-76") };
        log.append(&[entry], None).unwrap();
    }
    let _ = spool.commit();
    let bytes = spool.status().buckets[0].outputs[0].waiting.bytes;
    assert!(bytes < 20_000, "{bytes} bytes for a thousand readings");
}

#[test]
fn a_suspect_clock_holds_corrects_or_gives_up() {
    let disk = SimulatedDisk::new(1);
    let key = Key::new("k").unwrap();
    let value = Value::Int(1);
    let suspect = Entry {
        since_boot: 5_000_000,
        ..Entry::new(&key, &value, Epoch::from_micros(5_000_000), Quality::Suspect, "i")
    };
    let given = Entry::new(&key, &value, NOW, Quality::Given, "i");
    {
        let (spool, _) = open(&disk, 1);
        let log = log(&spool);
        log.append(&[given, suspect, given], None).unwrap();
        let mut reader = log.reader("local").unwrap();
        let Next::Batch(batch) = reader.next(Limit::events(10)) else { panic!("the given epoch goes") };
        assert_eq!(batch.records.len(), 1);
        reader.ack(batch.last());
        assert_eq!(reader.next(Limit::events(10)), Next::Held);
        assert!(spool.status().buckets[0].outputs[0].held);
        spool.set_offset([1; 16], 1_790_000_000_000_000).unwrap();
        spool.set_offset([1; 16], 42).unwrap();
        let Next::Batch(batch) = reader.next(Limit::events(10)) else { panic!("the clock is right now") };
        assert_eq!(batch.records[0].reading.epoch, Epoch::from_micros(1_790_000_005_000_000));
        assert_eq!(batch.records[0].quality, Quality::Trusted);
        assert_eq!(batch.records.len(), 2);
        let _ = spool.commit();
    }
    disk.power_cut();
    {
        // The boot ended; its offset stands, and the first one counts.
        let (spool, _) = open(&disk, 2);
        let log = log(&spool);
        let Next::Batch(batch) = log.reader("local").unwrap().next(Limit::events(10)) else { panic!("corrected") };
        assert_eq!(batch.records[0].reading.epoch, Epoch::from_micros(1_790_000_005_000_000));
        acknowledge(&log, "local", 10);
        log.append(&[suspect], None).unwrap();
        let _ = spool.commit();
    }
    disk.power_cut();
    let (spool, _) = open(&disk, 3);
    let Next::NeverKnown(batch) = log(&spool).reader("local").unwrap().next(Limit::events(10)) else {
        panic!("nobody will ever know")
    };
    assert_eq!((batch.records[0].boot, batch.records[0].since_boot), ([2; 16], 5_000_000));
}

#[test]
fn outputs_come_and_go() {
    let disk = SimulatedDisk::new(1);
    let (spool, _) = open(&disk, 1);
    put(&spool.log(&bucket(), &["a"]).unwrap(), [1, 2]);
    let both = spool.log(&bucket(), &["a", "b"]).unwrap();
    put(&both, [3]);
    assert_eq!(waiting(&both, "b"), [3], "a new output starts at the end");
    let only_b = spool.log(&bucket(), &["b"]).unwrap();
    put(&only_b, [4]);
    let _ = spool.close();
    drop((spool, both, only_b));
    disk.power_cut();
    let (spool, _) = open(&disk, 2);
    let again = spool.log(&bucket(), &["a", "b"]).unwrap();
    assert_eq!(waiting(&again, "a"), [1, 2, 3, 4], "a removed output goes on where it was");
    let only_b = spool.log(&bucket(), &["b"]).unwrap();
    spool.expire(NOW);
    spool.expire(NOW.plus_micros(6 * 24 * 3600 * 1_000_000));
    assert_eq!(spool.status().buckets[0].outputs.len(), 2);
    spool.expire(NOW.plus_micros(7 * 24 * 3600 * 1_000_000));
    assert_eq!(spool.status().buckets[0].outputs.len(), 1);
    assert_eq!(only_b.reader("a").unwrap_err(), LogError::NoOutput("a".into()));
    assert_eq!(waiting(&only_b, "b"), [3, 4]);
    let _ = spool.checkpoint();
    disk.power_cut();
    let (spool, _) = open(&disk, 3);
    assert_eq!(spool.log(&bucket(), &["b"]).map(|log| waiting(&log, "b")).unwrap(), [3, 4]);
    assert_eq!(spool.status().buckets[0].outputs.len(), 1, "a cursor given up stays given up");
}

#[test]
fn positions_settle_with_the_slowest_output() {
    let spool = Spool::in_memory(4_000_000);
    let log = spool.log(&bucket(), &["a", "b"]).unwrap();
    let (key, value) = (Key::new("line").unwrap(), Value::Int(1));
    let entry = Entry { can_wait: true, ..Entry::new(&key, &value, NOW, Quality::Given, "tail") };
    for at in [10, 20, 30] {
        log.append(&[entry], Some(Position { stream: "file-7", at })).unwrap();
    }
    assert_eq!(spool.positions("file-"), [("file-7".to_owned(), 30)]);
    assert_eq!(spool.settled("file-7"), None);
    acknowledge(&log, "a", 2);
    assert_eq!(spool.settled("file-7"), None);
    acknowledge(&log, "b", 1);
    assert_eq!(spool.settled("file-7"), Some(10));
    acknowledge(&log, "b", 2);
    assert_eq!(spool.settled("file-7"), Some(20));
    spool.forget("file-7");
    assert!(spool.positions("").is_empty());
}

#[test]
fn the_fullest_log_gives_way_and_the_batch_in_flight_does_not() {
    let disk = SimulatedDisk::new(1);
    let options = Options { max_size: 512 * 1024, ..Options::default() };
    let (spool, _) = Spool::open(places(), options, [1; 16], Arc::new(disk)).unwrap();
    let quiet = spool.log(&BucketKey::new("quiet").unwrap(), &["local"]).unwrap();
    put(&quiet, 0..50);
    let flood = log(&spool);
    put(&flood, 0..100);
    let mut reader = flood.reader("local").unwrap();
    let Next::Batch(first) = reader.next(Limit::events(10)) else { panic!("there is something") };
    for start in 1..150 {
        put(&flood, start * 1000..start * 1000 + 1000);
        let _ = spool.commit();
    }
    assert!(spool.status().bytes <= 512 * 1024);
    assert_eq!(waiting(&quiet, "local").len(), 50, "the quiet bucket pays nothing");
    assert_eq!(reader.next(Limit::events(10)), Next::Batch(first.clone()));
    reader.ack(first.last());
    let status = spool.status();
    let books = &status.buckets.iter().find(|b| b.bucket == bucket()).unwrap().outputs[0];
    assert!(books.dropped.full > 0);
    assert_eq!(books.accepted, 149_100);
    assert_eq!(books.accepted, books.acknowledged + books.dropped.total() + books.waiting.readings);
}

#[test]
fn inputs_that_can_wait_are_told_to_and_never_cut() {
    let disk = SimulatedDisk::new(1);
    let options = Options { max_size: 256 * 1024, ..Options::default() };
    let (spool, _) = Spool::open(places(), options, [1; 16], Arc::new(disk)).unwrap();
    let log = log(&spool);
    let (key, value) = (Key::new("line").unwrap(), Value::Int(-1));
    let entry = Entry { can_wait: true, ..Entry::new(&key, &value, NOW, Quality::Given, "tail") };
    let mut lines = 0;
    let refused = loop {
        match log.append(&[entry; 100], None) {
            Ok(_) => lines += 100,
            Err(error) => break error,
        }
        let _ = spool.commit();
    };
    assert_eq!(refused, AppendError::Wait);
    assert!(!log.wait_for_room(Duration::ZERO));
    assert_eq!(spool.status().buckets[0].waits_for.as_deref(), Some("local"));
    let other = Entry { can_wait: false, ..entry };
    let mut full = 0;
    for _ in 0..400 {
        full += usize::from(matches!(log.append(&[other; 100], None), Err(AppendError::Full(100))));
        let _ = spool.commit();
    }
    assert!(full > 0, "the newest of the others give way");
    let status = spool.status();
    assert_eq!(status.buckets[0].refused.full, full as u64 * 100);
    let there = waiting(&log, "local").len() as u64;
    assert_eq!(there + status.buckets[0].outputs[0].dropped.full, status.buckets[0].accepted);
    assert!(there >= lines, "{there} of {lines}");
    acknowledge(&log, "local", usize::MAX);
    let _ = spool.checkpoint();
    let _ = spool.checkpoint();
    assert!(log.wait_for_room(Duration::ZERO));
}

#[test]
fn a_disk_that_refuses_is_said_and_comes_back() {
    let disk = SimulatedDisk::new(1);
    let options = Options { memory: 100_000, ..Options::default() };
    let (spool, _) = Spool::open(places(), options, [1; 16], Arc::new(disk.clone())).unwrap();
    let log = log(&spool);
    disk.mood(Mood { refuses: Some((100, 30)), memory_refuses: true, short: 0 });
    put(&log, 0..10_000);
    let committed = spool.commit();
    assert!(
        matches!(&committed.disk, DiskState::MemoryOnly { error, since: Some(NOW), .. } if error.contains("Read-only"))
    );
    let status = spool.status();
    assert!(!status.survives_a_kill);
    let books = &status.buckets[0].outputs[0];
    assert_eq!(books.dropped.full + books.waiting.readings, 10_000);
    assert!(books.waiting.readings > 500, "memory holds what it can");
    let there = waiting(&log, "local");
    disk.mood(Mood::default());
    assert_eq!(spool.commit().disk, DiskState::Ok);
    assert!(spool.status().survives_a_kill);
    disk.power_cut();
    let (spool, _) = open(&disk, 2);
    assert_eq!(waiting(&self::log(&spool), "local"), there);
}

#[test]
fn a_disk_that_refuses_from_the_start_costs_nothing_once_it_recovers() {
    let disk = SimulatedDisk::new(1);
    disk.mood(Mood { refuses: Some((100, 28)), memory_refuses: false, short: 0 });
    let (spool, recovery) = open(&disk, 1);
    assert!(recovery.fault.is_some());
    let log = log(&spool);
    put(&log, 0..10);
    assert!(matches!(spool.commit().disk, DiskState::MemoryOnly { .. }));
    disk.mood(Mood::default());
    assert_eq!(spool.commit().disk, DiskState::Ok);
    disk.power_cut();
    let (spool, _) = open(&disk, 2);
    assert_eq!(waiting(&self::log(&spool), "local"), (0..10).collect::<Vec<_>>());
}

#[test]
fn one_process_holds_a_state_folder() {
    let state = tempfile::tempdir().unwrap();
    let places = Places { state: state.path().join("state"), runtime: None };
    let (first, _) = Spool::open(places.clone(), Options::default(), [1; 16], Arc::new(RealDisk)).unwrap();
    let second = Spool::open(places.clone(), Options::default(), [1; 16], Arc::new(RealDisk)).unwrap_err();
    assert!(matches!(&second, OpenError::InUse(path) if path == &places.state), "{second}");
    put(&log(&first), [1, 2]);
    let _ = first.close();
    assert_eq!(log_error(&first), LogError::Closed);
    drop(first);
    let (again, _) = Spool::open(places, Options::default(), [1; 16], Arc::new(RealDisk)).unwrap();
    assert_eq!(waiting(&log(&again), "local"), [1, 2]);
}

fn log_error(spool: &Spool) -> LogError {
    spool.log(&bucket(), &["local"]).unwrap_err()
}

#[test]
fn memory_alone_is_bounded_and_refuses() {
    let spool = Spool::in_memory(50_000);
    let log = log(&spool);
    let (key, value) = (Key::new("k").unwrap(), Value::Int(1));
    let entry = Entry::new(&key, &value, NOW, Quality::Trusted, "i");
    let mut accepted = 0;
    while log.append(&[entry], None).is_ok() {
        accepted += 1;
    }
    assert_eq!(log.append(&[entry], None), Err(AppendError::Full(1)));
    assert!(matches!(log.append(&vec![entry; 1000], None), Err(AppendError::TooLarge { .. })));
    assert!(accepted > 100);
    acknowledge(&log, "local", 1);
    assert!(log.append(&[entry], None).is_ok());
    assert_eq!(spool.status().disk, DiskState::None);
}

fn letter(count: u64, reason: &str, log: &Log) -> NewLetter {
    put(log, [i64::try_from(count).unwrap()]);
    let Next::Batch(batch) = log.reader("local").unwrap().next(Limit::events(usize::MAX)) else { panic!("just put") };
    NewLetter {
        bucket: bucket(),
        output: "local".into(),
        record: batch.records.last().unwrap().clone(),
        state: LetterState::OnTrial,
        reason: reason.into(),
    }
}

#[test]
fn dead_letters_survive_and_are_bounded() {
    let disk = SimulatedDisk::new(1);
    let (spool, _) = open(&disk, 1);
    let log_ = log(&spool);
    let first = letter(1, "400: no such thing", &log_);
    let ids = spool.dead_letters().put(vec![first.clone(), letter(2, "why", &log_)]).unwrap();
    assert_eq!(spool.dead_letters().put(vec![first]).unwrap(), ids[..1], "kept once");
    assert_eq!(spool.dead_letters().refuse(&ids[..1], "400 again").unwrap(), 1);
    drop((spool, log_));
    disk.power_cut();
    let (spool, _) = open(&disk, 2);
    let letters = spool.dead_letters();
    let all = letters.list();
    assert_eq!((all[0].state, all[0].reason.as_str()), (LetterState::SetAside, "400 again"));
    assert_eq!(letters.on_trial(&bucket(), "local").iter().map(|l| l.id).collect::<Vec<_>>(), ids[1..]);
    assert_eq!((letters.counts().on_trial, letters.counts().set_aside), (1, 1));
    disk.mood(Mood { refuses: Some((100, 28)), memory_refuses: false, short: 0 });
    assert!(letters.take(&ids).is_err());
    assert_eq!(letters.list().len(), 2, "none of it happened");
    disk.mood(Mood::default());
    assert_eq!(letters.take(&ids).unwrap(), 2);

    let log = log(&spool);
    let big = letter(3, &"x".repeat(100_000), &log);
    for count in 0..60 {
        let mut next = big.clone();
        next.record.seq.count = 1000 + count;
        letters.put(vec![next]).unwrap();
    }
    let counts = letters.counts();
    assert!(counts.bytes <= 4 * 1024 * 1024 && counts.dropped > 0, "{counts:?}");
    assert_eq!(counts.dropped + counts.on_trial, 60);
    disk.power_cut();
    let (spool, _) = open(&disk, 3);
    assert_eq!(spool.dead_letters().counts(), counts);
}

#[test]
fn the_newest_are_refused_where_that_is_wished() {
    let disk = SimulatedDisk::new(1);
    let options = Options { max_size: 256 * 1024, on_full: OnFull::DropNewest, ..Options::default() };
    let (spool, _) = Spool::open(places(), options, [1; 16], Arc::new(disk)).unwrap();
    let log = log(&spool);
    let (key, value) = (Key::new("k").unwrap(), Value::Int(1));
    let entry = Entry::new(&key, &value, NOW, Quality::Trusted, "i");
    let mut accepted = 0;
    while log.append(&[entry; 100], None).is_ok() {
        accepted += 100;
        let _ = spool.commit();
    }
    let books = spool.status().buckets[0].clone();
    assert_eq!((books.accepted, books.outputs[0].dropped.total()), (accepted, 0));
    assert_eq!(books.refused.full, 100);
}
