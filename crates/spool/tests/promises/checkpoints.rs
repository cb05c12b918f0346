//! What a checkpoint writes, and what a power cut behind it costs.

use streamer_reading::{Key, Value};
use streamer_spool::{Entry, Limit, Next, Position, Quality, Spool};

use crate::simulated::SimulatedDisk;
use crate::{NOW, acknowledge, bucket, log, open, put, waiting};

/// Of so many checkpoints one writes what only counts.
const COUNTS_EVERY: u64 = 12;

/// Readings that were accepted, and those that were acknowledged.
fn books(spool: &Spool) -> (u64, u64) {
    let output = &spool.status().buckets[0].outputs[0];
    (output.accepted, output.acknowledged)
}

#[test]
fn only_each_twelfth_writes_where_all_is_delivered_in_time() {
    let disk = SimulatedDisk::new(1);
    let (spool, _) = open(&disk, 1);
    let log = log(&spool);
    let _ = spool.checkpoint();
    let mut written = Vec::new();
    for _ in 0..COUNTS_EVERY * 3 {
        let before = disk.written();
        for _ in 0..30 {
            put(&log, 0..5);
            acknowledge(&log, "local", 5);
            assert_eq!(spool.commit_due().bytes, 0);
        }
        let _ = spool.checkpoint();
        written.push(disk.written() > before);
    }
    let times = written.iter().filter(|written| **written).count();
    assert_eq!(times, 3, "{written:?}");
    drop((spool, log));
    disk.power_cut();
    let (spool, _) = open(&disk, 2);
    let log = self::log(&spool);
    assert_eq!(waiting(&log, "local"), [0; 0], "nothing comes again");
    let (accepted, acknowledged) = books(&spool);
    assert_eq!(accepted, acknowledged, "the books are older, and they balance");
    let all = COUNTS_EVERY * 3 * 150;
    assert!(
        accepted <= all && accepted + COUNTS_EVERY * 150 > all,
        "{accepted} of {all}: at most twelve periods older"
    );
    put(&log, [7]);
    assert_eq!(waiting(&log, "local"), [7], "and what comes now is delivered");
}

#[test]
fn what_is_on_its_way_when_a_checkpoint_comes_is_not_written_for_that() {
    let disk = SimulatedDisk::new(1);
    let (spool, _) = open(&disk, 1);
    let log = log(&spool);
    let _ = spool.checkpoint();
    let before = disk.written();
    for _ in 0..COUNTS_EVERY - 2 {
        put(&log, 0..5);
        let _ = spool.checkpoint();
        acknowledge(&log, "local", 5);
        assert_eq!(spool.commit_due().bytes, 0);
    }
    assert_eq!(disk.written(), before);
    // One that was owed at the look before is due.
    put(&log, [1]);
    let _ = spool.commit_due();
    put(&log, [2]);
    assert_eq!(spool.checkpoint().readings, 2);
    disk.power_cut();
    drop((spool, log));
    let (spool, _) = open(&disk, 2);
    assert_eq!(waiting(&self::log(&spool), "local"), [1, 2]);
}

#[test]
fn each_writes_where_the_disk_has_what_was_acknowledged() {
    for late in [false, true] {
        let disk = SimulatedDisk::new(1);
        let (spool, _) = open(&disk, 1);
        let log = log(&spool);
        let _ = spool.checkpoint();
        put(&log, 0..10);
        // Some of them delivered when the commit comes, or all of them waiting.
        acknowledge(&log, "local", if late { 0 } else { 4 });
        let _ = spool.commit();
        acknowledge(&log, "local", usize::MAX);
        let _ = spool.checkpoint();
        let before = books(&spool);
        drop((spool, log));
        disk.power_cut();
        let (spool, _) = open(&disk, 2);
        assert_eq!(waiting(&self::log(&spool), "local"), [0; 0], "it was delivered before the checkpoint");
        assert_eq!(books(&spool), before);
    }
}

#[test]
fn each_writes_the_places_of_streams() {
    let disk = SimulatedDisk::new(1);
    let (spool, _) = open(&disk, 1);
    let log = log(&spool);
    let _ = spool.checkpoint();
    let (key, value) = (Key::new("line").unwrap(), Value::Int(1));
    let entry = Entry { can_wait: true, ..Entry::new(&key, &value, NOW, Quality::Given, "tail") };
    log.append(&[entry], Some(Position { stream: "file-7", at: 30 })).unwrap();
    acknowledge(&log, "local", 1);
    let _ = spool.checkpoint();
    drop((spool, log));
    disk.power_cut();
    let (spool, _) = open(&disk, 2);
    assert_eq!(spool.positions("file-"), [("file-7".to_owned(), 30)]);
    assert_eq!(spool.settled("file-7"), Some(30));
    assert_eq!(waiting(&spool.log(&bucket(), &["local"]).unwrap(), "local"), [0; 0]);
}

#[test]
fn each_writes_that_readings_were_dropped_or_set_aside() {
    let disk = SimulatedDisk::new(1);
    let (spool, _) = open(&disk, 1);
    let log = log(&spool);
    let _ = spool.checkpoint();
    put(&log, 0..3);
    {
        let mut reader = log.reader("local").unwrap();
        let Next::Batch(batch) = reader.next(Limit::events(3)) else { panic!("three") };
        reader.set_aside(batch.last(), 1);
    }
    let _ = spool.checkpoint();
    drop((spool, log));
    disk.power_cut();
    let (spool, _) = open(&disk, 2);
    let _ = self::log(&spool);
    let output = &spool.status().buckets[0].outputs[0];
    assert_eq!((output.accepted, output.acknowledged, output.set_aside), (3, 2, 1));
}
