//! The end of one bucket's newest segment, where commits go.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::book::Book;
use crate::disk::{self, Disk, DiskFile};
use crate::frame::{self, Chain, HEAD, PREAMBLE};
use crate::home::random;
use crate::item::{Encoder, Joint};
use crate::limits;
use crate::mark::{Mark, Opening};
use crate::segment::Runs;

/// An open segment, with all that is needed to go on with it.
#[derive(Debug)]
pub(crate) struct Writer {
    pub file: Arc<dyn DiskFile>,
    pub slot: String,
    pub number: u64,
    pub salt: u64,
    /// Where the next frame goes.
    pub at: u64,
    /// Up to here the blocks are written, so that a small commit changes nothing but its own.
    pub zeroed: u64,
    pub chain: Chain,
    pub encoder: Encoder,
    /// The openings that the segment names already.
    pub openings: Vec<u32>,
}

/// One commit's part in one segment.
#[derive(Debug)]
pub(crate) struct Part {
    pub file: Arc<dyn DiskFile>,
    pub slot: String,
    pub number: u64,
    pub salt: u64,
    pub runs: Runs,
    pub end: u64,
    pub size: u64,
}

/// How a frame ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filled {
    /// There is more to write.
    More,
    /// All is written, and the frame closes the commit.
    Closed,
}

/// The bucket's state on disk beside the readings that this commit has written so far.
pub(crate) struct Frame<'a> {
    pub book: &'a mut Book,
    pub openings: &'a [Opening],
    pub joint: Option<Joint>,
    pub from: Mark,
    pub through: Mark,
    pub longest: usize,
    pub parts: &'a [Part],
}

impl Writer {
    /// Whether the segment still lies where others read it, as far as is known.
    pub fn is_there(&self, disk: &dyn Disk, dir: &Path) -> bool {
        disk::is_at(disk, &*self.file, &dir.join(&self.slot)).unwrap_or(true)
    }

    /// Begins a segment in a file that is new, or was given back.
    pub fn begin(disk: &dyn Disk, dir: &Path, slot: String, number: u64) -> io::Result<Self> {
        let file: Arc<dyn DiskFile> = disk.open(&dir.join(&slot), true)?.into();
        let (salt, zeroed) = (random(), file.length()?);
        let chain = Chain::new(salt);
        let encoder = Encoder::default();
        Ok(Self { file, slot, number, salt, at: 0, zeroed, chain, encoder, openings: Vec::new() })
    }

    pub fn part(&self) -> Part {
        let (file, slot) = (self.file.clone(), self.slot.clone());
        Part {
            file,
            slot,
            number: self.number,
            salt: self.salt,
            runs: Runs::default(),
            end: self.at,
            size: self.zeroed,
        }
    }

    /// Fills one frame with readings from `from` on, and with the state where it is the first or the last.
    pub fn fill(&mut self, frame: Frame<'_>, out: &mut Vec<u8>, runs: &mut Runs) -> (Filled, Mark) {
        let Frame { book, openings, joint, from, through, longest, parts } = frame;
        out.clear();
        if joint.is_some() {
            out.extend_from_slice(&frame::preamble(self.salt));
        }
        let start = out.len();
        out.extend_from_slice(&[0; HEAD]);
        self.encoder.begin();
        if let Some(joint) = joint {
            self.encoder.segment(out, joint);
            self.encoder.bucket(out, book.bucket.as_str());
            self.state(book, through, parts, runs, true, out);
        }
        let mut reached = from.max(book.owed_after());
        let first = book.pending.partition_point(|p| p.mark <= reached);
        let mut filled = Filled::Closed;
        for record in book.pending.range(first..) {
            if record.mark > through {
                break;
            }
            if out.len() >= longest {
                filled = Filled::More;
                break;
            }
            if self.openings.last() != Some(&record.mark.opening)
                && !self.openings.contains(&record.mark.opening)
                && let Some(opening) = openings.iter().find(|o| o.number == record.mark.opening)
            {
                self.encoder.opening(out, opening);
                self.openings.push(opening.number);
            }
            self.encoder.record(out, record);
            runs.add(record);
            reached = record.mark;
        }
        if filled == Filled::Closed {
            self.state(book, through, parts, runs, false, out);
            self.encoder.close(out);
        }
        self.chain.seal(out, start);
        (filled, reached)
    }

    fn state(&mut self, book: &mut Book, through: Mark, parts: &[Part], runs: &Runs, whole: bool, out: &mut Vec<u8>) {
        for index in 0..book.cursors.len() {
            book.cursors[index].saving = book.cursors[index].at;
            let cursor = &book.cursors[index];
            let now: u64 = parts.iter().map(|p| p.runs.after(cursor.at)).sum::<u64>() + runs.after(cursor.at);
            let waiting = book.on_disk_between(cursor.at, Mark::END) + now;
            self.encoder.cursor(out, &cursor.save(waiting));
        }
        if !whole {
            book.forgotten.drain(..).for_each(|forgotten| self.encoder.forget(out, &forgotten));
        }
        for stream in &mut book.streams {
            let Some(now) = stream.save_through(through) else { continue };
            if whole || stream.saved != Some((now.at, now.settled)) {
                stream.saved = Some((now.at, now.settled));
                self.encoder.stream(out, &now);
            }
        }
        (book.saved_changes, book.countings) = (book.changes, 0);
    }

    /// Writes a frame, and zeros behind it: to the end of the blocks where it reaches new ones, else where the head of the
    /// next frame will be, so that nothing of a recycled file's former life is taken for one. Gives the bytes written.
    pub fn write(&mut self, out: &mut Vec<u8>, disk: &dyn Disk, dir: &Path) -> io::Result<u64> {
        let end = self.at + out.len() as u64;
        if end > self.zeroed {
            let ahead = end.next_multiple_of(limits::CHUNK);
            if disk.room(dir)? < limits::RESERVE + (ahead - self.zeroed) {
                return Err(io::Error::new(io::ErrorKind::StorageFull, "no space left but the reserve"));
            }
            self.file.allocate(self.zeroed, ahead - self.zeroed)?;
            out.resize(out.len() + usize::try_from(ahead - end).unwrap_or(0), 0);
            disk::write_all(&*self.file, out, self.at)?;
            self.zeroed = ahead;
        } else {
            let behind = usize::try_from(self.zeroed - end).unwrap_or(HEAD).min(HEAD);
            out.resize(out.len() + behind, 0);
            disk::write_all(&*self.file, out, self.at)?;
        }
        self.at = end;
        Ok(out.len() as u64)
    }
}

/// The least that a first frame needs in front of it.
pub(crate) const fn is_begun(at: u64) -> bool {
    at > PREAMBLE as u64
}
