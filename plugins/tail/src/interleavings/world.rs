//! The others: a program that logs, and what rotates its log. All they do is cut into the single calls to the system that
//! it takes, so that a reader may come in between any two of them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use streamer_plugin::Sink;
use streamer_plugin::testkit::Recorder;

use crate::place::Stream;

/// A small generator, so that a seed means the same history everywhere.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        dice.roll(2);
        dice
    }

    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}

/// What may happen to a log.
#[derive(Debug, Clone, Copy)]
pub struct Ways {
    pub rename: bool,
    pub copy: bool,
    pub recreate: bool,
    /// What was rotated is compressed.
    pub compress: bool,
    /// What was rotated has a date for its name, and is not renamed again.
    pub dated: bool,
}

/// One call to the system, or a few that nobody can tell from one.
#[derive(Debug, Clone)]
enum Call {
    /// So many lines, and whether the last of them has its end yet.
    Write(u64, bool),
    EndLine,
    Rename(String, String),
    Create,
    /// The writer opens the log anew, and makes it where it is not there.
    Reopen,
    /// Half of the log, or all of it, is copied.
    Copy(String, bool),
    Truncate,
    Remove,
    /// The oldest go.
    Prune,
    /// Half of the compressed file, all of it, or its original goes.
    Pack(String, u8),
}

/// The world of a log.
pub struct World {
    folder: PathBuf,
    pub dice: Dice,
    ways: Ways,
    calls: VecDeque<Call>,
    writer: File,
    /// How many lines were written, and whether the last one has its end.
    pub written: u64,
    open: bool,
    /// The number of the last line in each file, and of the first one in the log.
    last: HashMap<u64, u64>,
    first: Option<u64>,
    rotations: u64,
    now: SystemTime,
    /// What the reader holds open, and how many lines have arrived in order: both as far as the world knows.
    pub held: HashSet<u64>,
    /// What the reader ever held open.
    pub known: HashSet<u64>,
    pub arrived: u64,
    /// All up to this line must arrive before the reader may be killed: nobody else can read them any more.
    pub only_held: u64,
    /// What the tail keeps of each file.
    places: Arc<Recorder>,
    pub story: Vec<String>,
}

impl World {
    pub fn new(folder: &Path, seed: u64, ways: Ways, places: Arc<Recorder>) -> Self {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        let writer = open(&folder.join("app.log"));
        Self {
            folder: folder.to_owned(),
            dice: Dice::new(seed),
            ways,
            calls: VecDeque::new(),
            writer,
            written: 0,
            open: false,
            last: HashMap::new(),
            first: None,
            rotations: 0,
            now,
            held: HashSet::new(),
            known: HashSet::new(),
            arrived: 0,
            only_held: 0,
            places,
            story: Vec::new(),
        }
    }

    /// Something happens, or time passes.
    pub fn step(&mut self) {
        if self.calls.is_empty() {
            self.decide();
        }
        if let Some(call) = self.calls.pop_front() {
            self.story.push(format!("  {call:?}"));
            self.call(call);
        }
        if self.dice.roll(3) > 0 {
            // As coarse as a kernel's clock: much is written in the same moment.
            self.now += Duration::from_millis(4 * self.dice.roll(3));
        }
    }

    /// Whether something was begun and is not at its end.
    pub fn is_rotating(&self) -> bool {
        !self.calls.is_empty()
    }

    /// All that was begun comes to its end.
    pub fn finish(&mut self) {
        while !self.calls.is_empty() {
            self.step();
        }
        self.call(Call::EndLine);
    }

    /// Writes so many whole lines.
    pub fn lines(&mut self, count: u64) {
        self.call(Call::Write(count, true));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn decide(&mut self) {
        let ways = self.ways;
        match self.dice.roll(8) {
            _ if self.rotated().len() > 5 && self.dice.roll(2) == 0 => self.calls.push_back(Call::Prune),
            0 if ways.rename => self.rotate_by_renaming(),
            // If nothing tells which of the files beside the log are new, those that were made while nobody was
            // following are lost.
            1 if ways.copy && (self.was_read() || self.is_known_beside()) => self.rotate_by_copying(),
            2 if ways.recreate && self.was_read() => self.calls.extend([Call::Remove, Call::Reopen]),
            3 if ways.compress => {
                if let Some(name) = self.rotated().into_iter().find(|name| !name.ends_with(".gz")) {
                    self.calls.extend((0..3).map(|part| Call::Pack(name.clone(), part)));
                }
            }
            4 if self.rotated().len() > 3 => self.calls.push_back(Call::Prune),
            _ => self.write(5),
        }
    }

    /// Whether something was read of what the log holds now.
    fn was_read(&self) -> bool {
        self.first.is_some_and(|first| first <= self.arrived)
    }

    fn inode(&self, name: &str) -> u64 {
        fs::metadata(self.path(name)).unwrap().ino()
    }

    fn is_known_beside(&self) -> bool {
        // The log itself may be among them, which tells nothing of its own copies unless it was read.
        let was_read = |inode| self.last.get(&inode).is_some_and(|last| *last <= self.arrived);
        let mut inodes = self.rotated().into_iter().map(|name| self.inode(&name));
        inodes.any(|inode| self.known.contains(&inode) && was_read(inode))
    }

    fn write(&mut self, most: u64) {
        let count = 1 + self.dice.roll(most);
        // Now and then a file longer than what is known of its head.
        let count = if self.dice.roll(30) == 0 { count * 40 } else { count };
        let whole = self.dice.roll(6) > 0;
        self.calls.push_back(Call::Write(count, whole));
    }

    fn rotate_by_renaming(&mut self) {
        let name = self.make_room();
        self.calls.push_back(Call::Rename("app.log".into(), name));
        self.write_late();
        if self.dice.roll(2) == 0 {
            self.calls.push_back(Call::Create);
            self.write_late();
        }
        self.calls.extend([Call::EndLine, Call::Reopen]);
    }

    /// A program that was not told yet writes into what was renamed.
    fn write_late(&mut self) {
        if self.dice.roll(3) == 0 {
            self.write(2);
        }
    }

    fn rotate_by_copying(&mut self) {
        self.calls.push_back(Call::EndLine);
        let name = self.make_room();
        self.calls.extend([Call::Copy(name.clone(), false), Call::Copy(name, true), Call::Truncate]);
    }

    /// The name for what is rotated now; the others are renamed to make room for it.
    fn make_room(&mut self) -> String {
        self.rotations += 1;
        if self.ways.dated {
            return format!("app.log-{}", 20_260_100 + self.rotations);
        }
        let mut there = self.rotated();
        there.sort_by_key(|name| std::cmp::Reverse(number(name)));
        for name in there {
            let ending = if name.ends_with(".gz") { ".gz" } else { "" };
            let next = format!("app.log.{}{ending}", number(&name) + 1);
            self.calls.push_back(Call::Rename(name, next));
        }
        "app.log.1".into()
    }

    /// What was rotated, the oldest first.
    fn rotated(&self) -> Vec<String> {
        let names = fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name != "app.log").collect();
        names.sort_by_key(|name| if self.ways.dated { number(name) } else { u64::MAX - number(name) });
        names
    }

    fn call(&mut self, call: Call) {
        match call {
            Call::Write(count, whole) => self.append(count, whole),
            Call::EndLine => {
                if std::mem::take(&mut self.open) {
                    self.put("\n");
                }
            }
            Call::Rename(from, to) => {
                let _ = fs::rename(self.path(&from), self.path(&to));
            }
            Call::Create => self.create(),
            Call::Reopen => {
                self.create();
                self.writer = open(&self.path("app.log"));
                self.first = None;
            }
            Call::Copy(name, all) => {
                let bytes = fs::read(self.path("app.log")).unwrap();
                let end = if all { bytes.len() } else { bytes.len() / 2 };
                let mut copy = self.open_new(&name);
                let there = copy.metadata().unwrap().len() as usize;
                copy.write_all(&bytes[there..end]).unwrap();
                self.touch(&copy);
                self.last.remove(&copy.metadata().unwrap().ino());
                if end > 0 {
                    self.note(&copy);
                }
            }
            Call::Truncate => {
                self.writer.set_len(0).unwrap();
                self.first = None;
                let writer = self.writer.try_clone().unwrap();
                self.touch(&writer);
            }
            Call::Remove => {
                let inode = self.writer.metadata().unwrap().ino();
                if self.open || !(self.held.contains(&inode) || self.arrived == self.written) {
                    // Nobody else could still read it.
                    self.calls.clear();
                    return;
                }
                self.only_held = self.written;
                fs::remove_file(self.path("app.log")).unwrap();
            }
            Call::Prune => {
                let Some(oldest) = self.rotated().into_iter().next() else { return };
                let inode = self.inode(&oldest);
                let all_arrived = self.last.get(&inode).is_some_and(|last| *last <= self.arrived);
                let was_known = self.known.remove(&inode);
                if all_arrived && (!was_known || self.is_known_beside()) {
                    fs::remove_file(self.path(&oldest)).unwrap();
                } else if was_known {
                    self.known.insert(inode);
                }
            }
            Call::Pack(name, part) => self.pack(&name, part),
        }
    }

    fn pack(&mut self, name: &str, part: u8) {
        let path = self.path(name);
        if part == 2 {
            // A file of which nothing was read is known by its inode alone, and would not be found again.
            let inode = self.inode(name);
            let is_it = |stream: &str| Stream::parse(stream).is_some_and(|stream| stream.inode.number == inode);
            let unread = self.places.positions().into_iter().any(|(stream, at)| at >> 16 == 0 && is_it(&stream));
            let gone = if unread { self.path(&format!("{name}.gz")) } else { path };
            return drop(fs::remove_file(gone));
        }
        let bytes = fs::read(&path).unwrap();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&bytes).unwrap();
        let packed_bytes = gzip.finish().unwrap();
        let end = if part == 0 { packed_bytes.len() / 2 } else { packed_bytes.len() };
        let mut file = self.open_new(&format!("{name}.gz"));
        let there = file.metadata().unwrap().len() as usize;
        file.write_all(&packed_bytes[there.min(end)..end]).unwrap();
        // gzip gives it the time of its original.
        let original = fs::metadata(&path).unwrap();
        if part == 0 {
            self.touch(&file);
        } else {
            file.set_times(FileTimes::new().set_modified(original.modified().unwrap())).unwrap();
        }
        let inode = file.metadata().unwrap().ino();
        if let Some(last) = self.last.get(&original.ino()).copied() {
            self.last.insert(inode, last);
        }
        if self.known.contains(&original.ino()) {
            self.known.insert(inode);
        }
    }

    fn create(&mut self) {
        if !self.path("app.log").exists() {
            let file = self.open_new("app.log");
            self.touch(&file);
        }
    }

    /// Opens a file; where it is new, its inode may be that of another one that is known.
    fn open_new(&mut self, name: &str) -> File {
        let is_there = self.path(name).exists();
        let file = open(&self.path(name));
        let inode = file.metadata().unwrap().ino();
        if !is_there {
            self.last.remove(&inode);
            self.known.remove(&inode);
        }
        file
    }

    fn append(&mut self, count: u64, whole: bool) {
        let mut text = String::new();
        if std::mem::take(&mut self.open) {
            text.push('\n');
        }
        self.first = self.first.or(Some(self.written + 1));
        for _ in 0..count {
            self.written += 1;
            // Of all lengths, so that a file which was cut off often grows just as long as it was.
            text += &format!("{}{}\n", self.written, "-".repeat(self.dice.roll(4) as usize));
        }
        if !whole {
            text.pop();
            self.open = true;
        }
        self.put(&text);
    }

    fn put(&mut self, text: &str) {
        self.writer.write_all(text.as_bytes()).unwrap();
        let writer = self.writer.try_clone().unwrap();
        self.touch(&writer);
        self.note(&writer);
    }

    /// Gives a file the time of this world, which is the same for the same seed.
    fn touch(&self, file: &File) {
        file.set_times(FileTimes::new().set_modified(self.now)).unwrap();
    }

    fn note(&mut self, file: &File) {
        self.last.insert(file.metadata().unwrap().ino(), self.written);
    }
}

fn open(path: &Path) -> File {
    OpenOptions::new().append(true).create(true).open(path).unwrap()
}

/// `2` of `app.log.2.gz`.
fn number(name: &str) -> u64 {
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}
