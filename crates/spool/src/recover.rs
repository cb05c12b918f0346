//! Reading back what a former opening left: segments first, then the tail. It never refuses to start.
//!
//! A torn end is cut, a bad segment is set aside, a foreign or newer file is left alone under another name, and all of
//! it is reported. A commit that was cut short by a power cut counts as never begun: its readings are in the tail, or
//! the power cut took them as it may.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use streamer_reading::BucketKey;

use crate::book::{Book, Stream};
use crate::committer::LogFiles;
use crate::cursor::Cursor;
use crate::disk::{self, Disk, DiskFile};
use crate::frame::{self, Beginning, Chain, HEAD, LONGEST, PREAMBLE};
use crate::home::Home;
use crate::item::{Decoder, Encoder, Forgotten, Item, Joint, SavedCursor, SavedStream};
use crate::mark::{Mark, Opening};
use crate::segment::{Runs, Segment};
use crate::writer::Writer;

/// What opening a spool found, and what it had to cut.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recovery {
    /// Readings that wait for some output.
    pub readings: u64,
    /// Readings among them that only the tail had: a process was killed, and they survived.
    pub from_tail: u64,
    /// Bytes cut from the ends of segments: a commit that a power cut interrupted.
    pub torn_bytes: u64,
    /// Readings that should be on disk and are not, counted once for each output that they were owed to.
    pub lost: u64,
    /// Files set aside, each with the reason, for a person to look at.
    pub set_aside: Vec<(PathBuf, String)>,
    /// Files set aside at an earlier time that had to make way.
    pub given_up: Vec<PathBuf>,
    /// What the disk refused. The spool is open all the same, and tries again with each commit.
    pub fault: Option<String>,
}

/// What is found of all logs.
#[derive(Debug, Default)]
pub(crate) struct Recovered {
    pub books: Vec<Book>,
    pub files: Vec<LogFiles>,
    pub openings: BTreeMap<u32, Opening>,
    pub tick: u64,
    pub report: Recovery,
}

/// A leap in the numbers of segments, beyond any that could not be read.
pub(crate) const UNREAD: u64 = 1 << 40;

/// Why a file is no candidate.
enum Unfit {
    /// The disk did not give it.
    Unread(io::Error),
    /// It is not for us to read.
    Bad(String),
}

/// A segment file that passed for one at first sight.
struct Candidate {
    joint: Joint,
    bucket: BucketKey,
    slot: String,
    salt: u64,
    file: Box<dyn DiskFile>,
}

/// What the closed commits of a log have said so far.
#[derive(Debug, Default)]
struct Said {
    segments: Vec<Segment>,
    cursors: Vec<SavedCursor>,
    streams: BTreeMap<Arc<str>, SavedStream>,
    /// The last reading: one that comes a second time, at another place, does not count.
    last: Option<Mark>,
    torn: u64,
    /// Items since the last commit that was closed: they count only once theirs is.
    open: Vec<Item>,
    /// Readings since then, by the index of their segment.
    open_runs: Vec<(usize, Runs)>,
    /// How many segments the last closed commit reached.
    reached: usize,
    /// Where the last closed commit began: index of the segment, and place in it.
    began: (usize, u64),
    /// Where the one before it ended.
    ended: (usize, u64),
}

impl Said {
    fn hear(&mut self, item: Item) {
        match item {
            Item::Record(record) if self.last.is_some_and(|last| record.mark <= last) => {}
            Item::Record(record) => {
                self.last = Some(record.mark);
                let here = self.segments.len().saturating_sub(1);
                match self.open_runs.last_mut() {
                    Some((index, runs)) if *index == here => runs.add(&record),
                    _ => {
                        let mut runs = Runs::default();
                        runs.add(&record);
                        self.open_runs.push((here, runs));
                    }
                }
            }
            item => self.open.push(item),
        }
    }

    fn close(&mut self, end: u64) {
        for (index, runs) in self.open_runs.drain(..) {
            self.segments[index].runs.extend(runs);
        }
        for item in std::mem::take(&mut self.open) {
            match item {
                Item::Cursor(cursor) => match self.cursors.iter_mut().find(|c| c.output == cursor.output) {
                    Some(known) => *known = cursor,
                    None => self.cursors.push(cursor),
                },
                Item::Stream(stream) => drop(self.streams.insert(stream.name.clone(), stream)),
                Item::Forget(Forgotten::Stream(name)) => drop(self.streams.remove(&name)),
                Item::Forget(Forgotten::Output(name)) => self.cursors.retain(|c| c.output != name),
                _ => {}
            }
        }
        self.reached = self.segments.len();
        self.began = std::mem::replace(&mut self.ended, (self.reached.saturating_sub(1), end));
        if let Some(segment) = self.segments.last_mut() {
            segment.end = end;
        }
    }
}

/// Where a writer can go on.
#[derive(Debug)]
struct Resume {
    chain: Chain,
    words: Vec<Arc<str>>,
    openings: Vec<u32>,
}

impl Recovered {
    /// Reads the folder of one log.
    pub fn log(&mut self, home: &Home, dir: &Path) -> io::Result<()> {
        let mut files = LogFiles::default();
        let mut found: BTreeMap<u64, Candidate> = BTreeMap::new();
        let mut unread = false;
        for name in home.disk.names(dir)? {
            let Some(slot) = name.strip_suffix(".segment") else { continue };
            // A recycled file keeps its name: neither number nor name may be given twice.
            files.next = files.next.max(slot.parse().unwrap_or(0));
            match self.first_sight(home, dir, &name) {
                Ok(Some(candidate)) => {
                    files.next = files.next.max(candidate.joint.number);
                    found.insert(candidate.joint.number, candidate);
                }
                Ok(None) if files.spares.is_empty() => files.spares.push(name),
                Ok(None) => drop(home.disk.remove(&dir.join(name))),
                Err(Unfit::Unread(error)) => {
                    // It may be whole. It stays where it is, and its place in the order stays free for it.
                    unread = true;
                    self.report.fault.get_or_insert(error.to_string());
                }
                Err(Unfit::Bad(reason)) => self.leave_alone(home, &dir.join(name), reason),
            }
        }
        // A segment says which one it follows: what was begun in between was given up by whoever wrote it.
        let joints: Vec<Joint> = found.values().map(|c| c.joint).collect();
        for joint in &joints {
            for given_up in found.extract_if(.., |number, _| *number > joint.before && *number < joint.number) {
                drop(home.disk.remove(&dir.join(given_up.1.slot)));
            }
        }
        let Some(bucket) = found.values().next_back().map(|c| c.bucket.clone()) else { return Ok(()) };
        let ends: HashMap<u64, u64> = found.values().map(|c| (c.joint.before, c.joint.before_end)).collect();
        let (said, resume) = self.read_all(&found, &ends);
        let mut by_number = found;
        // Segments of a commit that was never finished.
        let kept: Vec<u64> = said.segments.iter().map(|s| s.number).collect();
        for (_, unfinished) in by_number.extract_if(.., |number, _| !kept.contains(number)) {
            self.leave_alone(home, &dir.join(unfinished.slot), "no commit in it was finished".into());
        }
        self.report.torn_bytes += said.torn;
        files.unproven = last_commit(&said, dir);
        if let Some(last) = said.segments.last() {
            files.good = (last.number, last.end);
            if !unread
                && let (Some(resume), Some(candidate), false) = (resume, by_number.remove(&last.number), last.bad)
            {
                files.writer = Some(Writer {
                    zeroed: last.size,
                    file: candidate.file.into(),
                    slot: candidate.slot,
                    number: last.number,
                    salt: last.salt,
                    at: last.end,
                    chain: resume.chain,
                    encoder: Encoder::with_words(&resume.words),
                    openings: resume.openings,
                });
            }
        }
        if unread {
            files.next += UNREAD;
            files.good = (files.next, 0);
        }
        let book = self.book(bucket, said);
        self.books.push(book);
        self.files.push(files);
        Ok(())
    }

    fn leave_alone(&mut self, home: &Home, path: &Path, reason: String) {
        let place = home.set_aside(path).unwrap_or_else(|_| path.to_owned());
        self.report.set_aside.push((place, reason));
    }

    /// Reads the first frame of a file. `None`: it is blank; an error says why it must be set aside.
    fn first_sight(&self, home: &Home, dir: &Path, name: &str) -> Result<Option<Candidate>, Unfit> {
        let file = home.disk.open(&dir.join(name), false).map_err(Unfit::Unread)?;
        let read = |limit| disk::read_up_to(&*file, 0, limit).map_err(Unfit::Unread);
        let mut bytes = read(64 * 1024)?;
        let salt = match frame::beginning(&bytes) {
            Beginning::Blank => return Ok(None),
            Beginning::Newer(version) => {
                return Err(Unfit::Bad(format!("it is of version {version}, which is newer than this program")));
            }
            Beginning::Foreign => return Err(Unfit::Bad("it is no segment, or its beginning is damaged".into())),
            Beginning::Ours(salt) => salt,
        };
        let length =
            bytes.get(PREAMBLE..PREAMBLE + 4).and_then(|b| b.first_chunk::<4>()).map_or(0, |b| u32::from_le_bytes(*b));
        let whole = PREAMBLE + HEAD + length as usize;
        if whole > bytes.len() && whole < LONGEST {
            bytes = read(whole)?;
        }
        let (mut joint, mut bucket) = (None, None);
        let body = Chain::new(salt).open(&bytes[PREAMBLE..]);
        let read = body.and_then(|body| {
            Decoder::default().read(body, |item| match item {
                Item::Segment(found) => joint = Some(found),
                Item::Bucket(found) => bucket = BucketKey::new(&*found).ok(),
                _ => {}
            })
        });
        match (read, joint, bucket) {
            (Some(()), Some(joint), Some(bucket)) => {
                Ok(Some(Candidate { joint, bucket, slot: name.into(), salt, file }))
            }
            _ if bytes[PREAMBLE..].iter().all(|b| *b == 0) => Ok(None),
            _ => Err(Unfit::Bad("its first frame is torn or damaged".into())),
        }
    }

    /// Reads all frames of a log in order; what came after the last closed commit does not count.
    fn read_all(&mut self, found: &BTreeMap<u64, Candidate>, ends: &HashMap<u64, u64>) -> (Said, Option<Resume>) {
        let mut said = Said::default();
        let mut resume = None;
        for (number, candidate) in found {
            let bytes = disk::read_up_to(&*candidate.file, 0, usize::MAX).unwrap_or_default();
            let limit = ends.get(number).map(|end| usize::try_from(*end).unwrap_or(usize::MAX));
            let known = &bytes[..bytes.len().min(limit.unwrap_or(usize::MAX))];
            said.segments.push(Segment {
                number: *number,
                slot: candidate.slot.clone(),
                salt: candidate.salt,
                runs: Runs::default(),
                end: PREAMBLE as u64,
                size: bytes.len() as u64,
                bad: false,
            });
            let (mut at, mut chain, mut decoder) = (PREAMBLE, Chain::new(candidate.salt), Decoder::default());
            let mut openings = Vec::new();
            let mut last_close = None;
            while let Some(body) = chain.open(known.get(at..).unwrap_or_default()) {
                let mut closes = false;
                let read = decoder.read(body, |item| match item {
                    Item::Opening(opening) => {
                        openings.push(opening.number);
                        self.openings.insert(opening.number, opening);
                    }
                    Item::Close => closes = true,
                    item => said.hear(item),
                });
                if read.is_none() {
                    break;
                }
                at += HEAD + body.len();
                if closes {
                    said.close(at as u64);
                    last_close = Some((at, chain, decoder.known(), openings.len()));
                }
            }
            if let Some(limit) = limit {
                // A segment that has a successor was synced to its end: what is missing there is damage.
                if let Some(segment) = said.segments.last_mut() {
                    segment.end = at as u64;
                    segment.bad = at < limit;
                }
                continue;
            }
            // One whose successor was given back long ago can end with a commit that went on there.
            if found.last_key_value().is_some_and(|(last, _)| last == number) {
                let closed = last_close.map_or(PREAMBLE, |(closed, ..)| closed);
                said.torn = (at - closed + begun(bytes.get(at..).unwrap_or_default())) as u64;
            }
            if let Some((_, chain, words, known)) = last_close {
                openings.truncate(known);
                resume = Some(Resume { chain, words: decoder.words(words), openings });
            }
        }
        said.segments.truncate(said.reached);
        (said, resume)
    }

    fn book(&mut self, bucket: BucketKey, said: Said) -> Book {
        let mut book = Book::new(bucket, 0);
        book.last = said.segments.iter().filter_map(|s| s.runs.last()).max().unwrap_or(Mark::START);
        for segment in said.segments {
            book.segment_bytes += segment.size;
            for opening in segment.runs.openings() {
                self.openings.entry(opening).or_insert(Opening::unknown(opening));
            }
            if segment.bad {
                let reason =
                    format!("segment {} is damaged; what could be read of it is still delivered", segment.number);
                self.report.set_aside.push((PathBuf::from(&segment.slot), reason));
            }
            book.segments.push_back(segment);
        }
        for saved in said.cursors {
            let mut cursor = Cursor::new(&saved.output, saved.at);
            cursor.restore(&saved);
            let there = book.on_disk_between(saved.at, Mark::END);
            let lost = saved.waiting.saturating_sub(there);
            cursor.lost_at_start = lost;
            book.cursors.push(cursor);
        }
        for stream in said.streams.into_values() {
            self.tick = self.tick.max(stream.tick);
            book.streams.push(Stream::new(stream));
        }
        book
    }
}

/// A part of a commit that was found at the start: whoever wrote it may have died before the sync, or after one that
/// failed. Then it reads well, the next sync would say that all is well, and it is not on disk.
#[derive(Debug)]
pub(crate) struct Unproven {
    pub path: PathBuf,
    pub from: u64,
    pub end: u64,
}

impl Unproven {
    pub fn write_again(&self, disk: &dyn Disk) -> io::Result<()> {
        let file = match disk.open(&self.path, false) {
            Ok(file) => file,
            // Set aside meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let length = usize::try_from(self.end.saturating_sub(self.from)).unwrap_or(0);
        let bytes = disk::read_up_to(&*file, self.from, length)?;
        disk::write_all(&*file, &bytes, self.from)?;
        file.sync()?;
        self.path.parent().map_or(Ok(()), |dir| disk.sync_dir(dir))
    }
}

/// Where the last commit lies.
fn last_commit(said: &Said, dir: &Path) -> Vec<Unproven> {
    let (first, from) = said.began;
    let parts = said.segments.iter().enumerate().skip(first);
    let part = |(index, segment): (usize, &Segment)| {
        let from = if index == first { from } else { 0 };
        Unproven { path: dir.join(&segment.slot), from, end: segment.end }
    };
    parts.map(part).collect()
}

/// How many bytes behind the last whole frame are of one that was begun. Zeros say that none was, whatever a recycled
/// file still holds behind them from its former life.
fn begun(behind: &[u8]) -> usize {
    let head = &behind[..HEAD.min(behind.len())];
    if head.iter().all(|byte| *byte == 0) {
        return 0;
    }
    let length = head.first_chunk::<4>().map_or(0, |length| u32::from_le_bytes(*length) as usize);
    (HEAD + length).min(behind.len())
}
