//! What a spool costs here: appends a second, the slowest of them beside an empty loop's, bytes on disk, recovery.
//!
//! `cargo run --release -p streamer-spool --example append [FOLDER]`; the folder should lie on the disk in question.
#![expect(clippy::print_stdout, reason = "an example speaks to the person who started it")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use streamer_reading::{BucketKey, Epoch, Key, Value};
use streamer_spool::{Entry, Limit, Log, Next, Options, Places, Quality, RealDisk, Spool, Work};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const READINGS: usize = 3_000_000;
const EPOCH: i64 = 1_790_000_000_000_000;

fn main() -> Outcome<()> {
    let base = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = base.join(format!("spool-bench-{}", std::process::id()));
    let outcome = measure(&folder);
    std::fs::remove_dir_all(&folder)?;
    outcome
}

fn measure(folder: &std::path::Path) -> Outcome<()> {
    let empty = time(READINGS, |_| true);
    report("an empty loop", &empty);

    let spool = open(&folder.join("delivered"), 64_000_000)?;
    let acknowledged = beside_a_committer(&spool, |log| {
        let mut reader = log.reader("local")?;
        let timing = time(READINGS, |i| {
            if i % 1000 == 999
                && let Next::Batch(batch) = reader.next(Limit::events(1000))
            {
                reader.ack(batch.last());
            }
            append(log, i)
        });
        Ok(timing)
    })?;
    report("append, delivered in thousands by the same thread", &acknowledged);
    let _ = spool.close();

    let spool = open(&folder.join("owed"), 512_000_000)?;
    let owed = beside_a_committer(&spool, |log| Ok(time(READINGS, |i| append(log, i))))?;
    report("append, all of it owed and written", &owed);
    let _ = spool.close();
    let status = spool.status();
    let waiting = status.buckets[0].outputs[0].waiting;
    let dropped = status.buckets[0].outputs[0].dropped.full;
    println!("bytes a reading on disk: {:.1} ({dropped} dropped)", waiting.bytes as f64 / waiting.readings as f64);
    drop(spool);

    let spool = open(&folder.join("full"), 64_000_000)?;
    let log = spool.log(&BucketKey::new("bench")?, &["local"])?;
    let mut i = 0;
    while spool.status().bytes < 62_000_000 {
        (0..10_000).for_each(|_| {
            append(&log, i);
            i += 1;
        });
        let _ = spool.commit();
    }
    let _ = spool.close();
    drop((log, spool));
    let start = now();
    let spool = open(&folder.join("full"), 64_000_000)?;
    let took = start.elapsed();
    let status = spool.status();
    println!("recovery of {} MB, {i} readings: {took:.0?}", status.bytes / 1_000_000);

    let log = spool.log(&BucketKey::new("bench")?, &["local"])?;
    let mut reader = log.reader("local")?;
    let start = now();
    let mut drained = 0;
    while let Next::Batch(batch) = reader.next(Limit::events(1000)) {
        drained += batch.records.len();
        reader.ack(batch.last());
    }
    println!("draining {drained} from disk: {:.0} a second", drained as f64 / start.elapsed().as_secs_f64());
    Ok(())
}

fn open(state: &std::path::Path, max_size: u64) -> Outcome<Spool> {
    let places = Places { state: state.to_owned(), runtime: Some("/dev/shm/spool-bench".into()) };
    let (spool, _) = Spool::open(places, Options { max_size, ..Options::default() }, [1; 16], Arc::new(RealDisk))?;
    Ok(spool)
}

fn append(log: &Log, i: usize) -> bool {
    thread_local! {
        static KEYS: Vec<Key> = ["temperature", "humidity", "pressure", "light"]
            .iter().filter_map(|k| Key::new(k).ok()).collect();
    }
    KEYS.with(|keys| {
        let Ok(value) = Value::try_from(i as f64 * 0.37) else { return false };
        let at = i as i64 * 1000;
        let epoch = Epoch::from_micros(EPOCH + at);
        let since_boot = at.unsigned_abs();
        let entry = Entry { since_boot, ..Entry::new(&keys[i % 4], &value, epoch, Quality::Trusted, "i2c-1-76") };
        log.append(&[entry], None).is_ok()
    })
}

/// Runs `work` on this thread and the committer on another, as an agent does.
fn beside_a_committer<T>(spool: &Spool, work: impl FnOnce(&Log) -> Outcome<T>) -> Outcome<T> {
    let log = spool.log(&BucketKey::new("bench")?, &["local"])?;
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                match spool.wait_for_work(Duration::from_millis(100)) {
                    Work::Commit => drop(spool.commit()),
                    Work::Tail => spool.renew_tail(),
                    Work::Nothing | Work::Closed => {}
                }
            }
        });
        let outcome = work(&log);
        done.store(true, Ordering::Relaxed);
        outcome
    })
}

struct Timing {
    total: Duration,
    single: Vec<u32>,
    refused: usize,
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn now() -> Instant {
    Instant::now()
}

/// Times all calls together, and a tenth of them each for itself.
fn time(times: usize, mut call: impl FnMut(usize) -> bool) -> Timing {
    let mut single = Vec::with_capacity(times / 10 + 1);
    let mut refused = 0;
    let start = now();
    for i in 0..times {
        let before = (i % 10 == 0).then(now);
        refused += usize::from(!std::hint::black_box(call(i)));
        if let Some(before) = before {
            single.push(u32::try_from(before.elapsed().as_nanos()).unwrap_or(u32::MAX));
        }
    }
    let total = start.elapsed();
    single.sort_unstable();
    Timing { total, single, refused }
}

fn report(what: &str, timing: &Timing) {
    let at = |share: f64| timing.single[(timing.single.len() as f64 * share) as usize];
    let rate = READINGS as f64 / timing.total.as_secs_f64();
    println!(
        "{what}: {rate:.0} a second; median {} ns, p99 {} ns, p99.9 {} ns; {} refused",
        at(0.5),
        at(0.99),
        at(0.999),
        timing.refused
    );
}
