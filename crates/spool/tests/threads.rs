//! Writers, readers and the committer at once: nothing waits for the disk that need not, and nothing is lost between.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod simulated;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use simulated::SimulatedDisk;
use streamer_reading::{BucketKey, Epoch, Key, Value};
use streamer_spool::{
    AppendError, DiskState, Entry, LetterState, Limit, Log, NewLetter, Next, Options, Places, Quality, RealDisk,
    Record, Spool, Work,
};

const NOW: Epoch = Epoch::from_micros(1_790_000_000_000_000);

fn open(disk: &SimulatedDisk, runtime: bool, options: Options) -> (Spool, Log) {
    let places = Places { state: "/var/state".into(), runtime: runtime.then(|| "/run/streamer".into()) };
    let (spool, _) = Spool::open(places, options, [1; 16], Arc::new(disk.clone())).unwrap();
    let log = spool.log(&BucketKey::new("greenhouse").unwrap(), &["local"]).unwrap();
    (spool, log)
}

fn append(log: &Log, value: i64) -> Result<(), AppendError> {
    let (key, value) = (Key::new("k").unwrap(), Value::Int(value));
    log.append(&[Entry::new(&key, &value, NOW, Quality::Trusted, "input")], None).map(drop)
}

#[test]
fn a_sync_that_never_returns_holds_up_nobody() {
    for runtime in [true, false] {
        let disk = SimulatedDisk::new(1);
        let (spool, log) = open(&disk, runtime, Options::default());
        append(&log, 1).unwrap();
        std::thread::scope(|scope| {
            let hung = disk.hang();
            let before = disk.syncs();
            let committer = scope.spawn(|| spool.commit());
            while disk.syncs() == before {
                std::thread::yield_now();
            }
            // All of this would stand still here if anything held the lock.
            (2..1000).for_each(|i| append(&log, i).unwrap());
            let mut reader = log.reader("local").unwrap();
            let Next::Batch(batch) = reader.next(Limit::events(500)) else { panic!("they are in memory") };
            reader.ack(batch.last());
            assert_eq!(spool.status().buckets[0].outputs[0].waiting.readings, 499);
            assert!(spool.status().survives_a_kill);
            drop(hung);
            assert_eq!(committer.join().unwrap().disk, DiskState::Ok);
        });
        assert_eq!(spool.status().buckets[0].outputs[0].waiting.readings, 499);
    }
}

#[test]
fn whoever_looks_at_the_dead_letters_waits_for_no_sync() {
    let disk = SimulatedDisk::new(1);
    let (spool, log) = open(&disk, true, Options::default());
    (0..2).for_each(|value| append(&log, value).unwrap());
    let Next::Batch(batch) = log.reader("local").unwrap().next(Limit::events(2)) else { panic!("they are in memory") };
    let bucket = BucketKey::new("greenhouse").unwrap();
    let letter = |record: &Record| NewLetter {
        bucket: bucket.clone(),
        output: "local".into(),
        record: record.clone(),
        state: LetterState::OnTrial,
        reason: "no".into(),
    };
    let letters = spool.dead_letters();
    letters.put(vec![letter(&batch.records[0])]).unwrap();
    std::thread::scope(|scope| {
        let hung = disk.hang();
        let before = disk.syncs();
        let putting = scope.spawn(|| letters.put(vec![letter(&batch.records[1])]));
        while disk.syncs() == before {
            std::thread::yield_now();
        }
        // What is not on the disk is not there yet.
        assert_eq!((letters.counts().on_trial, letters.list().len()), (1, 1));
        assert_eq!(letters.on_trial(&bucket, "local").len(), 1);
        drop(hung);
        putting.join().unwrap().unwrap();
    });
    assert_eq!(letters.list().len(), 2);
}

#[test]
fn all_at_once_deliver_each_reading_once_and_in_order() {
    const EACH: i64 = 20_000;
    for (seed, sync_always, runtime) in [(1, false, true), (2, false, false), (3, true, true)] {
        let each = if sync_always { EACH / 40 } else { EACH };
        let disk = SimulatedDisk::new(seed);
        let (spool, log) = open(&disk, runtime, Options { sync_always, ..Options::default() });
        let writing = AtomicUsize::new(2);
        let done = AtomicBool::new(false);
        let mut got = Vec::new();
        std::thread::scope(|scope| {
            for writer in 0..2 {
                let (log, writing) = (&log, &writing);
                scope.spawn(move || {
                    for i in 0..each {
                        append(log, writer * EACH + i).unwrap();
                    }
                    writing.fetch_sub(1, Ordering::SeqCst);
                });
            }
            scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    spool.wait_for_work(Duration::from_millis(1));
                    let _ = spool.checkpoint();
                }
            });
            let mut reader = log.reader("local").unwrap();
            loop {
                let over = writing.load(Ordering::SeqCst) == 0;
                match reader.next(Limit::events(100)) {
                    Next::Batch(batch) => {
                        got.extend(batch.records.iter().map(|r| match r.reading.value {
                            Value::Int(value) => value,
                            _ => panic!("{r:?}"),
                        }));
                        reader.ack(batch.last());
                    }
                    Next::Nothing if over => break,
                    Next::Nothing => std::thread::yield_now(),
                    other => panic!("{other:?}"),
                }
            }
            done.store(true, Ordering::SeqCst);
        });
        for writer in 0..2 {
            let mine: Vec<i64> = got.iter().copied().filter(|v| v / EACH == writer).collect();
            assert_eq!(mine, (writer * EACH..writer * EACH + each).collect::<Vec<_>>());
        }
        let status = spool.status();
        let books = &status.buckets[0].outputs[0];
        assert_eq!((books.acknowledged, books.waiting.readings), (each.unsigned_abs() * 2, 0));
    }
}

#[test]
fn an_append_that_is_synced_survives_a_power_cut_at_once() {
    let disk = SimulatedDisk::new(5);
    let (_spool, log) = open(&disk, true, Options { sync_always: true, ..Options::default() });
    for i in 0..20 {
        append(&log, i).unwrap();
    }
    disk.power_cut();
    let (_spool, log) = open(&disk, true, Options::default());
    let Next::Batch(batch) = log.reader("local").unwrap().next(Limit::events(100)) else { panic!("they are on disk") };
    assert_eq!(batch.records.len(), 20);
}

struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_reader_is_woken_by_what_it_waits_for() {
    let disk = SimulatedDisk::new(1);
    let (spool, log) = open(&disk, true, Options::default());
    let reader = log.reader("local").unwrap();
    let count = Arc::new(Count(AtomicUsize::new(0)));
    let woken = || count.0.load(Ordering::SeqCst);
    let register = || reader.register(&Waker::from(count.clone()));
    register();
    append(&log, 1).unwrap();
    append(&log, 2).unwrap();
    assert_eq!(woken(), 1, "once for each time it registered");
    register();
    spool.set_offset([1; 16], 5).unwrap();
    assert_eq!(woken(), 2);
    register();
    let _ = spool.close();
    assert_eq!(woken(), 3);
    assert_eq!(
        spool.wait_for_work(Duration::from_secs(3600)),
        Work::Closed,
        "a closed spool keeps no committer waiting"
    );
}

#[test]
fn who_gathers_a_batch_is_told_when_readings_that_can_wait_make_way_for_it() {
    let disk = SimulatedDisk::new(3);
    let (spool, log) = open(&disk, true, Options::default());
    let mut reader = log.reader("local").unwrap();
    let count = Arc::new(Count(AtomicUsize::new(0)));
    reader.register_at(&Waker::from(count.clone()), u64::MAX);
    let (key, value) = (Key::new("k").unwrap(), Value::try_from("x".repeat(1000).as_str()).unwrap());
    let entry = Entry { can_wait: true, ..Entry::new(&key, &value, NOW, Quality::Trusted, "input") };
    let mut appended = 0;
    while count.0.load(Ordering::SeqCst) == 0 {
        assert!(!reader.is_awaited());
        log.append(&[entry], None).unwrap();
        appended += 1;
    }
    assert!((400..900).contains(&appended), "well before 1 MiB is unsynced: {appended}");
    assert_eq!(spool.wait_for_work(Duration::ZERO), Work::Nothing, "so nothing goes to the disk before its time");
    assert!(reader.is_awaited());
    while let Next::Batch(batch) = reader.next(Limit::events(100)) {
        reader.ack(batch.last());
    }
    append(&log, 1).unwrap();
    assert!(!reader.is_awaited(), "it has taken what it was waited for");
}

/// The bytes of the tails in that folder.
fn tails(folder: &std::path::Path) -> u64 {
    let sizes = walk(folder).into_iter().filter(|path| path.to_string_lossy().contains("tail."));
    sizes.map(|path| std::fs::metadata(path).unwrap().len()).sum()
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn what_is_delivered_in_time_makes_neither_the_disk_nor_the_tail_grow() {
    let (state, runtime) = (tempfile::tempdir().unwrap(), tempfile::tempdir_in("/dev/shm").unwrap());
    let places = || Places { state: state.path().into(), runtime: Some(runtime.path().into()) };
    let open = || Spool::open(places(), Options::default(), [1; 16], Arc::new(RealDisk)).unwrap();
    let (spool, recovery) = open();
    assert_eq!(recovery.readings, 0);
    let bucket = BucketKey::new("greenhouse").unwrap();
    let log = spool.log(&bucket, &["local"]).unwrap();
    let mut reader = log.reader("local").unwrap();
    let (mut renewed, mut largest) = (0, 0);
    for round in 0..400 {
        (0..500).for_each(|i| append(&log, round * 500 + i).unwrap());
        let Next::Batch(batch) = reader.next(Limit::events(500)) else { panic!("they are in memory") };
        reader.ack(batch.last());
        // What a committer thread does, without the thread.
        match spool.wait_for_work(Duration::ZERO) {
            Work::Tail => {
                spool.renew_tail();
                renewed += 1;
            }
            Work::Nothing => {}
            other => panic!("{other:?}: all is delivered"),
        }
        largest = largest.max(tails(runtime.path()));
    }
    append(&log, -1).unwrap();
    assert!(renewed > 2 && largest < 3_000_000, "{renewed} times, {largest} bytes");
    assert!(!walk(state.path()).iter().any(|path| path.to_string_lossy().contains("segment")), "the disk has nothing");
    // Not closed, as after a kill: the newest tail alone tells what is owed.
    drop((reader, log, spool));
    let (_spool, recovery) = open();
    assert_eq!((recovery.readings, recovery.lost), (1, 0));
}

#[test]
fn tails_that_are_written_over_older_ones_tell_after_each_kill_what_is_owed() {
    let (state, runtime) = (tempfile::tempdir().unwrap(), tempfile::tempdir_in("/dev/shm").unwrap());
    let places = || Places { state: state.path().into(), runtime: Some(runtime.path().into()) };
    let bucket = BucketKey::new("greenhouse").unwrap();
    let key = Key::new("line").unwrap();
    let (mut accepted, mut acknowledged, mut used_again) = (0_usize, 0_usize, 0);
    for kill in 0..12 {
        let (spool, recovery) = Spool::open(places(), Options::default(), [1; 16], Arc::new(RealDisk)).unwrap();
        assert_eq!((recovery.readings, recovery.lost), ((accepted - acknowledged) as u64, 0), "kill {kill}");
        let log = spool.log(&bucket, &["local"]).unwrap();
        let mut reader = log.reader("local").unwrap();
        let mut renewed = 0;
        while renewed < 3 {
            for _ in 0..100 {
                let value = Value::try_from(format!("{accepted:0500}")).unwrap();
                log.append(&[Entry::new(&key, &value, NOW, Quality::Trusted, "input")], None).unwrap();
                accepted += 1;
            }
            // A few hundred stay in memory: what a tail begins with is much.
            if let Next::Batch(batch) = reader.next(Limit::events((accepted - acknowledged).saturating_sub(300).max(1)))
            {
                let expected = (acknowledged..).map(|number| format!("{number:0500}"));
                assert!(
                    batch.records.iter().map(|r| r.reading.value.to_string()).eq(expected.take(batch.records.len()))
                );
                acknowledged += batch.records.len();
                reader.ack(batch.last());
            }
            if spool.wait_for_work(Duration::ZERO) == Work::Tail {
                spool.renew_tail();
                renewed += 1;
                used_again += usize::from(walk(runtime.path()).iter().any(|path| path.ends_with("tail.next")));
            }
        }
        // Not closed, as after a kill.
        drop((reader, log, spool));
    }
    assert!(used_again > 20, "{used_again} times a file was kept for the next tail");
    assert!(tails(runtime.path()) < 6_000_000, "two files at most: {} bytes", tails(runtime.path()));
}

#[test]
fn what_can_wait_goes_to_the_disk_all_the_same_where_nobody_takes_it() {
    let disk = SimulatedDisk::new(7);
    let (spool, log) = open(&disk, true, Options::default());
    let (key, value) = (Key::new("k").unwrap(), Value::try_from("x".repeat(1000).as_str()).unwrap());
    let entry = Entry { can_wait: true, ..Entry::new(&key, &value, NOW, Quality::Trusted, "input") };
    let mut appended = 0;
    while spool.wait_for_work(Duration::ZERO) != Work::Commit {
        log.append(&[entry], None).unwrap();
        appended += 1;
    }
    assert!((900..1200).contains(&appended), "1 MiB is due at once: {appended}");
    assert_eq!(spool.commit().readings, appended);
    assert_eq!(spool.wait_for_work(Duration::ZERO), Work::Nothing);
}
