//! What damage costs: what is damaged, and no more. It is always said.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use streamer_spool::{Options, Places, Spool};

use crate::simulated::SimulatedDisk;
use crate::{STATE, acknowledge, log, open, places, put, waiting};

/// Fills some segments and closes; gives the segment files in order.
fn filled(disk: &SimulatedDisk) -> Vec<PathBuf> {
    let options = Options { max_size: 2_000_000, ..Options::default() };
    let (spool, _) = Spool::open(places(), options, [1; 16], Arc::new(disk.clone())).unwrap();
    let log = log(&spool);
    for start in 0..20 {
        put(&log, start * 1000..start * 1000 + 1000);
        let _ = spool.commit();
    }
    let _ = spool.close();
    disk.kill();
    disk.files(Path::new(STATE)).into_iter().filter(|f| f.extension().is_some_and(|e| e == "segment")).collect()
}

#[test]
fn damage_costs_what_is_damaged_and_is_said() {
    for place in [0, 1] {
        let disk = SimulatedDisk::new(1);
        let files = filled(&disk);
        assert!(files.len() >= 3, "{files:?}");
        disk.damage(&files[place], |bytes| bytes[30_000] ^= 1);
        let (spool, recovery) = open(&disk, 1);
        assert!(recovery.lost > 0 && recovery.set_aside.len() == 1, "{recovery:?}");
        let log = log(&spool);
        let there = waiting(&log, "local");
        assert_eq!(there.len() as u64 + recovery.lost, 20_000);
        assert!(there.contains(&0) && there.contains(&19_999), "what is before and behind is delivered");
        assert_eq!(spool.status().buckets[0].outputs[0].dropped.lost, recovery.lost);
        acknowledge(&log, "local", usize::MAX);
        let _ = spool.checkpoint();
        assert_eq!(places().set_aside(&disk).len(), 1, "it is kept for a person to look at");
    }
}

#[test]
fn what_is_set_aside_has_a_bound_and_the_oldest_makes_way() {
    let disk = SimulatedDisk::new(1);
    let files = filled(&disk);
    let dir = files[0].parent().unwrap();
    let options = || Options { max_size: 1_000_000, ..Options::default() };
    let open = || Spool::open(places(), options(), [1; 16], Arc::new(disk.clone())).unwrap();
    let foreign = |number: u8| vec![b'a' + number; 300_000];
    for number in 0..8 {
        disk.plant(&dir.join(format!("0000009{number}.segment")), &foreign(number));
        let (spool, recovery) = open();
        assert_eq!(recovery.set_aside.len(), 1, "{recovery:?}");
        assert_eq!(recovery.given_up.len(), usize::from(number >= 3), "{recovery:?}");
        drop(spool);
        disk.kill();
    }
    let kept: Vec<u8> = places().set_aside(&disk).iter().map(|file| disk.bytes(&file.path)[0] - b'a').collect();
    assert_eq!(kept, [5, 6, 7], "the last ones");
    disk.plant(&dir.join("00000099.segment"), &vec![b'z'; 5_000_000]);
    let (spool, recovery) = open();
    assert_eq!((recovery.given_up.len(), places().set_aside(&disk).len()), (3, 1), "the last one stays, however long");
    assert_eq!(waiting(&log(&spool), "local").len(), 20_000, "and readings are no part of it");
}

#[test]
fn dead_letters_that_were_damaged_twice_are_set_aside_twice() {
    let disk = SimulatedDisk::new(1);
    filled(&disk);
    for damaged in [&b"one"[..], b"two"] {
        disk.plant(&Path::new(STATE).join("spool/dead-letters"), damaged);
        let (spool, recovery) = open(&disk, 1);
        assert_eq!(recovery.set_aside.len(), 1, "{recovery:?}");
        drop(spool);
        disk.kill();
    }
    let kept: Vec<Vec<u8>> = places().set_aside(&disk).iter().map(|file| disk.bytes(&file.path)).collect();
    assert_eq!(kept, [b"one", b"two"]);
}

#[test]
fn damage_found_while_reading_is_counted_and_passed() {
    let disk = SimulatedDisk::new(1);
    let files = filled(&disk);
    let (spool, _) = open(&disk, 1);
    disk.damage(&files[1], |bytes| bytes[30_000] ^= 1);
    let there = waiting(&log(&spool), "local");
    let lost = spool.status().buckets[0].outputs[0].dropped.lost;
    assert!(lost > 0 && there.last() == Some(&19_999));
    assert_eq!(there.len() as u64 + lost, 20_000);
}

#[test]
fn foreign_and_newer_files_are_left_alone() {
    let disk = SimulatedDisk::new(1);
    let files = filled(&disk);
    let dir = files[0].parent().unwrap();
    disk.plant(&dir.join("00000099.segment"), b"something else entirely, and quite long");
    let mut newer = disk.bytes(&files[0])[..24].to_vec();
    newer[8] = 2;
    disk.plant(&dir.join("00000098.segment"), &newer);
    let (spool, recovery) = open(&disk, 1);
    assert_eq!(recovery.set_aside.len(), 2, "{recovery:?}");
    assert!(recovery.set_aside.iter().any(|(_, reason)| reason.contains("version 2")));
    assert_eq!(waiting(&log(&spool), "local").len(), 20_000);
    let kept: Vec<Vec<u8>> = places().set_aside(&disk).iter().map(|file| disk.bytes(&file.path)).collect();
    assert!(kept.contains(&newer) && kept.contains(&b"something else entirely, and quite long".to_vec()), "{kept:?}");
}

#[test]
fn any_byte_may_be_wrong_anywhere() {
    let disk = SimulatedDisk::new(1);
    filled(&disk);
    let mut dice = crate::simulated::Dice::new(7);
    for _ in 0..60 {
        let files = disk.files(Path::new("/"));
        let file = &files[dice.below(files.len() as u64) as usize];
        disk.damage(file, |bytes| {
            if !bytes.is_empty() {
                let at = dice.below(bytes.len() as u64) as usize;
                match dice.below(3) {
                    0 => bytes[at] ^= 1 << dice.below(8),
                    1 => bytes.truncate(at),
                    _ => bytes.iter_mut().skip(at).take(512).for_each(|b| *b = 0xff),
                }
            }
        });
        let (spool, _) = open(&disk, 1);
        let log = log(&spool);
        put(&log, [1]);
        assert_eq!(waiting(&log, "local").last(), Some(&1));
        let _ = spool.commit();
        let books = spool.status().buckets[0].outputs[0].clone();
        assert_eq!(books.accepted, books.acknowledged + books.dropped.total() + books.waiting.readings);
        disk.kill();
    }
}

#[test]
fn a_copied_state_folder_and_its_original_keep_apart() {
    let disk = SimulatedDisk::new(1);
    let (spool, _) = open(&disk, 1);
    put(&log(&spool), [1]);
    let _ = spool.commit();
    disk.copy_all(Path::new(STATE), Path::new("/var/copy"));
    put(&log(&spool), [2]);
    let there = Places { state: "/var/copy".into(), runtime: Some("/run/streamer".into()) };
    let (copy, _) = Spool::open(there.clone(), Options::default(), [1; 16], Arc::new(disk.clone())).unwrap();
    assert_eq!(waiting(&log(&copy), "local"), [1]);
    put(&log(&copy), [3]);
    assert_ne!(there.runtime_folder(&disk), places().runtime_folder(&disk));
    disk.kill();
    let (spool, _) = open(&disk, 1);
    assert_eq!(waiting(&log(&spool), "local"), [1, 2]);
    let (copy, _) = Spool::open(there, Options::default(), [1; 16], Arc::new(disk)).unwrap();
    assert_eq!(waiting(&log(&copy), "local"), [1, 3]);
}

#[test]
fn a_tail_of_another_spool_is_left_alone() {
    let disk = SimulatedDisk::new(1);
    let (spool, _) = open(&disk, 1);
    put(&log(&spool), [1]);
    let tail = disk.files(Path::new("/run")).pop().unwrap();
    let foreign = disk.bytes(&tail);
    drop(spool);
    disk.power_cut();
    disk.remove_all(Path::new(STATE));
    let (spool, _) = open(&disk, 2);
    put(&log(&spool), [7]);
    let own = disk.files(Path::new("/run")).pop().unwrap();
    disk.kill();
    disk.plant(&own.with_file_name("tail.99"), &foreign);
    let (spool, recovery) = open(&disk, 2);
    assert_eq!(recovery.set_aside.len(), 1, "{recovery:?}");
    assert_eq!(waiting(&log(&spool), "local"), [7]);
}
