//! How a spool ended, as the next start tells it: a clean end has nothing to be told of, whatever lives its files had
//! before; a commit that was cut short has.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use streamer_spool::{Options, Recovery, Spool};

use crate::simulated::{Dice, SimulatedDisk};
use crate::{STATE, acknowledge, log, places, put};

fn opened(disk: &SimulatedDisk, max_size: u64) -> (Spool, Recovery) {
    let options = Options { max_size, ..Options::default() };
    Spool::open(places(), options, [1; 16], Arc::new(disk.clone())).unwrap()
}

fn segments(disk: &SimulatedDisk) -> Vec<PathBuf> {
    disk.files(Path::new(STATE)).into_iter().filter(|f| f.extension().is_some_and(|e| e == "segment")).collect()
}

#[test]
fn a_clean_end_leaves_nothing_to_warn_of() {
    for seed in 0..6 {
        let (disk, mut dice) = (SimulatedDisk::new(seed), Dice::new(seed));
        // Segments of 64 KB and more: some readings alone fill one, and it is used again when they are delivered.
        let max_size = [256 * 1024, 4_000_000][dice.below(2) as usize];
        for life in 0..5 {
            let (spool, recovery) = opened(&disk, max_size);
            let told = (recovery.torn_bytes, recovery.lost, recovery.set_aside, recovery.fault);
            assert_eq!(told, (0, 0, Vec::new(), None), "seed {seed}, start {life}");
            let log = log(&spool);
            for _ in 0..dice.below(8) {
                let count = [1, 300, 14_000][dice.below(3) as usize];
                put(&log, 0..count);
                if dice.chance(70) {
                    let _ = spool.commit();
                }
                if dice.chance(60) {
                    acknowledge(&log, "local", usize::MAX);
                }
            }
            let _ = spool.close();
            drop((spool, log));
            disk.kill();
        }
    }
}

#[test]
fn a_commit_that_was_cut_short_is_told_with_what_it_wrote_in_a_new_file_and_in_a_recycled_one() {
    for rounds in [0, 6] {
        let disk = SimulatedDisk::new(1);
        let (spool, _) = opened(&disk, 256 * 1024);
        let log = log(&spool);
        for _ in 0..rounds {
            put(&log, 0..4_000);
            let _ = spool.commit();
            acknowledge(&log, "local", usize::MAX);
            let _ = spool.checkpoint();
        }
        put(&log, 0..10);
        let _ = spool.commit();
        let before: Vec<Vec<u8>> = segments(&disk).iter().map(|file| disk.bytes(file)).collect();
        put(&log, 10..20);
        let written = spool.commit().bytes;
        let changed = segments(&disk).into_iter().zip(before).find(|(file, before)| disk.bytes(file) != *before);
        let (file, before) = changed.expect("the commit wrote to one of them");
        disk.kill();
        // Of the last commit the first half is there, as a power cut may leave it.
        let at = disk.bytes(&file).iter().zip(&before).position(|(now, before)| now != before).unwrap();
        let half = written as usize / 2;
        disk.damage(&file, |bytes| bytes[at + half..].copy_from_slice(&before[at + half..]));
        let (_, recovery) = opened(&disk, 256 * 1024);
        let torn = recovery.torn_bytes;
        assert!(torn > 0 && torn <= written, "{torn} of {written} bytes, after {rounds} rounds");
        assert_eq!((recovery.lost, recovery.set_aside), (0, Vec::new()));
    }
}
