//! Files that are new to us: are they new, or known under another name, or the copy of one that was cut off?

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use memchr::memrchr;
use streamer_plugin::State;

use crate::delivery::Stopped;
use crate::followed::Followed;
use crate::known::Known;
use crate::options::From;
use crate::packed::is_in_the_making;
use crate::place::{BACK, HEAD, Head, Inode, Place, Stream, path_words};
use crate::rotated::Age;
use crate::rounds::Rounds;
use crate::scan::{Scan, Seen, Sibling, siblings};
use crate::source::Source;

/// Where a new file is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begin {
    Start,
    End,
}

impl Rounds<'_> {
    /// At the start: takes up the files of the last run, also those that were rotated away since.
    pub fn take_up_known(&mut self, scan: &Scan, inodes: &HashSet<Inode>) -> Result<(), Stopped> {
        let mut there = HashSet::new();
        for seen in &scan.files {
            if self.take_up(seen, &seen.path, false)? {
                there.insert(path_words(&seen.path));
            }
        }
        let mut left: Vec<String> = self.memory.all().map(|known| known.stream.path.clone()).collect();
        left.sort_unstable();
        left.dedup();
        for path in left {
            self.hunt_at_start(Path::new(&path), inodes, !there.contains(&path))?;
        }
        Ok(())
    }

    /// Goes on in a file that is known by its inode, its first bytes and the bytes before its place.
    fn take_up(&mut self, seen: &Seen, log: &Path, gone: bool) -> Result<bool, Stopped> {
        let known = self.memory.take(seen.inode, &path_words(log));
        if known.is_empty() {
            return Ok(false);
        }
        if !gone {
            self.beside.note(log, seen.inode);
        }
        let mut source = self.open_seen(seen);
        let mut best = None;
        for known in known {
            match source.as_mut().and_then(|source| known.fits(source).ok().flatten()) {
                Some(before) if best.is_none() => best = Some((known, before)),
                // The same file under a shorter name.
                Some(_) => self.memory.end(&known),
                // Another file with its inode, or it was cut off: a copy of what was in it may lie beside it.
                None => self.memory.park(known),
            }
        }
        let Some(((known, before), source)) = best.zip(source) else {
            return Ok(false);
        };
        // The path by which it was followed stays, whatever it is called now.
        let log = PathBuf::from(&known.stream.path);
        self.resume(seen, &log, source, known, &before, gone)?;
        Ok(true)
    }

    fn resume(
        &mut self,
        seen: &Seen,
        log: &Path,
        source: Source,
        known: Known,
        before: &[u8],
        gone: bool,
    ) -> Result<(), Stopped> {
        let reader = self.reader(log);
        let has_reader = reader.is_some();
        let mut file = self.followed(seen, log, reader, source, gone);
        let stream = Stream { inode: seen.inode, ..known.stream.clone() };
        let name = if stream == known.stream { known.name.clone() } else { String::new() };
        file.resume(stream, name, known.place, before);
        self.show_head(&mut file, has_reader);
        if file.name().is_empty() {
            // A copy has a name of its own, which takes over the place.
            self.keep_place(&mut file)?;
            self.memory.take_one(&known.name);
            self.memory.end(&known);
        }
        self.files.insert(seen.inode, file);
        Ok(())
    }

    fn followed(
        &mut self,
        seen: &Seen,
        log: &Path,
        reader: Option<streamer_lines::Reader>,
        source: Source,
        gone: bool,
    ) -> Followed {
        let reader = reader.unwrap_or_else(|| self.format.reader());
        let mut file = Followed::new(seen.inode, &seen.path, log, reader, self.following.joiner.clone(), self.now());
        file.source = Some(source);
        file.gone = gone;
        self.taken_up += 1;
        file.number = self.taken_up;
        if matches!(file.source, Some(Source::Packed(_))) {
            file.look = (seen.look.0, -1);
        }
        if gone || file.path != file.log {
            self.turned.insert(log.to_owned());
        }
        self.opened();
        file
    }

    /// Takes up a file that the globs found and that is not followed yet.
    pub fn admit(&mut self, seen: &Seen) -> Result<(), Stopped> {
        if self.started && self.take_up(seen, &seen.path, false)? {
            return Ok(());
        }
        let at_start = *self.denied.entry(seen.path.clone()).or_insert(!self.started);
        self.stale = false;
        self.beside.note(&seen.path, seen.inode);
        let Some(source) = self.open_seen(seen) else {
            if std::mem::take(&mut self.stale) {
                // It was renamed since we looked; the next round sees it as it is then.
                self.denied.remove(&seen.path);
                self.again = true;
            }
            return Ok(());
        };
        self.denied.remove(&seen.path);
        let was_followed =
            !self.memory.of_path(&path_words(&seen.path)).is_empty() || self.reader(&seen.path).is_some();
        let begin =
            if at_start && !was_followed && self.following.from == From::End { Begin::End } else { Begin::Start };
        self.begin(seen, &seen.path, source, begin, false)
    }

    fn begin(&mut self, seen: &Seen, log: &Path, mut source: Source, begin: Begin, gone: bool) -> Result<(), Stopped> {
        let end = match begin {
            Begin::Start => None,
            Begin::End => end_of_lines(&mut source, &mut self.room).ok(),
        };
        let reader = self.reader(log);
        let has_reader = reader.is_some();
        let mut file = self.followed(seen, log, reader, source, gone);
        if let Some((place, before, head)) = end {
            file.resume(Stream { inode: seen.inode, head, path: path_words(log) }, String::new(), place, &before);
            self.show_head(&mut file, has_reader);
        } else if !has_reader && let Some(head) = self.kept_head(log) {
            file.reader.read_line(&head, streamer_plugin::Epoch::ZERO, &mut |_| {});
            file.reader.restart();
        }
        file.original = !self.started && self.fresh;
        self.keep_place(&mut file)?;
        self.files.insert(seen.inode, file);
        Ok(())
    }

    /// Says where a file stands, also before anything of it was read: else it would be begun at its end after the next
    /// start, or not be looked for when it was renamed, because others behind it are known and it is not.
    pub fn keep_place(&mut self, file: &mut Followed) -> Result<(), Stopped> {
        let mut first = [0; HEAD];
        let read = match &mut file.source {
            Some(source @ Source::Plain(_)) => source.read_at(0, &mut first).unwrap_or(0),
            _ => 0,
        };
        file.keep_place(&first[..read], &mut self.out)
    }

    /// Finds what was rotated away behind a log since it was last looked at, the oldest first, for the sake of a file
    /// that comes behind it.
    pub fn hunt(
        &mut self,
        log: &Path,
        inode: Inode,
        file: Option<&Followed>,
        inodes: &HashSet<Inode>,
    ) -> Result<(), Stopped> {
        self.look_beside(
            log,
            |rounds| {
                let mut all = siblings(log);
                rounds.await_found(&mut all, inodes);
                rounds.elders.clear();
                if let Some(written) = file.and_then(Followed::deleted) {
                    let is_there = all.iter().any(|sibling| sibling.seen.inode == inode);
                    all.retain(|sibling| is_there || sibling.seen.look.1 <= written);
                }
                if let Some(at) = all.iter().position(|sibling| sibling.seen.inode == inode) {
                    // It was the log itself when we looked. What is younger is found for the sake of others.
                    rounds.again |= at + 1 < all.len();
                    all.truncate(at);
                }
                // What is new is younger than all that was seen before; else it is only called otherwise.
                let is_seen = |s: &Sibling| rounds.follows(s.seen.inode) || rounds.beside.had(log, &s.seen);
                let new = all.iter().rposition(is_seen).map_or(0, |last| last + 1);
                for (at, sibling) in all.iter().enumerate() {
                    rounds.elders.push(sibling.seen.inode);
                    if rounds.follows(sibling.seen.inode) || inodes.contains(&sibling.seen.inode) {
                        continue;
                    }
                    if sibling.packed {
                        if at >= new && rounds.following.unpack && !is_in_the_making(sibling, &all) {
                            rounds.take_sibling(sibling, log, true, file)?;
                        }
                        continue;
                    }
                    if rounds.take_up(&sibling.seen, log, true)? {
                        continue;
                    }
                    let is_new = rounds.beside.knows(log) && !rounds.beside.had(log, &sibling.seen);
                    rounds.take_sibling(sibling, log, is_new, file)?;
                    if rounds.stale {
                        // The younger ones must not be known before it is.
                        break;
                    }
                }
                Ok(all)
            },
            inodes,
        )
    }

    /// The same after a start: what is younger than the oldest file that is known was rotated away meanwhile; and all of it
    /// where the log itself is not as it was left, so that it `turned`.
    fn hunt_at_start(&mut self, log: &Path, inodes: &HashSet<Inode>, turned: bool) -> Result<(), Stopped> {
        // The oldest one that is known may be deleted between two looks.
        let mut younger: HashSet<Inode> = HashSet::new();
        self.look_beside(
            log,
            |rounds| {
                let mut all = siblings(log);
                rounds.await_found(&mut all, inodes);
                let are_numbered = all.iter().any(|sibling| sibling.age != Age::Word);
                let mut unknown: Vec<&Sibling> = Vec::new();
                let mut oldest_is_known = false;
                for sibling in &all {
                    let is_asked = !sibling.packed || (rounds.following.unpack && !is_in_the_making(sibling, &all));
                    let is_known = rounds.follows(sibling.seen.inode)
                        || (!sibling.packed && rounds.take_up(&sibling.seen, log, true)?)
                        || (!inodes.contains(&sibling.seen.inode)
                            && is_asked
                            && rounds.take_sibling(sibling, log, false, None)?);
                    if is_known && !std::mem::replace(&mut oldest_is_known, true) {
                        unknown.retain(|sibling| younger.contains(&sibling.seen.inode));
                    }
                    // The globs find it themselves, nobody asked for it, or it is what somebody put beside the others.
                    let is_none =
                        inodes.contains(&sibling.seen.inode) || !is_asked || (are_numbered && sibling.age == Age::Word);
                    if !is_known && !is_none {
                        unknown.push(sibling);
                    }
                }
                for sibling in unknown {
                    let is_younger = turned || oldest_is_known || younger.contains(&sibling.seen.inode);
                    // What came after the log was opened may be a copy, made before it was cut off under our eyes.
                    let is_new = is_younger || (rounds.beside.knows(log) && !rounds.beside.had(log, &sibling.seen));
                    if is_new {
                        younger.insert(sibling.seen.inode);
                    }
                    if is_new && !rounds.stale {
                        rounds.take_sibling(sibling, log, true, None)?;
                    }
                }
                rounds.number_anew(log, &all);
                Ok(all)
            },
            inodes,
        )
    }

    /// What the globs found is taken up in its turn, unless it cannot be opened: until then the younger ones wait.
    fn await_found(&mut self, all: &mut Vec<Sibling>, inodes: &HashSet<Inode>) {
        let waits = |sibling: &Sibling| {
            let inode = sibling.seen.inode;
            inodes.contains(&inode) && !self.follows(inode) && !self.denied.contains_key(&sibling.seen.path)
        };
        if let Some(at) = all.iter().position(waits) {
            self.again = true;
            all.truncate(at);
        }
    }

    /// Looks beside a log again and again until nothing is renamed under our eyes, and notes what is there.
    fn look_beside(
        &mut self,
        log: &Path,
        mut look: impl FnMut(&mut Self) -> Result<Vec<Sibling>, Stopped>,
        inodes: &HashSet<Inode>,
    ) -> Result<(), Stopped> {
        const PATIENCE: usize = 100;
        for _ in 0..PATIENCE {
            self.stale = false;
            let mut all = look(self)?;
            if !self.stale {
                // What the globs found and is not followed yet may be gone from there until they look again.
                all.retain(|s| self.follows(s.seen.inode) || !inodes.contains(&s.seen.inode));
                self.beside.set(log, &all);
                break;
            }
        }
        Ok(())
    }

    /// Opens a file that was seen, unless another one has its name by now.
    pub fn open_seen(&mut self, seen: &Seen) -> Option<Source> {
        let source = Source::open(&seen.path);
        let is_same =
            |source: &Source| source.metadata().is_some_and(|file| file.is_file() && Inode::of(&file) == seen.inode);
        match source {
            Ok(source) if is_same(&source) => Some(source),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                self.denied(&seen.path, &error);
                None
            }
            _ => {
                self.stale = true;
                None
            }
        }
    }

    /// Takes up a file beside a log: where it was left if its content is known, from its start if it is new.
    fn take_sibling(
        &mut self,
        sibling: &Sibling,
        log: &Path,
        is_new: bool,
        file: Option<&Followed>,
    ) -> Result<bool, Stopped> {
        let seen = &sibling.seen;
        let source = self.open_seen(seen);
        let source = if sibling.packed { source.and_then(Source::unpack) } else { source };
        let Some(mut source) = source else { return Ok(false) };
        if let Some((known, before)) = self.content_of(log, &mut source) {
            self.resume(seen, log, source, known, &before, true)?;
            return Ok(true);
        }
        if sibling.packed && self.is_read(&mut source, log, file) {
            return Ok(true);
        }
        if is_new {
            self.begin(seen, log, source, Begin::Start, true)?;
        }
        Ok(is_new)
    }

    pub fn show_head(&mut self, file: &mut Followed, has_reader: bool) {
        if self.has_head {
            let kept = if has_reader { None } else { self.kept_head(&file.log) };
            // A head that cannot be read now is not there for the lines either.
            let _ = file.show_head(kept.as_deref(), &mut self.room);
        }
    }

    fn kept_head(&self, log: &Path) -> Option<String> {
        let kept = if self.has_head { self.state.get(&head_name(log)).ok()? } else { None };
        kept.and_then(|bytes| String::from_utf8(bytes).ok())
    }

    /// Keeps a head that was just read, for a file behind it may have none.
    pub fn keep_head(&mut self, file: &mut Followed) {
        let Some(head) = file.found_head.take().filter(|_| self.has_head) else { return };
        let mut fresh = self.format.reader();
        fresh.read_line(&head, streamer_plugin::Epoch::ZERO, &mut |_| {});
        if !fresh.wants_head() && self.kept_head(&file.log).as_ref() != Some(&head) {
            keep(self.state, &head_name(&file.log), &head);
        }
    }
}

fn head_name(log: &Path) -> String {
    format!("head-{}", path_words(log))
}

fn keep(state: &State, name: &str, head: &str) {
    // Where it cannot be kept, a file without a head is read wrongly only if a restart falls between the two.
    let _ = state.put(name, head.as_bytes());
}

/// A place, what stands before it, and the head of its file.
pub type End = (Place, Vec<u8>, Head);

/// The place behind the last line that has an end, what stands before it, and the head of the file.
pub fn end_of_lines(source: &mut Source, room: &mut [u8]) -> io::Result<End> {
    let size = source.metadata().map_or(0, |file| file.len());
    let mut end = size;
    let offset = loop {
        let start = end.saturating_sub(room.len() as u64);
        let part = usize::try_from(end - start).unwrap_or(0);
        let read = source.read_at(start, &mut room[..part])?;
        if let Some(at) = memrchr(b'\n', &room[..read]) {
            break start + at as u64 + 1;
        }
        if start == 0 {
            break 0;
        }
        end = start;
    };
    let mut before = vec![0; usize::try_from(offset.min(BACK as u64)).unwrap_or(BACK)];
    let read = source.read_at(offset - before.len() as u64, &mut before)?;
    before.truncate(read);
    let mut first = [0; HEAD];
    let length = source.read_at(0, &mut first)?.min(usize::try_from(offset).unwrap_or(HEAD));
    Ok((Place::new(offset, &before), before, Head::of(&first[..length])))
}
