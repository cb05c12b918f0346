//! The one that writes: it brings what is owed to the disk, and gives back what is settled.
//!
//! It holds the spool's lock only to copy; whatever the disk does meanwhile, appends and readers go on.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use crate::book::Book;
use crate::disk::{self, DiskFile};
use crate::frame;
use crate::home::Home;
use crate::item::Joint;
use crate::limits;
use crate::mark::{Mark, Opening};
use crate::recover::{UNREAD, Unproven};
use crate::register::Register;
use crate::segment::{Gone, Runs, Segment};
use crate::state::{Shared, State};
use crate::writer::{Filled, Frame, Part, Writer, is_begun};

/// What belongs to one log.
#[derive(Debug, Default)]
pub(crate) struct LogFiles {
    pub writer: Option<Writer>,
    /// Files given back, to be used again.
    pub spares: Vec<String>,
    /// The number of the next segment.
    pub next: u64,
    /// The last segment that a commit reached, and how far.
    pub good: (u64, u64),
    /// Where a write failed behind what was synced: something may stand there, and must not be taken for true later.
    pub failed: Option<(String, u64)>,
    /// Segments begun since the last commit that succeeded.
    pub begun: Vec<(u64, String)>,
    /// What the last commit before this opening wrote.
    pub unproven: Vec<Unproven>,
}

#[derive(Debug)]
pub(crate) struct Committer {
    pub home: Home,
    pub files: HashMap<usize, LogFiles>,
    pub segment_size: u64,
    pub next_tail: u64,
    pub old_tails: Vec<u64>,
    /// The register as it stands on disk; `None` when it has to be written.
    pub register: Option<Box<dyn DiskFile>>,
    /// The last opening that the disk knew when this one began.
    pub known: Option<Opening>,
    /// How often cursors and positions were to be brought to the disk.
    pub checkpoints: u32,
}

/// What one commit did.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Written {
    pub readings: u64,
    pub bytes: u64,
}

/// How much a commit is to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Readings that were owed already when it was last asked, and with them all that is owed.
    Due,
    /// All readings that are owed.
    Owed,
    /// As `Due`; where nothing is, cursors and positions alone, if a start would go on elsewhere without them.
    Places,
    /// As `Places`, and cursors too of which only the counts have changed.
    Counts,
    /// All readings that are owed, and cursors and positions where they changed.
    Everything,
}

impl Committer {
    /// Writes, log by log; a log that fails holds up no other. The first error comes back.
    pub fn commit(&mut self, shared: &Shared, extent: Extent) -> (Written, Option<io::Error>) {
        let mut written = Written::default();
        let mut fault = None;
        if let Err(error) = self.check_home(shared) {
            return (written, Some(error));
        }
        let count = shared.lock().books.len();
        for index in 0..count {
            match self.commit_log(shared, index, extent) {
                Ok(one) => {
                    written.readings += one.readings;
                    written.bytes += one.bytes;
                }
                Err(error) => {
                    let mut state = shared.lock();
                    let book = &mut state.books[index];
                    book.committing = None;
                    // What the disk has now is unknown: the next segment says all of it again.
                    book.changes += 1;
                    drop(state);
                    self.abandon(shared, index);
                    fault.get_or_insert(error);
                }
            }
        }
        self.renew_tail(shared);
        (written, fault)
    }

    /// What a checkpoint has to write this time.
    pub fn next_checkpoint(&mut self, shared: &Shared) -> Extent {
        self.checkpoints = self.checkpoints.wrapping_add(1);
        // A tail on the disk may come back in part: only the disk's own cursors tell what of it was settled.
        let kept_in_memory = shared.lock().tail.as_ref().is_some_and(|tail| tail.in_memory);
        match (kept_in_memory, self.checkpoints.is_multiple_of(limits::COUNTS_EVERY)) {
            (false, _) => Extent::Everything,
            (true, true) => Extent::Counts,
            (true, false) => Extent::Places,
        }
    }

    /// Records this opening, before anything else of it goes to the disk.
    pub fn record_opening(&mut self, shared: &Shared) -> io::Result<()> {
        let recorded = self.check_home(shared);
        if recorded.is_ok() {
            self.known = Some(shared.lock().opening);
        }
        recorded
    }

    /// Writes what was found of the last commits once more, and syncs it. Tried once: a segment that cannot be written
    /// must not keep the others from the disk.
    fn prove(&mut self) -> io::Result<()> {
        let mut result = Ok(());
        for files in self.files.values_mut() {
            for part in files.unproven.drain(..) {
                result = result.and(part.write_again(&*self.home.disk));
            }
        }
        result
    }

    /// Makes the folders anew where somebody removed them or moved them away, and counts what lay there.
    fn check_home(&mut self, shared: &Shared) -> io::Result<()> {
        let there = match &self.register {
            Some(register) => {
                let path = Register::path(&self.home.spool);
                disk::is_at(&*self.home.disk, &**register, &path)? && !self.home.was_removed()?
            }
            None => false,
        };
        if there {
            return self.prove();
        }
        let removed = self.register.is_some();
        self.home.rebuild()?;
        if removed {
            self.files.values_mut().for_each(|f| {
                f.writer = None;
                f.spares.clear();
                f.unproven.clear();
            });
            let mut state = shared.lock();
            for book in &mut state.books {
                book.lose_all();
            }
            state.tail_stale = true;
        }
        let proven = self.prove();
        self.write_register(shared)?;
        proven
    }

    /// Brings one more offset to the disk, before the state knows it.
    pub fn write_offset(&mut self, shared: &Shared, boot: [u8; 16], micros: i64) -> io::Result<()> {
        self.write_register_with(shared, Some((boot, micros)))
    }

    /// Brings the openings and offsets that are still needed to the disk.
    pub fn write_register(&mut self, shared: &Shared) -> io::Result<()> {
        self.write_register_with(shared, None)
    }

    fn write_register_with(&mut self, shared: &Shared, offset: Option<([u8; 16], i64)>) -> io::Result<()> {
        let register = {
            let state = shared.lock();
            let mut offsets = state.offsets.clone();
            if let Some((boot, micros)) = offset {
                offsets.entry(boot).or_insert(micros);
            }
            Register { openings: state.openings.clone(), offsets: offsets.into_iter().collect() }
        };
        self.register = None;
        let spool = &self.home.spool;
        register.write(&*self.home.disk, spool)?;
        self.register = Some(self.home.disk.open(&Register::path(spool), false)?);
        Ok(())
    }

    fn commit_log(&mut self, shared: &Shared, index: usize, extent: Extent) -> io::Result<Written> {
        let (bucket, gone, through) = {
            let mut state = shared.lock();
            let book = &mut state.books[index];
            let through = owed_through(book, extent);
            book.seen = book.last;
            if through.is_none() && book.cut.is_empty() {
                return Ok(Written::default());
            }
            if through.is_some() {
                book.committing = through;
            }
            (book.bucket.clone(), std::mem::take(&mut book.cut), through)
        };
        let dir = self.home.log_dir(&bucket);
        self.bury(shared, index, &dir, gone)?;
        self.wipe(index, &dir)?;
        let Some(through) = through else { return Ok(Written::default()) };
        let (parts, mut written) = self.write_log(shared, index, &dir, through)?;
        for part in &parts {
            part.file.sync()?;
        }
        written.readings = parts.iter().map(|p| p.runs.count()).sum();
        let passed = self.install(shared, index, parts, through);
        for gone in passed {
            // A file that cannot be given back now is found again at the next start.
            let _ = self.give_back(shared, index, &dir, gone);
        }
        Ok(written)
    }

    /// Sees to it that no cut segment can come back, before the state that no longer knows them is written.
    fn bury(&mut self, shared: &Shared, index: usize, dir: &Path, gone: Vec<Gone>) -> io::Result<()> {
        let mut rest = gone.into_iter();
        while let Some(one) = rest.next() {
            let files = self.files.entry(index).or_default();
            if files.writer.as_ref().is_some_and(|w| w.number == one.number) {
                files.writer = None;
            }
            let result = if one.bad {
                self.set_aside(shared, &dir.join(&one.slot))
            } else {
                self.home.disk.remove(&dir.join(&one.slot))
            };
            let result = match result {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                other => other.and_then(|()| self.home.disk.sync_dir(dir)),
            };
            if let Err(error) = result {
                shared.lock().books[index].cut.extend(std::iter::once(one).chain(rest));
                return Err(error);
            }
        }
        Ok(())
    }

    /// Ends a segment where the last commit ended that succeeded.
    fn wipe(&mut self, index: usize, dir: &Path) -> io::Result<()> {
        let files = self.files.entry(index).or_default();
        if let Some((slot, end)) = &files.failed {
            match self.home.disk.open(&dir.join(slot), false) {
                Ok(file) => {
                    disk::write_all(&*file, &[0; frame::HEAD], *end)?;
                    file.sync()?;
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            files.failed = None;
        }
        Ok(())
    }

    /// Keeps a damaged file for a person to look at, within the bound for all of them.
    fn set_aside(&self, shared: &Shared, path: &Path) -> io::Result<()> {
        self.home.set_aside(path)?;
        self.home.bound_aside(shared.options.max_size);
        Ok(())
    }

    fn give_back(&mut self, shared: &Shared, index: usize, dir: &Path, gone: Gone) -> io::Result<()> {
        let path = dir.join(&gone.slot);
        let spares = &mut self.files.entry(index).or_default().spares;
        if gone.bad {
            self.set_aside(shared, &path)
        } else if spares.is_empty() && gone.size <= self.segment_size * 2 {
            spares.push(gone.slot);
            Ok(())
        } else {
            self.home.disk.remove(&path)
        }
    }

    /// Writes what is owed up to `through`, in as many frames and segments as it takes, with the state at its end.
    fn write_log(
        &mut self,
        shared: &Shared,
        index: usize,
        dir: &Path,
        through: Mark,
    ) -> io::Result<(Vec<Part>, Written)> {
        let newest = shared.lock().books[index].segments.back().map(|s| s.number);
        let files = self.files.entry(index).or_default();
        files.writer.take_if(|w| Some(w.number) != newest || !w.is_there(&*self.home.disk, dir));
        let longest = usize::try_from(self.segment_size / 16).unwrap_or(usize::MAX).min(limits::FRAME);
        let disk = &*self.home.disk;
        let (mut parts, mut written, mut out) = (Vec::<Part>::new(), Written::default(), Vec::new());
        let (mut from, mut good) = (Mark::START, files.good);
        loop {
            let full = files.writer.as_ref().is_some_and(|w| w.at + 2 * longest as u64 > self.segment_size);
            if full && let Some(old) = files.writer.take() {
                // Before anything of the next is written: a segment that has a successor is whole.
                old.file.sync()?;
                good = (old.number, old.at);
            }
            if files.writer.is_none() {
                if files.next == 0 && disk.names(dir).is_ok_and(|names| names.iter().any(|n| n.ends_with(".segment"))) {
                    // This log could not be read at the start; what it holds must not be mistaken for ours.
                    files.next = UNREAD;
                    files.good = (UNREAD, 0);
                    good = files.good;
                }
                files.next += 1;
                let recycled = files.spares.pop();
                let new = recycled.is_none();
                if new {
                    disk.make_dir(dir)?;
                }
                let slot = recycled.unwrap_or_else(|| format!("{:08}.segment", files.next));
                files.begun.push((files.next, slot.clone()));
                let writer = Writer::begin(disk, dir, slot, files.next)?;
                if new {
                    disk.sync_dir(dir)?;
                    disk.sync_dir(&self.home.spool)?;
                }
                files.writer = Some(writer);
            }
            let Some(writer) = &mut files.writer else { continue };
            let joint =
                (!is_begun(writer.at)).then_some(Joint { number: writer.number, before: good.0, before_end: good.1 });
            let mut runs = Runs::default();
            let (filled, reached) = {
                let mut state = shared.lock();
                let State { books, openings, .. } = &mut *state;
                let frame = Frame { book: &mut books[index], openings, joint, from, through, longest, parts: &parts };
                writer.fill(frame, &mut out, &mut runs)
            };
            written.bytes += writer.write(&mut out, disk, dir)?;
            from = reached;
            if parts.last().is_none_or(|p| p.number != writer.number) {
                parts.push(writer.part());
            }
            if let Some(part) = parts.last_mut() {
                part.runs.extend(runs);
                (part.end, part.size) = (writer.at, writer.zeroed);
            }
            if filled == Filled::Closed {
                return Ok((parts, written));
            }
        }
    }

    /// The commit is on disk: memory lets go of what was written, and the segments that every cursor has passed go.
    fn install(&mut self, shared: &Shared, index: usize, parts: Vec<Part>, through: Mark) -> Vec<Gone> {
        let mut state = shared.lock();
        let book = &mut state.books[index];
        if let Some(last) = parts.last() {
            let files = self.files.entry(index).or_default();
            files.good = (last.number, last.end);
            files.begun.clear();
        }
        for Part { slot, number, salt, runs, end, size, .. } in parts {
            match book.segments.back_mut() {
                Some(last) if last.number == number => {
                    book.segment_bytes += size - last.size;
                    last.runs.extend(runs);
                    (last.end, last.size) = (end, size);
                }
                _ => {
                    book.segment_bytes += size;
                    book.segments.push_back(Segment { number, slot, salt, runs, end, size, bad: false });
                }
            }
        }
        book.committing = None;
        book.let_go_through(through);
        // What the cursors passed since the state was written could be owed again after a power cut.
        book.cursors.iter_mut().for_each(|c| c.saved = c.saving);
        let mut passed = Vec::new();
        let newest = book.segments.back().map(|s| s.number);
        let cursors = &book.cursors;
        let segment_bytes = &mut book.segment_bytes;
        book.segments.retain(|segment| {
            let owed = cursors.iter().any(|c| segment.runs.after(c.saved) > 0);
            if owed || Some(segment.number) == newest {
                return true;
            }
            *segment_bytes -= segment.size;
            let Segment { number, slot, bad, size, .. } = segment.clone();
            passed.push(Gone { number, slot, bad, size });
            false
        });
        drop(state);
        shared.room.notify_all();
        passed
    }

    /// Gives up what could not be written; what was synced before stays true.
    fn abandon(&mut self, shared: &Shared, index: usize) {
        let files = self.files.entry(index).or_default();
        let written = files.writer.take().is_some() || !files.begun.is_empty();
        let (bucket, good) = {
            let state = shared.lock();
            let book = &state.books[index];
            if let Some(last) = book.segments.back().filter(|_| written) {
                files.failed = Some((last.slot.clone(), last.end));
            }
            (book.bucket.clone(), book.segments.back().map(|s| (s.number, s.end)))
        };
        if let Some(good) = good {
            files.good = good;
        }
        let dir = self.home.log_dir(&bucket);
        // At best at once, for whoever opens the spool next if this process is killed; for certain before the next
        // commit.
        if let Some((slot, end)) = &files.failed
            && let Ok(file) = self.home.disk.open(&dir.join(slot), false)
        {
            let _ = disk::write_all(&*file, &[0; frame::HEAD], *end);
        }
        for (number, slot) in files.begun.drain(..) {
            if good.is_none_or(|(last, _)| last < number) {
                let _ = self.home.disk.remove(&dir.join(slot));
            }
        }
    }
}

/// Up to where this commit writes readings, with the state behind them; none where it has nothing to write.
fn owed_through(book: &Book, extent: Extent) -> Option<Mark> {
    let after = book.owed_after();
    let owes = |through: Mark| book.pending.front().is_some_and(|p| p.mark <= through) && after < through;
    let changed = || book.changes != book.saved_changes;
    match extent {
        Extent::Due if owes(book.seen) => Some(book.last),
        Extent::Owed if owes(book.last) => Some(book.last),
        Extent::Places | Extent::Counts if owes(book.seen) => Some(book.last),
        // What is on its way to an output at this moment is most often never owed to the disk.
        Extent::Places | Extent::Counts if book.would_go_back() || (extent == Extent::Counts && changed()) => {
            Some(after.max(book.last_on_disk()))
        }
        Extent::Everything if owes(book.last) || book.would_go_back() || changed() => Some(book.last),
        _ => None,
    }
}
