//! Files that are new to us: are they new, or known under another name, or the copy of one that was cut off?

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use memchr::memrchr;
use streamer_plugin::State;

use crate::delivery::Stopped;
use crate::followed::Followed;
use crate::known::Known;
use crate::options::From;
use crate::place::{BACK, HEAD, Head, Inode, Place, Stream, hash, path_words};
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

/// Whether a log was rotated since the last run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turned {
    /// It is as it was left.
    No,
    /// Nothing of it had been read, so nobody can tell.
    Perhaps,
    /// What was read of it lies elsewhere.
    Away,
}

impl Rounds<'_> {
    /// At the start: takes up the files of the last run, also those that were rotated away since.
    pub fn take_up_known(&mut self, scan: &Scan, inodes: &HashSet<Inode>) -> Result<(), Stopped> {
        let paths = self.memory.all().map(|known| known.stream.path.clone());
        let mut turned: HashMap<String, Turned> = paths.map(|path| (path, Turned::Away)).collect();
        for seen in &scan.files {
            if self.take_up(seen, &seen.path, false)? {
                let was_read = self.files.get(&seen.inode).is_some_and(|file| file.read_to() > 0);
                turned.insert(path_words(&seen.path), if was_read { Turned::No } else { Turned::Perhaps });
            }
        }
        let mut left: Vec<String> = self.memory.all().map(|known| known.stream.path.clone()).collect();
        left.sort_unstable();
        left.dedup();
        for path in left {
            let turned = turned.get(&path).copied().unwrap_or(Turned::Away);
            self.hunt_at_start(Path::new(&path), inodes, turned)?;
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
        (file.written, file.number) = (seen.look.1, self.taken_up);
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

    /// Finds what was rotated away behind a log since it was last looked at, the oldest first.
    pub fn hunt(&mut self, log: &Path, inodes: &HashSet<Inode>) -> Result<(), Stopped> {
        self.look_beside(
            log,
            |rounds| {
                let mut all = siblings(log);
                for at in 0..all.len() {
                    let sibling = &all[at];
                    let is_followed = rounds.follows(sibling.seen.inode);
                    let is_found = is_followed || inodes.contains(&sibling.seen.inode);
                    if !is_followed && rounds.expected == Some(sibling.seen.inode) {
                        // It was the log itself when the globs looked. The younger ones wait until it is found here.
                        rounds.again = true;
                        all.truncate(at);
                        break;
                    }
                    if is_found || sibling.packed || rounds.take_up(&sibling.seen, log, true)? {
                        continue;
                    }
                    let is_new = rounds.beside.knows(log) && !rounds.beside.had(log, &sibling.seen);
                    rounds.take_sibling(sibling, log, is_new)?;
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

    /// The same after a start: what is younger than the oldest file that is known was rotated away meanwhile.
    fn hunt_at_start(&mut self, log: &Path, inodes: &HashSet<Inode>, turned: Turned) -> Result<(), Stopped> {
        self.look_beside(
            log,
            |rounds| {
                let all = siblings(log);
                let are_numbered = all.iter().any(|sibling| sibling.age != Age::Word);
                let mut unknown: Vec<&Sibling> = Vec::new();
                let mut oldest_is_known = false;
                for sibling in &all {
                    let is_known = rounds.follows(sibling.seen.inode)
                        || (!sibling.packed && rounds.take_up(&sibling.seen, log, true)?)
                        || (!inodes.contains(&sibling.seen.inode)
                            && (!sibling.packed || rounds.following.unpack)
                            && rounds.take_sibling(sibling, log, false)?);
                    if is_known && !std::mem::replace(&mut oldest_is_known, true) {
                        unknown.clear();
                    }
                    // The globs find it themselves, nobody asked for it, or it is what somebody put beside the others.
                    let is_none = inodes.contains(&sibling.seen.inode)
                        || (sibling.packed && !rounds.following.unpack)
                        || (are_numbered && sibling.age == Age::Word);
                    if !is_known && !is_none {
                        unknown.push(sibling);
                    }
                }
                let are_new = match turned {
                    Turned::No => false,
                    Turned::Perhaps => oldest_is_known,
                    Turned::Away => true,
                };
                for sibling in unknown {
                    if are_new && !rounds.stale {
                        rounds.take_sibling(sibling, log, true)?;
                    }
                }
                Ok(all)
            },
            inodes,
        )
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
    fn open_seen(&mut self, seen: &Seen) -> Option<Source> {
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
    fn take_sibling(&mut self, sibling: &Sibling, log: &Path, is_new: bool) -> Result<bool, Stopped> {
        let mut seen = sibling.seen.clone();
        let source = if sibling.packed {
            // Another file each time it is rotated further, and always the same content: its name says nothing.
            seen.inode = Inode { device: 0, number: hash(path_words(&seen.path).as_bytes()) };
            Source::unpack(&seen.path).ok()
        } else {
            self.open_seen(&seen)
        };
        let Some(mut source) = source else { return Ok(false) };
        if let Some((known, before)) = self.content_of(log, &mut source) {
            self.resume(&seen, log, source, known, &before, true)?;
            return Ok(true);
        }
        if is_new {
            self.begin(&seen, log, source, Begin::Start, true)?;
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
