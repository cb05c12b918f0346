//! Frames that were sealed again are taken for true: what is behind the checksums is reached.

use streamer_hostile::{frames, spool};
use streamer_reading::Value;
use streamer_spool::Record;

const SEALED: u8 = 0x80;

fn changed(file: u8, changes: &[u8]) -> Vec<Record> {
    let (recovery, records) = spool::read_back(&[&[SEALED | file], changes].concat()).expect("it opens");
    assert_eq!((recovery.fault, recovery.set_aside), (None, Vec::new()));
    records
}

#[test]
fn what_is_taken_apart_and_sealed_again_is_the_same_file() {
    let mut bodies = Vec::new();
    for (path, bytes) in spool::files() {
        let Some(frames) = frames::open(bytes) else { continue };
        // A file's last bytes may be zeros, which its used part leaves out.
        assert_eq!(frames.seal()[..bytes.len()], *bytes, "{}", path.display());
        bodies.push(frames.bodies.len());
    }
    assert_eq!(bodies.len(), 5, "register, dead letters, two segments, the tail");
    assert!(bodies.iter().sum::<usize>() > 20, "{bodies:?}");
}

/// Changes the one word that the key is called by in a file; gives the readings that have it then.
fn renamed(part: &str) -> usize {
    let (file, (_, bytes)) =
        (0..).zip(spool::files()).find(|(_, (path, _))| path.to_string_lossy().contains(part)).expect("such a file");
    let bodies = frames::open(bytes).expect("a file of a spool").bodies;
    let word = |body: &Vec<u8>| body.windows(3).position(|item| item == [1, 1, b'n']);
    let (frame, at) = (0..).zip(&bodies).find_map(|(frame, body)| Some((frame, word(body)?))).expect("the key");
    let records = changed(file, &[frame, u8::try_from(at + 2).expect("near the front"), 1, 1, b'm']);
    assert_eq!(records.len(), 2 * 41, "forty of each log, and the newest");
    assert!(records.iter().all(|record| matches!(record.reading.value, Value::Int(0..=40))));
    records.iter().filter(|record| record.reading.key.as_str() == "m").count()
}

#[test]
fn a_sealed_frame_is_believed_and_so_its_items_are_decoded() {
    assert_eq!(changed(0, &[]).len(), 2 * 41);
    assert_eq!(renamed("log-one"), 40);
    assert_eq!(renamed("log-two"), 21, "what its last commit wrote");
    assert_eq!(renamed("tail."), 19, "and what came after");
}
