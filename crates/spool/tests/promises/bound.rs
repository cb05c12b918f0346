//! The bound is one of the disk: what a spool may take is what its segments take there, however small it is.

use super::*;

fn on_disk(disk: &SimulatedDisk) -> u64 {
    let segments =
        disk.files(STATE.as_ref()).into_iter().filter(|path| path.extension().is_some_and(|e| e == "segment"));
    segments.map(|path| disk.bytes(&path).len() as u64).sum()
}

/// Fills a spool several times over, with commits as seldom as they come, and gives the most that it took on the disk.
fn most(max_size: u64, buckets: usize, value: impl Fn(i64) -> Value) -> u64 {
    let disk = SimulatedDisk::new(1);
    let options = Options { max_size, ..Options::default() };
    let (spool, _) = Spool::open(places(), options, [1; 16], Arc::new(disk.clone())).unwrap();
    let bucket = |number: usize| BucketKey::new(format!("bucket{number}")).unwrap();
    let logs: Vec<Log> = (0..buckets).map(|number| spool.log(&bucket(number), &["local"]).unwrap()).collect();
    let keys: Vec<Key> = (0..10).map(|number| Key::new(format!("a_key_of_some_length_{number}")).unwrap()).collect();
    let (mut most, mut number) = (0, 0);
    // Commits come soon, or so late that all which fits is in memory: 16,000 readings are more than fit anywhere here.
    for round in 0..16 {
        let mut left = 16_000 >> (round % 4 * 2);
        while left > 0 {
            number += 1;
            left -= 1;
            let (log, key) = (&logs[number as usize % buckets], &keys[number as usize % keys.len()]);
            let epoch = Epoch::from_micros(NOW.micros() + number * 1_000_123);
            let since_boot = number.unsigned_abs() * 1_000_117;
            let value = value(number);
            let entry = Entry { since_boot, ..Entry::new(key, &value, epoch, Quality::Trusted, "i2c-1-76") };
            log.append(&[entry], None).unwrap();
        }
        let _ = spool.commit();
        most = most.max(on_disk(&disk));
    }
    assert!(spool.status().buckets.iter().all(|bucket| bucket.outputs[0].dropped.full > 0));
    most
}

#[test]
fn a_full_spool_takes_no_more_of_the_disk_than_it_may() {
    let text = |length: usize| Value::try_from("x".repeat(length).as_str()).unwrap();
    for (max_size, buckets) in [(256 * 1024, 1), (400_000, 1), (400_000, 3)] {
        let took = [
            most(max_size, buckets, Value::Int),
            most(max_size, buckets, |number| Value::try_from(number as f64 * 0.37).unwrap()),
            most(max_size, buckets, |number| text(number.unsigned_abs() as usize % 40)),
            most(max_size, buckets, |_| text(1000)),
        ];
        assert!(took.iter().all(|took| *took <= max_size), "{max_size}, {buckets} logs: {took:?}");
    }
}
