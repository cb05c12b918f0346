//! Random lives of a spool on a bad disk, against a model that knows what was promised.
//!
//! `SPOOL_RUNS` sets the number of lives, `SPOOL_SEED` the first one; a failure prints its seed.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on says where, and how it came there"
)]

mod simulated;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use simulated::{Dice, Mood, SimulatedDisk};
use streamer_reading::{BucketKey, Epoch, Key, Value};
use streamer_spool::{
    AppendError, Disk, DiskState, Entry, Limit, Log, Next, OnFull, Options, Places, Position, Quality, Reader,
    Recovery, Seq, Spool,
};

const BUCKETS: [&str; 2] = ["greenhouse", "cellar"];
const OUTPUTS: [&str; 2] = ["initial_state", "local"];
const STATE: &str = "/var/state";

/// One accepted reading, as the model remembers it.
#[derive(Debug, Clone)]
struct Accepted {
    value: i64,
    seq: Seq,
    position: Option<u64>,
    can_wait: bool,
    /// A commit that said all is well came after it.
    synced: bool,
    /// It was accepted while the spool said that it would not survive a kill.
    at_risk: bool,
}

/// One output of one bucket.
#[derive(Debug, Default, Clone)]
struct Expected {
    /// Indices into the bucket's accepted readings that are still owed.
    waiting: Vec<usize>,
    /// Those acknowledged since a state that is certainly on disk.
    maybe_again: Vec<usize>,
    dropped: u64,
    lost: u64,
}

struct Life {
    dice: Dice,
    disk: SimulatedDisk,
    options: Options,
    runtime: bool,
    boot: u8,
    spool: Option<Spool>,
    logs: HashMap<&'static str, Log>,
    readers: HashMap<(usize, usize), Reader>,
    accepted: Vec<Vec<Accepted>>,
    seqs: Vec<HashMap<Seq, i64>>,
    expected: BTreeMap<(usize, usize), Expected>,
    next_value: i64,
    next_position: [u64; 2],
    faulty: bool,
    tells: bool,
    /// How many readings of each bucket were accepted when the spool last looked what is due.
    looked: [usize; 2],
}

impl Life {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let disk = SimulatedDisk::new(seed ^ 0xabcd);
        let small = dice.chance(30);
        let options = Options {
            max_size: if small { 256 * 1024 } else { 64_000_000 },
            on_full: if dice.chance(70) { OnFull::DropOldest } else { OnFull::DropNewest },
            sync_always: dice.chance(10),
            ..Options::default()
        };
        let mut life = Self {
            runtime: dice.chance(75),
            faulty: dice.chance(40),
            dice,
            disk,
            options,
            boot: 1,
            spool: None,
            logs: HashMap::new(),
            readers: HashMap::new(),
            accepted: vec![Vec::new(), Vec::new()],
            seqs: vec![HashMap::new(), HashMap::new()],
            expected: BTreeMap::new(),
            next_value: 1,
            next_position: [0, 0],
            tells: false,
            looked: [0; 2],
        };
        for bucket in 0..BUCKETS.len() {
            for output in 0..OUTPUTS.len() {
                life.expected.insert((bucket, output), Expected::default());
            }
        }
        life
    }

    fn places(&self) -> Places {
        Places { state: STATE.into(), runtime: self.runtime.then(|| "/run/streamer".into()) }
    }

    fn open(&mut self) -> Recovery {
        let (spool, recovery) =
            Spool::open(self.places(), self.options.clone(), [self.boot; 16], Arc::new(self.disk.clone())).unwrap();
        for bucket in BUCKETS {
            let log = spool.log(&BucketKey::new(bucket).unwrap(), &OUTPUTS).unwrap();
            self.logs.insert(bucket, log);
        }
        self.spool = Some(spool);
        self.looked = [0; 2];
        recovery
    }

    fn spool(&self) -> &Spool {
        self.spool.as_ref().unwrap()
    }

    fn end(&mut self) {
        self.readers.clear();
        self.logs.clear();
        self.spool = None;
    }

    /// All that an output still gets, without moving its cursor.
    fn peek(&mut self, bucket: usize, output: usize) -> Vec<(Seq, i64)> {
        let busy = self.readers.remove(&(bucket, output));
        drop(busy);
        let mut reader = self.logs[BUCKETS[bucket]].reader(OUTPUTS[output]).unwrap();
        match reader.next(Limit { events: usize::MAX, bytes: usize::MAX }) {
            Next::Batch(batch) => batch
                .records
                .iter()
                .map(|r| {
                    (r.seq, if let Value::Int(i) = r.reading.value { i } else { panic!("a value that nobody sent") })
                })
                .collect(),
            Next::Nothing => Vec::new(),
            other => panic!("no clock is suspect here: {other:?}"),
        }
    }

    /// What is there must be what was promised; `power` and `kill` say what has just happened, both together a kill
    /// with a tail that had been refused.
    fn check(&mut self, power: bool, kill: bool) {
        let status = self.spool().status();
        for ((bucket, output), mut expected) in self.expected.clone() {
            let found = self.peek(bucket, output);
            let all = &self.accepted[bucket];
            let index: HashMap<i64, usize> = all.iter().enumerate().map(|(i, a)| (a.value, i)).collect();
            let mut got = Vec::new();
            for (seq, value) in &found {
                let place = *index.get(value).unwrap_or_else(|| panic!("{value} was never accepted"));
                assert_eq!(all[place].seq, *seq, "the sequence of {value} changed");
                assert!(got.last().is_none_or(|last| *last < place), "{value} is out of order or there twice");
                got.push(place);
            }
            let books = status.buckets.iter().find(|b| b.bucket.as_str() == BUCKETS[bucket]).unwrap();
            let books = books.outputs.iter().find(|o| o.output == OUTPUTS[output]).unwrap();
            assert_eq!(books.waiting.readings, got.len() as u64, "waiting readings of {bucket}/{output}");
            assert_eq!(
                books.accepted,
                books.acknowledged + books.set_aside + books.dropped.total() + books.waiting.readings,
                "the books of {bucket}/{output}: {books:?}"
            );
            let missing: Vec<usize> =
                expected.waiting.iter().filter(|i| got.binary_search(i).is_err()).copied().collect();
            let again: Vec<usize> =
                got.iter().filter(|i| expected.waiting.binary_search(i).is_err()).copied().collect();
            for i in &again {
                assert!(power && expected.maybe_again.contains(i), "{:?} came again", all[*i]);
            }
            let mut unexplained = 0;
            for i in &missing {
                let excused = (power || kill && all[*i].at_risk) && !all[*i].synced;
                if !excused {
                    unexplained += 1;
                }
            }
            let dropped = books.dropped.full + books.dropped.lost;
            let counted = dropped.saturating_sub(expected.dropped + expected.lost);
            assert!(unexplained <= counted, "{unexplained} readings of {bucket}/{output} are gone, {counted} counted");
            if !power && !kill {
                assert_eq!(missing.len() as u64, counted, "gone and counted must agree for {bucket}/{output}");
            }
            for i in missing.iter().filter(|i| all[**i].can_wait) {
                let excused = (power || kill && all[*i].at_risk) && !all[*i].synced;
                assert!(excused || books.dropped.lost > expected.lost, "{:?} can wait and was cut", all[*i]);
            }
            (expected.dropped, expected.lost) = (books.dropped.full, books.dropped.lost);
            expected.waiting = got;
            // A cut is as durable as an acknowledgement: a power cut before the next commit undoes both.
            expected.maybe_again.extend(&missing);
            if power && !kill && self.runtime {
                expected.maybe_again.clear();
            }
            self.expected.insert((bucket, output), expected);
        }
        // Without a runtime folder, some of it may be in the page cache's tail, which happened to survive.
        if power && !kill && self.runtime {
            // What is there again after a power cut is on disk.
            for ((bucket, _), expected) in &self.expected {
                for i in &expected.waiting {
                    self.accepted[*bucket][*i].synced = true;
                }
            }
        }
    }

    /// After a power cut an input goes on at its position: what came before must not be missing, and what came after
    /// must not be there, or it would come twice.
    fn check_positions(&mut self) {
        for bucket in 0..BUCKETS.len() {
            let stream = format!("stream-{bucket}");
            let at = self.spool().positions(&stream).first().map_or(0, |(_, at)| *at);
            for output in 0..OUTPUTS.len() {
                let waiting = &self.expected[&(bucket, output)].waiting;
                for i in waiting {
                    let position = self.accepted[bucket][*i].position;
                    assert!(
                        position.is_none_or(|p| p <= at),
                        "{position:?} is there, but its input begins again at {at}"
                    );
                }
            }
            self.next_position[bucket] = at;
        }
    }

    fn append(&mut self) {
        let bucket = self.dice.below(2) as usize;
        let count = 1 + if self.dice.chance(10) { self.dice.below(600) } else { self.dice.below(4) };
        let with_position = self.dice.chance(30);
        let can_wait = with_position;
        let keys: Vec<Key> = (0..5).map(|k| Key::new(format!("key_{k}")).unwrap()).collect();
        let values: Vec<Value> = (0..count as i64).map(|i| Value::Int(self.next_value + i)).collect();
        let entries: Vec<Entry<'_>> = values
            .iter()
            .enumerate()
            .map(|(i, value)| Entry {
                can_wait,
                since_boot: i as u64,
                ..Entry::new(&keys[i % 5], value, Epoch::from_micros(1_790_000_000_000_000), Quality::Trusted, "input")
            })
            .collect();
        let at = self.next_position[bucket] + count;
        let stream = format!("stream-{bucket}");
        let position = with_position.then_some(Position { stream: &stream, at });
        let result = self.logs[BUCKETS[bucket]].append(&entries, position);
        let at_risk = !self.spool().status().survives_a_kill;
        match result {
            Ok(last) => {
                for (i, _) in values.iter().enumerate() {
                    let seq = Seq { count: last.count - count + 1 + i as u64, ..last };
                    let value = self.next_value + i as i64;
                    assert!(self.seqs[bucket].insert(seq, value).is_none(), "{seq:?} was given twice");
                    let position = with_position.then_some(at);
                    let index = self.accepted[bucket].len();
                    self.accepted[bucket].push(Accepted { value, seq, position, can_wait, synced: false, at_risk });
                    for output in 0..OUTPUTS.len() {
                        self.expected.get_mut(&(bucket, output)).unwrap().waiting.push(index);
                    }
                }
                if with_position {
                    self.next_position[bucket] = at;
                }
                if self.options.sync_always && self.spool().status().disk == DiskState::Ok {
                    self.all_synced(bucket);
                }
            }
            Err(AppendError::Wait) => assert!(can_wait, "only inputs that can wait are told to"),
            Err(AppendError::Full(_)) => assert!(!can_wait, "an input that can wait is never refused"),
            Err(other) => panic!("{other}"),
        }
        self.next_value += count as i64;
    }

    fn all_synced(&mut self, bucket: usize) {
        self.accepted[bucket].iter_mut().for_each(|a| a.synced = true);
    }

    fn read(&mut self) {
        let (bucket, output) = (self.dice.below(2) as usize, self.dice.below(2) as usize);
        let log = &self.logs[BUCKETS[bucket]];
        let reader = self.readers.entry((bucket, output)).or_insert_with(|| log.reader(OUTPUTS[output]).unwrap());
        let limit = Limit::events(1 + self.dice.below(40) as usize);
        let Next::Batch(batch) = reader.next(limit) else { return };
        assert_eq!(reader.next(limit), Next::Batch(batch.clone()), "the same call gives the same readings");
        if self.dice.chance(70) {
            let upto = self.dice.below(batch.records.len() as u64) as usize;
            if self.dice.chance(20) {
                reader.set_aside(batch.records[upto].seq, 1);
            } else {
                reader.ack(batch.records[upto].seq);
            }
            let last = batch.records[upto].seq;
            let place = self.accepted[bucket].iter().position(|a| a.seq == last).unwrap();
            let expected = self.expected.get_mut(&(bucket, output)).unwrap();
            let done: Vec<usize> = expected.waiting.iter().take_while(|i| **i <= place).copied().collect();
            // What was cut since the model last looked lies before the batch, and is not acknowledged by it.
            expected.waiting.drain(..done.len());
            let given: Vec<i64> = batch.records[..=upto]
                .iter()
                .filter_map(|r| if let Value::Int(i) = r.reading.value { Some(i) } else { None })
                .collect();
            let (acked, cut): (Vec<usize>, Vec<usize>) =
                done.iter().partition(|i| given.contains(&self.accepted[bucket][**i].value));
            expected.maybe_again.extend(acked);
            expected.dropped += cut.len() as u64;
            expected.maybe_again.extend(cut);
        }
    }

    fn commit(&mut self, everything: bool) {
        let committed = if everything { self.spool().checkpoint() } else { self.spool().commit() };
        if committed.disk == DiskState::Ok {
            for bucket in 0..BUCKETS.len() {
                if everything {
                    // What came since the last look is not due yet.
                    self.accepted[bucket][..self.looked[bucket]].iter_mut().for_each(|a| a.synced = true);
                } else {
                    self.all_synced(bucket);
                }
            }
            if everything {
                self.expected.values_mut().for_each(|e| e.maybe_again.clear());
            }
            self.look();
        } else {
            assert!(self.faulty, "a disk that refuses nothing: {committed:?}");
        }
    }

    fn look(&mut self) {
        self.looked = [0, 1].map(|bucket| self.accepted[bucket].len());
    }

    fn commit_due(&mut self) {
        if self.spool().commit_due().disk == DiskState::Ok {
            self.look();
        }
    }

    fn step(&mut self) {
        let what = self.dice.below(100);
        if self.tells {
            println!("-> {what}");
        }
        match what {
            0..45 => self.append(),
            45..70 => self.read(),
            70..80 => self.commit(false),
            80..84 => self.commit(true),
            84..88 => self.restart(false),
            88..92 => self.restart(true),
            92..94 => self.check(false, false),
            99 => self.commit_due(),
            94..96 => self.remove_folder(),
            96..99 if self.faulty => self.change_mood(),
            _ => {}
        }
        if self.tells {
            let waiting: Vec<usize> = self.expected.values().map(|e| e.waiting.len()).collect();
            println!("{what}: {waiting:?} {:?}", self.spool().status().disk);
            for file in self.disk.files(Path::new("/var/state/spool/log-greenhouse-09e667dbff36bfc0")) {
                println!(
                    "       {} {}",
                    file.display(),
                    self.disk.bytes(&file).iter().rposition(|b| *b != 0).unwrap_or(0)
                );
            }
        }
    }

    fn restart(&mut self, power: bool) {
        self.check(false, false);
        let tail_gone = !self.spool().status().survives_a_kill;
        if tail_gone {
            self.accepted.iter_mut().flatten().filter(|a| !a.synced).for_each(|a| a.at_risk = true);
        }
        self.disk.mood(Mood::default());
        self.end();
        if power {
            self.disk.power_cut();
            self.boot += 1;
        } else {
            self.disk.kill();
        }
        let recovery = self.open();
        if self.tells {
            println!("power {power}, tail gone {tail_gone}: {recovery:?}");
            for file in self.disk.files(Path::new("/")) {
                println!("   {} {}", file.display(), self.disk.bytes(&file).len());
            }
        }
        if tail_gone && !power {
            // Acknowledgements went the way of the readings.
            self.check(true, true);
        } else {
            self.check(power, !power);
        }
        self.check_positions();
        if self.faulty {
            self.change_mood();
        }
    }

    /// Somebody removes the spool's folder, or the whole state folder, under a running agent.
    fn remove_folder(&mut self) {
        self.disk.mood(Mood::default());
        self.check(false, false);
        let dir = if self.dice.chance(50) { PathBuf::from(STATE).join("spool") } else { PathBuf::from(STATE) };
        self.disk.remove_all(&dir);
        self.readers.clear();
        let committed = self.spool().commit();
        assert_eq!(committed.disk, DiskState::Ok, "the folder is made anew");
        self.check(false, false);
        for bucket in 0..BUCKETS.len() {
            self.all_synced(bucket);
        }
        self.expected.values_mut().for_each(|e| e.maybe_again.clear());
        self.commit(true);
    }

    fn change_mood(&mut self) {
        const ENOSPC: i32 = 28;
        const EIO: i32 = 5;
        const EROFS: i32 = 30;
        const EMFILE: i32 = 24;
        let error = [ENOSPC, EIO, EROFS, EMFILE][self.dice.below(4) as usize];
        let chance = [5, 30, 100][self.dice.below(3) as usize];
        let refuses = self.dice.chance(60).then_some((chance, error));
        let short = if self.dice.chance(30) { 30 } else { 0 };
        self.disk.mood(Mood { refuses, memory_refuses: self.dice.chance(20), short });
    }
}

fn live(seed: u64, steps: u64) {
    let mut life = Life::new(seed);
    if std::env::var("SPOOL_STORY").is_ok() {
        life.tells = true;
    }
    life.open();
    for _ in 0..steps {
        life.step();
    }
    life.restart(false);
    life.restart(true);
}

#[test]
fn random_lives_keep_their_promises() {
    let number = |name| std::env::var(name).ok().and_then(|n| n.parse().ok());
    let first = number("SPOOL_SEED").unwrap_or(1);
    let runs = number("SPOOL_RUNS").unwrap_or(500);
    for seed in first..first + runs {
        if std::env::var("SPOOL_STORY").is_ok() {
            println!("seed {seed}");
        }
        let result = std::panic::catch_unwind(|| live(seed, 120));
        assert!(result.is_ok(), "the life of seed {seed} broke a promise: SPOOL_SEED={seed} SPOOL_RUNS=1");
    }
}

#[test]
fn the_simulated_disk_forgets_and_tears() {
    let path = Path::new("/var/file");
    let (mut lost, mut kept, mut torn) = (0, 0, 0);
    for seed in 0..200 {
        let disk = SimulatedDisk::new(seed);
        let file = disk.open(path, true).unwrap();
        disk.sync_dir(Path::new("/var")).unwrap();
        file.write_at(&[1; 4096], 0).unwrap();
        file.sync().unwrap();
        file.write_at(&[2; 4096], 0).unwrap();
        disk.power_cut();
        let bytes = disk.bytes(path);
        let old = bytes.iter().filter(|b| **b == 1).count();
        assert_eq!(bytes.len() - old, bytes.iter().filter(|b| **b == 2).count(), "synced bytes are never lost");
        match old {
            0 => kept += 1,
            4096 => lost += 1,
            _ => torn += 1,
        }
    }
    assert!(lost > 10 && kept > 10 && torn > 10, "{lost} lost, {kept} kept, {torn} torn");
}
