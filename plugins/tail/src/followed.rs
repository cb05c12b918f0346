//! One file that is followed: read to its end again and again, line by line.
//!
//! A line is read once its end is there, and never before. What was read is believed only after the bytes before it were
//! found to be the same as last time: a file that was cut off and has grown again is noticed, however fast that went.

use std::io;
use std::path::{Path, PathBuf};

use memchr::{memchr, memrchr};
use streamer_lines::{Joiner, Reader};
use streamer_plugin::Position;
use streamer_plugin::clock::SinceBoot;

use crate::delivery::{BATCH_BYTES, Delivery, Stopped};
use crate::place::{BACK, HEAD, Head, Inode, Place, Stream, hash};
use crate::scan::look;
use crate::source::Source;
use crate::text::{Lines, Stains, cleaned};

/// What came of reading on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Went {
    /// All there is was read.
    ToTheEnd,
    /// There is more.
    On,
}

/// What comes next in a file.
pub enum Ahead {
    Nothing,
    /// So many bytes, of which so many were read before, and the first ones of the file.
    Bytes {
        length: usize,
        back: usize,
        first: Vec<u8>,
    },
    /// What was read before is no longer there: the file was cut off, or is another one.
    CutOff,
}

/// Why reading on did not work.
#[derive(Debug)]
pub enum Trouble {
    Stopped,
    Io(io::Error),
}

impl From<Stopped> for Trouble {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What tells that a file changed: its size and when it was written.
pub type Look = (u64, i128);

/// A file, how far it was read, and what is known of its end.
pub struct Followed {
    pub path: PathBuf,
    /// The path by which it is followed: where it was found, before it was renamed.
    pub log: PathBuf,
    pub source: Option<Source>,
    pub reader: Reader,
    pub look: Look,
    /// Of two files of one log the older one has the smaller number.
    pub number: u64,
    /// How often what comes next waited in a row, because something older had news.
    pub waited: u32,
    /// It was looked at twice with the same look, the second time later than any write that could have had the first's.
    pub sure: bool,
    /// When something happened last.
    pub news: SinceBoot,
    /// It no longer lies where it was found.
    pub gone: bool,
    /// It is no copy of another file, or the place in it is known: it may be read.
    pub original: bool,
    /// A head of the format that stands in it, until it was kept.
    pub found_head: Option<String>,
    stream: Stream,
    /// The stream's name as the place was sent with it; empty before the first.
    name: String,
    /// The place that was sent last.
    place: Place,
    /// Where the last record ends that was read.
    done: u64,
    /// Where the line begins that is not complete.
    read_to: u64,
    /// How far it was looked at: beyond `read_to` only within a line that is too long.
    reach: u64,
    check: u64,
    joiner: Option<Joiner>,
    /// The beginning of a line that is too long.
    long: Option<Vec<u8>>,
    in_hole: bool,
    learning: bool,
    bytes_behind: bool,
}

impl Followed {
    /// A file that is read from its start.
    pub fn new(inode: Inode, path: &Path, log: &Path, reader: Reader, joiner: Option<Joiner>, now: SinceBoot) -> Self {
        Self {
            path: path.to_owned(),
            log: log.to_owned(),
            source: None,
            reader,
            look: (0, -1),
            number: 0,
            waited: 0,
            sure: false,
            news: now,
            gone: false,
            original: false,
            found_head: None,
            stream: Stream::new(inode, Head::of(b""), log),
            name: String::new(),
            place: Place::new(0, b""),
            done: 0,
            read_to: 0,
            reach: 0,
            check: hash(b""),
            joiner,
            long: None,
            in_hole: false,
            learning: true,
            bytes_behind: false,
        }
    }

    /// Goes on at a place of a stream, which was found to fit.
    pub fn resume(&mut self, stream: Stream, name: String, place: Place, before: &[u8]) {
        (self.place, self.done) = (place, place.offset);
        (self.stream, self.name) = (stream, name);
        (self.read_to, self.reach, self.check) = (place.offset, place.offset, hash(before));
        self.learning = false;
    }

    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn place(&self) -> Place {
        self.place
    }

    pub fn read_to(&self) -> u64 {
        self.read_to
    }

    /// Whether it may be the copy of a log, which cannot be told yet.
    pub fn is_unsettled(&self) -> bool {
        !self.original && self.read_to == 0 && (self.look.0 > 0 || self.look.1 == -1)
    }

    /// The file as it is on the disk, where it is open.
    pub fn plain(&self) -> Option<Source> {
        match &self.source {
            Some(Source::Plain(file)) => file.try_clone().map(Source::Plain).ok(),
            _ => None,
        }
    }

    /// When it was written last, if it was deleted.
    pub fn deleted(&self) -> Option<i128> {
        let found = self.source.as_ref().and_then(Source::metadata)?;
        (std::os::unix::fs::MetadataExt::nlink(&found) == 0).then(|| look(&found).1)
    }

    /// Whether it may hold something by now that was not read yet.
    pub fn has_news(&self) -> bool {
        match &self.source {
            Some(Source::Packed(_)) => !self.sure,
            Some(source) => source.metadata().is_some_and(|found| look(&found) != self.look),
            None => false,
        }
    }

    /// Whether it ends with a line that has no end yet.
    pub fn is_unfinished(&self) -> bool {
        self.bytes_behind
    }

    /// Whether lines wait for others that belong to them.
    pub fn holds(&self) -> bool {
        self.joiner.as_ref().is_some_and(Joiner::holds)
    }

    /// The file was cut off: it is another one from now on. Tells the stream and the place that ended.
    pub fn begin_anew(&mut self) -> (Stream, String, Place) {
        let stream = Stream { head: Head::of(b""), ..self.stream.clone() };
        let ended = (std::mem::replace(&mut self.stream, stream), std::mem::take(&mut self.name), self.place);
        (self.place, self.done) = (Place::new(0, b""), 0);
        (self.read_to, self.reach, self.check) = (0, 0, hash(b""));
        self.reader.restart();
        self.joiner.iter_mut().for_each(Joiner::clear);
        self.long = None;
        (self.learning, self.sure, self.bytes_behind) = (true, false, false);
        ended
    }

    /// Lets a reader that wants one see the head of the file, before it goes on in the middle.
    pub fn show_head(&mut self, kept: Option<&str>, room: &mut [u8]) -> io::Result<()> {
        let Some(source) = &mut self.source else { return Ok(()) };
        let now = streamer_plugin::Epoch::ZERO;
        if let Some(kept) = kept {
            self.reader.read_line(kept, now, &mut |_| {});
            self.reader.restart();
        }
        let read = source.read_at(0, room)?;
        let end = memrchr(b'\n', &room[..read]).map_or(0, |end| end + 1);
        let mut lines = Lines::new(&room[..end], usize::MAX);
        let mut data = false;
        while !data
            && lines.next(&mut Stains::default(), |line, _| self.reader.read_line(line, now, &mut |_| data = true))
        {
        }
        Ok(())
    }

    /// Looks what comes next, as far as `room` goes.
    ///
    /// # Errors
    /// As reading does.
    pub fn look_ahead(&mut self, room: &mut [u8]) -> io::Result<Ahead> {
        let Some(source) = &mut self.source else { return Ok(Ahead::Nothing) };
        let back = to_index(self.reach.min(BACK as u64));
        let from = self.reach - back as u64;
        let length = source.read_at(from, room)?;
        let mut first = [0; HEAD];
        // The head is read behind the bytes: if it still fits, the file had not been cut off when they were read.
        let first_length = match source {
            Source::Plain(_) => source.read_at(0, &mut first)?,
            Source::Packed(_) if from == 0 => {
                let known = length.min(HEAD);
                first[..known].copy_from_slice(&room[..known]);
                known
            }
            Source::Packed(_) => 0,
        };
        let head = &first[..first_length];
        let is_plain = matches!(source, Source::Plain(_));
        if length < back || hash(&room[..back]) != self.check || (is_plain && !self.stream.head.fits(head)) {
            return Ok(Ahead::CutOff);
        }
        self.bytes_behind = length > back;
        Ok(if length == back { Ahead::Nothing } else { Ahead::Bytes { length, back, first: head.to_vec() } })
    }

    /// Reads the bytes that a look ahead brought, and sends what is in them.
    pub fn read_on(
        &mut self,
        room: &[u8],
        ahead: &Ahead,
        longest: usize,
        out: &mut Delivery<'_>,
    ) -> Result<Went, Trouble> {
        let Ahead::Bytes { length, back, first: head } = ahead else { return Ok(Went::ToTheEnd) };
        let (length, back) = (*length, *back);
        let from = self.reach - back as u64;
        let bytes = &room[..length];
        let more = if length == room.len() { Went::On } else { Went::ToTheEnd };
        out.begin();
        if let Some(start) = self.long.take() {
            return self.go_on_in_long_line(start, bytes, back, longest, head, more, out);
        }
        let start = back + self.pass_hole(&bytes[back..], out);
        let Some(last) = memrchr(b'\n', &bytes[start..]) else {
            self.read_to = from + start as u64;
            self.bytes_behind = length > start;
            if length - start > longest {
                self.long = Some(bytes[start..start + longest + 1].to_vec());
                self.reached(from, bytes, length);
            } else {
                self.reached(from, bytes, start);
                if start == length && more == Went::On {
                    self.pass_unwritten()?;
                }
            }
            return Ok(more);
        };
        let end = start + last + 1;
        self.take_lines(bytes, from, start..end, longest, head, out)?;
        self.read_to = from + end as u64;
        self.bytes_behind = length > end;
        self.reached(from, bytes, end);
        Ok(more)
    }

    /// Everything before `index` of `bytes`, which begin at `from`, was looked at.
    fn reached(&mut self, from: u64, bytes: &[u8], index: usize) {
        self.reach = from + index as u64;
        self.check = hash(&bytes[index.saturating_sub(BACK)..index]);
    }

    /// How many NUL bytes stand where a line should begin.
    fn pass_hole(&mut self, bytes: &[u8], out: &mut Delivery<'_>) -> usize {
        let hole = bytes.iter().take_while(|byte| **byte == 0).count();
        if hole > 0 && !std::mem::replace(&mut self.in_hole, true) {
            out.stains(&self.path.display(), Stains { holes: 1, ..Stains::default() });
        }
        if hole < bytes.len() {
            self.in_hole = false;
        }
        hole
    }

    /// Within a large hole, goes to where something was written.
    fn pass_unwritten(&mut self) -> io::Result<()> {
        let Some(source) = &mut self.source else { return Ok(()) };
        let Some(data) = source.data_behind(self.reach).filter(|data| *data > self.reach + BACK as u64) else {
            return Ok(());
        };
        let mut before = [0; BACK];
        if source.read_at(data - BACK as u64, &mut before)? == BACK {
            (self.read_to, self.reach, self.check) = (data, data, hash(&before));
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "what one read brought, and where it goes")]
    fn go_on_in_long_line(
        &mut self,
        start: Vec<u8>,
        bytes: &[u8],
        back: usize,
        longest: usize,
        head: &[u8],
        more: Went,
        out: &mut Delivery<'_>,
    ) -> Result<Went, Trouble> {
        let from = self.reach - back as u64;
        let Some(end) = memchr(b'\n', &bytes[back..]).map(|end| back + end + 1) else {
            self.long = Some(start);
            self.reached(from, bytes, bytes.len());
            return Ok(more);
        };
        let mut stains = Stains::default();
        let text = cleaned(&start, longest, &mut stains);
        self.take(&text, from + end as u64, out);
        out.stains(&self.path.display(), stains);
        self.read_to = from + end as u64;
        self.reached(from, bytes, end);
        self.send(from, bytes, head, out)?;
        self.bytes_behind = end < bytes.len();
        Ok(if end < bytes.len() { Went::On } else { more })
    }

    fn take_lines(
        &mut self,
        bytes: &[u8],
        from: u64,
        range: std::ops::Range<usize>,
        longest: usize,
        head: &[u8],
        out: &mut Delivery<'_>,
    ) -> Result<(), Stopped> {
        let mut stains = Stains::default();
        let mut lines = Lines::new(&bytes[range.clone()], longest);
        let base = from + range.start as u64;
        let mut last_sent = 0;
        let mut end = 0;
        while lines.next(&mut stains, |line, ends| {
            end = ends;
            self.take(line, base + ends as u64, out);
        }) {
            if out.is_full() || end - last_sent >= BATCH_BYTES {
                last_sent = end;
                out.stains(&self.path.display(), std::mem::take(&mut stains));
                self.send(from, bytes, head, out)?;
                out.begin();
            }
        }
        out.stains(&self.path.display(), stains);
        self.send(from, bytes, head, out)
    }

    /// Reads one line, which ends at `upto`.
    #[inline]
    fn take(&mut self, line: &str, upto: u64, out: &mut Delivery<'_>) {
        let before = out.len();
        match &mut self.joiner {
            None => {
                out.read(&mut self.reader, line);
                self.done = upto;
            }
            Some(joiner) => joiner.push(line, upto, &mut |record| {
                out.read(&mut self.reader, record.text);
                self.done = record.upto;
            }),
        }
        if self.learning {
            // The first line that is none of the readings is the head, where the format has one.
            self.learning = out.len() == before && line.trim().is_empty();
            if out.len() == before && !self.learning {
                self.found_head = Some(line.to_owned());
            }
        }
    }

    /// Sends what was read, with the place where its last record ends.
    fn send(&mut self, from: u64, bytes: &[u8], head: &[u8], out: &mut Delivery<'_>) -> Result<(), Stopped> {
        let Some(end) = self.done.checked_sub(from).map(to_index).filter(|end| *end <= bytes.len()) else {
            return if out.is_empty() { Ok(()) } else { out.send(None) };
        };
        self.place = Place::new(self.done, &bytes[end.saturating_sub(BACK)..end]);
        self.keep_place(head, out)
    }

    /// Sends what was read with the place as it is now, under a name that has as much of the head as is known for sure.
    pub fn keep_place(&mut self, head: &[u8], out: &mut Delivery<'_>) -> Result<(), Stopped> {
        let sure = to_index(self.place.offset.min(HEAD as u64)).min(head.len());
        let known = self.stream.head.length;
        // The name grows by doubling, so that a file which is written line by line has few names in its life.
        if self.name.is_empty() || sure >= (2 * known).max(1) || (sure == HEAD && known < HEAD) {
            let mut stream = self.stream.clone();
            if sure > known {
                stream.head = Head::of(&head[..sure]);
            }
            let name = stream.to_string();
            out.send(Some(Position { stream: &name, at: self.place.number() }))?;
            let old = std::mem::replace(&mut self.name, name);
            if !old.is_empty() && old != self.name {
                out.outlet().forget(&old);
            }
            self.stream = stream;
            return Ok(());
        }
        out.send(Some(Position { stream: &self.name, at: self.place.number() }))
    }

    /// Gives up waiting for more lines that belong to those that are held: the file was silent for long enough.
    pub fn flush(&mut self, out: &mut Delivery<'_>) -> Result<(), Trouble> {
        let Some(source) = &mut self.source else { return Ok(()) };
        let mut before = [0; BACK];
        let back = to_index(self.read_to.min(BACK as u64));
        let from = self.read_to - back as u64;
        if source.read_at(from, &mut before[..back])? != back
            || (self.long.is_none() && hash(&before[..back]) != self.check)
        {
            return Ok(());
        }
        let mut first = [0; HEAD];
        let length = if matches!(source, Source::Plain(_)) { source.read_at(0, &mut first)? } else { 0 };
        out.begin();
        let Some(joiner) = &mut self.joiner else { return Ok(()) };
        joiner.flush(&mut |record| {
            out.read(&mut self.reader, record.text);
            self.done = record.upto;
        });
        Ok(self.send(from, &before[..back], &first[..length], out)?)
    }
}

/// An offset within what fits into memory.
fn to_index(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
