//! A spool whose files were changed in any way: it opens, gives back readings in order and each once, and takes new ones.
//!
//! The first byte picks a file. Below 128, the next two are a place in it, and the rest is written there; the place 65535
//! means the whole. From 128 on, the rest changes the bodies of its frames, which are then sealed again: the checksums
//! are right, and what is behind them has to stand it.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use streamer_reading::{BucketKey, Epoch, Key, Reading, Value};
use streamer_spool::{
    Entry, LetterState, Limit, NewLetter, Next, Options, Places, Position, Quality, RealDisk, Record, Recovery, Seq,
    Spool,
};

use crate::frames;

const SEALED: u8 = 0x80;
const WHOLE: usize = 65_535;
/// Hex digits of the id.
const ID: usize = 16;
const READINGS: u64 = 40;
const BOOT: [u8; 16] = [1; 16];

/// What a spool of two logs left behind: the tail of a killed process, a stream's place and a dead letter among it.
static FILES: LazyLock<Vec<(PathBuf, Vec<u8>)>> = LazyLock::new(|| {
    let folder = memory();
    let (spool, _) = open(folder.path()).expect("an empty folder opens");
    for bucket in ["one", "two"] {
        for number in 0..READINGS {
            put(&spool, bucket, number);
            if number == READINGS / 2 {
                assert!(spool.commit().readings > 0);
            }
        }
    }
    spool.dead_letters().put(vec![letter()]).expect("it is written");
    let mut files = Vec::new();
    below(folder.path(), &mut |path| {
        let bytes = fs::read(path).expect("its own file");
        // A segment is zeroes behind what was written.
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        files.push((path.strip_prefix(folder.path()).expect("below it").to_owned(), bytes[..used].to_vec()));
    });
    files.sort();
    files
});

/// The files of that spool, and what they hold.
pub fn files() -> impl Iterator<Item = (&'static Path, &'static [u8])> {
    FILES.iter().map(|(path, bytes)| (path.as_path(), bytes.as_slice()))
}

pub(crate) fn check(bytes: &[u8]) {
    drop(read_back(bytes));
}

/// What came out of the spool whose files were changed so; `None` where it was not opened.
pub fn read_back(bytes: &[u8]) -> Option<(Recovery, Vec<Record>)> {
    let [which, rest @ ..] = bytes else { return None };
    let folder = memory();
    for (number, (name, bytes)) in FILES.iter().enumerate() {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        let mut bytes = bytes.clone();
        if number == usize::from(*which & !SEALED) % FILES.len() {
            bytes = if *which < SEALED { overwritten(bytes, rest)? } else { resealed(&bytes, rest)? };
        } else if name.ends_with("id") {
            // It names its own inode: as it stands it would be a copy's, which is given a tail of its own.
            let file = fs::File::create(&path).expect("a file can be made");
            let inode = file.metadata().expect("it is there").ino();
            bytes = [&bytes[..ID], format!(" {inode:016x}\n").as_bytes()].concat();
        }
        fs::write(path, bytes).expect("a file can be written");
    }
    // A file of another format, say, is refused in words; everything else opens.
    let (spool, recovery) = open(folder.path())?;
    let mut records = Vec::new();
    for bucket in ["one", "two"] {
        put(&spool, bucket, READINGS);
        let log = spool.log(&BucketKey::new(bucket).expect("a key"), &["out"]).expect("it is open");
        let mut reader = log.reader("out").expect("nobody else reads");
        let mut seen = HashSet::new();
        let mut newest = false;
        let limit = Limit { events: 7, bytes: usize::MAX };
        loop {
            let batch = match reader.next(limit) {
                Next::Batch(batch) | Next::NeverKnown(batch) => batch,
                Next::Held => {
                    assert!(spool.offset(BOOT).is_none(), "held, although the clock of this boot is known");
                    spool.set_offset(BOOT, 0).expect("it is written");
                    continue;
                }
                Next::Nothing => break,
            };
            assert!(!batch.records.is_empty(), "an empty batch would be asked for again and again");
            for record in &batch.records {
                assert!(seen.insert(record.seq), "{:?} comes twice", record.seq);
                newest |= record.reading.epoch == epoch(READINGS);
            }
            reader.ack(batch.last());
            records.extend(batch.records);
        }
        assert!(newest, "what was accepted a moment ago is not there");
    }
    let (counts, letters) = (spool.dead_letters().counts(), spool.dead_letters().list());
    assert_eq!(counts.on_trial + counts.set_aside, letters.len() as u64);
    drop((spool.status(), spool.close()));
    Some((recovery, records))
}

fn overwritten(mut file: Vec<u8>, change: &[u8]) -> Option<Vec<u8>> {
    let [high, low, rest @ ..] = change else { return None };
    let at = usize::from(u16::from_be_bytes([*high, *low]));
    if at == WHOLE {
        return Some(rest.to_vec());
    }
    file.resize(file.len().max(at + rest.len()), 0);
    file[at..at + rest.len()].copy_from_slice(rest);
    Some(file)
}

fn resealed(file: &[u8], changes: &[u8]) -> Option<Vec<u8>> {
    let mut frames = frames::open(file)?;
    frames.change(changes);
    Some(frames.seal())
}

fn memory() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a temporary folder")
}

fn open(folder: &Path) -> Option<(Spool, Recovery)> {
    let places = Places { state: folder.join("state"), runtime: Some(folder.join("run")) };
    Spool::open(places, Options::default(), BOOT, Arc::new(RealDisk)).ok()
}

fn epoch(number: u64) -> Epoch {
    Epoch::from_micros(1_790_000_000_000_000 + number.cast_signed())
}

fn put(spool: &Spool, bucket: &str, number: u64) {
    let log = spool.log(&BucketKey::new(bucket).expect("a key"), &["out"]).expect("it is open");
    let (key, value) = (Key::new("n").expect("a key"), Value::from(number.cast_signed()));
    let entry = Entry::new(&key, &value, epoch(number), Quality::Given, "input");
    let position = Position { stream: bucket, at: number };
    log.append(&[entry], Some(position)).expect("there is room");
}

fn letter() -> NewLetter {
    let reading = Reading::new(Key::new("n").expect("a key"), Value::from(1_i64), epoch(0));
    let seq = Seq { opening: 1, count: 1 };
    let (quality, input) = (Quality::Given, "input".into());
    NewLetter {
        bucket: BucketKey::new("one").expect("a key"),
        output: "out".into(),
        record: Record { seq, reading, quality, input, since_boot: 0, boot: [0; 16] },
        state: LetterState::SetAside,
        reason: "refused".into(),
    }
}

fn below(folder: &Path, each: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() { below(&path, each) } else { each(&path) }
    }
}
