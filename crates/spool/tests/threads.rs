//! Writers, readers and the committer at once: nothing waits for the disk that need not, and nothing is lost between.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod simulated;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use simulated::SimulatedDisk;
use streamer_reading::{BucketKey, Epoch, Key, Value};
use streamer_spool::{AppendError, DiskState, Entry, Limit, Log, Next, Options, Places, Quality, Spool};

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
    assert!(spool.wait_for_work(Duration::from_secs(3600)), "a closed spool keeps no committer waiting");
}
