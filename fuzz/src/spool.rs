//! A spool whose files were changed in any way: it opens, gives back readings in order and each once, and takes new ones.
//!
//! The first byte picks a file, the next two a place in it; the rest is written there. The place 65535 means the whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use streamer_reading::{BucketKey, Epoch, Key, Value};
use streamer_spool::{Entry, Limit, Next, Options, Places, Quality, RealDisk, Spool};

const WHOLE: usize = 65_535;
const READINGS: u64 = 40;

/// What a spool of two logs left behind: the tail of a killed process among it.
static FILES: LazyLock<Vec<(PathBuf, Vec<u8>)>> = LazyLock::new(|| {
    let folder = memory();
    let spool = open(folder.path());
    for bucket in ["one", "two"] {
        for number in 0..READINGS {
            put(&spool, bucket, number);
            if number == READINGS / 2 {
                assert!(spool.commit().readings > 0);
            }
        }
    }
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

pub fn check(bytes: &[u8]) {
    let [which, high, low, rest @ ..] = bytes else { return };
    let at = usize::from(u16::from_be_bytes([*high, *low]));
    let folder = memory();
    for (number, (path, bytes)) in FILES.iter().enumerate() {
        let mut bytes = bytes.clone();
        if number == usize::from(*which) % FILES.len() {
            if at == WHOLE {
                bytes = rest.to_vec();
            } else {
                bytes.resize(bytes.len().max(at + rest.len()), 0);
                bytes[at..at + rest.len()].copy_from_slice(rest);
            }
        }
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        fs::write(path, bytes).expect("a file can be written");
    }
    // A file of another format, say, is refused in words; everything else opens.
    let places = Places { state: folder.path().join("state"), runtime: Some(folder.path().join("run")) };
    let Ok((spool, _)) = Spool::open(places, Options::default(), [1; 16], Arc::new(RealDisk)) else { return };
    for bucket in ["one", "two"] {
        put(&spool, bucket, READINGS);
        let log = spool.log(&BucketKey::new(bucket).expect("a key"), &["out"]).expect("it is open");
        let mut reader = log.reader("out").expect("nobody else reads");
        let mut seen = std::collections::HashSet::new();
        let mut newest = false;
        let limit = Limit { events: 7, bytes: usize::MAX };
        while let Next::Batch(batch) | Next::NeverKnown(batch) = reader.next(limit) {
            assert!(!batch.records.is_empty(), "an empty batch would be asked for again and again");
            for record in &batch.records {
                assert!(seen.insert(record.seq), "{:?} comes twice", record.seq);
                newest |= record.reading.epoch == epoch(READINGS);
            }
            reader.ack(batch.last());
        }
        assert!(newest, "what was accepted a moment ago is not there");
    }
    drop(spool.close());
}

fn memory() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a temporary folder")
}

fn open(folder: &Path) -> Spool {
    let places = Places { state: folder.join("state"), runtime: Some(folder.join("run")) };
    let opened = Spool::open(places, Options::default(), [1; 16], Arc::new(RealDisk));
    opened.expect("an empty folder opens").0
}

fn epoch(number: u64) -> Epoch {
    Epoch::from_micros(1_790_000_000_000_000 + number.cast_signed())
}

fn put(spool: &Spool, bucket: &str, number: u64) {
    let log = spool.log(&BucketKey::new(bucket).expect("a key"), &["out"]).expect("it is open");
    let (key, value) = (Key::new("n").expect("a key"), Value::from(number.cast_signed()));
    let entry = Entry::new(&key, &value, epoch(number), Quality::Given, "input");
    log.append(&[entry], None).expect("there is room");
}

fn below(folder: &Path, each: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() { below(&path, each) } else { each(&path) }
    }
}
