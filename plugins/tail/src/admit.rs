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
use crate::place::{BACK, HEAD, Head, Inode, Place, Stream, hash, path_words};
use crate::rotated;
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
        let mut turned: HashSet<String> = self.memory.all().map(|known| known.stream.path.clone()).collect();
        for seen in &scan.files {
            if self.take_up(seen, &seen.path, false)? {
                turned.remove(&path_words(&seen.path));
            }
        }
        let mut left: Vec<String> = self.memory.all().map(|known| known.stream.path.clone()).collect();
        left.sort_unstable();
        left.dedup();
        for path in left {
            let is_turned = turned.contains(&path);
            self.hunt_at_start(Path::new(&path), inodes, is_turned)?;
        }
        Ok(())
    }

    /// Goes on in a file that is known by its inode, its first bytes and the bytes before its place.
    fn take_up(&mut self, seen: &Seen, log: &Path, gone: bool) -> Result<bool, Stopped> {
        let known = self.memory.take(seen.inode, &path_words(log));
        if known.is_empty() {
            return Ok(false);
        }
        let mut taken = false;
        let mut source = Source::open(&seen.path);
        for known in known {
            let fits = match &mut source {
                _ if taken => Ok(None),
                Ok(source) => known.fits(source),
                Err(_) => Ok(None),
            };
            match fits {
                Ok(Some(before)) => {
                    if let Ok(source) = std::mem::replace(&mut source, Err(io::ErrorKind::Other.into())) {
                        // The path by which it was followed stays, whatever it is called now.
                        let log = PathBuf::from(&known.stream.path);
                        self.resume(seen, &log, source, known, &before, gone)?;
                        taken = true;
                    }
                }
                // The same file under a shorter name.
                _ if taken => self.memory.end(&known),
                // Another file with its inode, or it was cut off: a copy of what was in it may lie beside it.
                _ => self.memory.park(known),
            }
        }
        Ok(taken)
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
        if !gone && !self.beside.knows(log) {
            self.beside.note(log, seen);
        }
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
        self.opened();
        file
    }

    /// Takes up a file that the globs found and that is not followed yet.
    pub fn admit(&mut self, seen: &Seen) -> Result<(), Stopped> {
        if self.started && self.take_up(seen, &seen.path, false)? {
            return Ok(());
        }
        let at_start = *self.denied.entry(seen.path.clone()).or_insert(!self.started);
        let mut source = match Source::open(&seen.path) {
            Ok(source) => source,
            Err(error) => {
                self.denied(&seen.path, &error);
                return Ok(());
            }
        };
        if source.metadata().is_none_or(|found| !found.is_file() || Inode::of(&found) != seen.inode) {
            // It was renamed since we looked; the next round sees it as it is then.
            self.denied.remove(&seen.path);
            return Ok(());
        }
        if let Some(log) = self.log_beside(&seen.path) {
            match self.copied_from(seen, &log, &mut source) {
                Copied::No => {}
                Copied::Perhaps => return Ok(()),
                Copied::From(known, before) => {
                    self.denied.remove(&seen.path);
                    return self.resume(seen, &log, source, *known, &before, false);
                }
            }
        }
        self.denied.remove(&seen.path);
        let was_followed =
            !self.memory.of_path(&path_words(&seen.path)).is_empty() || self.reader(&seen.path).is_some();
        let begin =
            if at_start && !was_followed && self.following.from == From::End { Begin::End } else { Begin::Start };
        self.begin(seen, &seen.path, source, begin, false)
    }

    /// The log that was rotated into this file, by its name.
    fn log_beside(&self, path: &Path) -> Option<PathBuf> {
        let (folder, name) = (path.parent()?, path.file_name()?.to_str()?);
        let is_log = |log: &Path| {
            log.parent() == Some(folder)
                && log.file_name().and_then(|log| log.to_str()).is_some_and(|log| rotated::mark(log, name).is_some())
        };
        let followed = self.files.values().map(|file| file.log.clone()).find(|log| is_log(log));
        followed.or_else(|| self.memory.all().map(|known| PathBuf::from(&known.stream.path)).find(|log| is_log(log)))
    }

    /// Whether a file holds what was read from a log before that was cut off, or is about to.
    fn copied_from(&mut self, seen: &Seen, log: &Path, source: &mut Source) -> Copied {
        if let Some((known, before)) = self.content_of(log, source) {
            self.held.remove(&seen.inode);
            return Copied::From(Box::new(known), before);
        }
        if !self.started {
            // Files that were there before us are what they are.
            return Copied::No;
        }
        let now = self.now();
        let since = *self.held.entry(seen.inode).or_insert(now);
        let live = self.files.values_mut().find(|file| file.log == log && file.path == log && !file.gone);
        let Some(end) = live.and_then(|live| like(live, source, &mut self.room)) else {
            self.held.remove(&seen.inode);
            return Copied::No;
        };
        if now.since(since) < self.following.silence {
            return Copied::Perhaps;
        }
        // The log was not cut off: somebody made a copy, and what is in it is read where it came from.
        self.held.remove(&seen.inode);
        match end {
            Some((place, before, head)) => {
                let stream = Stream { inode: seen.inode, head, path: path_words(log) };
                Copied::From(Box::new(Known { stream, name: String::new(), place }), before)
            }
            None => Copied::No,
        }
    }

    /// The place known of `log` that lies in this content, however the file is called and whatever its inode.
    fn content_of(&self, log: &Path, source: &mut Source) -> Option<(Known, Vec<u8>)> {
        let mut known = self.memory.of_path(&path_words(log));
        known.retain(|known| known.place.offset > 0);
        known.sort_by_key(|known| std::cmp::Reverse((known.stream.head.length, known.place.offset)));
        known
            .into_iter()
            .find_map(|known| Some((known.fits(source).ok()??, known)))
            .map(|(before, known)| (known, before))
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
        self.mark_begun(&mut file)?;
        self.files.insert(seen.inode, file);
        if !gone && !self.beside.knows(log) {
            self.beside.note(log, seen);
        }
        Ok(())
    }

    /// Says where a file is begun before anything was read: else it would be begun at its end after the next start.
    pub fn mark_begun(&mut self, file: &mut Followed) -> Result<(), Stopped> {
        if self.following.from == From::End { self.keep_place(file) } else { Ok(()) }
    }

    fn keep_place(&mut self, file: &mut Followed) -> Result<(), Stopped> {
        let mut first = [0; HEAD];
        let read = match &mut file.source {
            Some(source @ Source::Plain(_)) => source.read_at(0, &mut first).unwrap_or(0),
            _ => 0,
        };
        file.keep_place(&first[..read], &mut self.out)
    }

    /// Finds what was rotated away behind a log since it was last looked at, the oldest first.
    pub fn hunt(&mut self, log: &Path, inodes: &HashSet<Inode>) -> Result<(), Stopped> {
        let all = siblings(log);
        for sibling in &all {
            let is_found = inodes.contains(&sibling.seen.inode) || self.files.contains_key(&sibling.seen.inode);
            if is_found || sibling.packed || self.take_up(&sibling.seen, log, true)? {
                continue;
            }
            let is_new = self.beside.knows(log) && !self.beside.had(log, &sibling.seen);
            self.take_sibling(sibling, log, is_new)?;
        }
        self.beside.set(log, &all);
        Ok(())
    }

    /// The same after a start: what is younger than the last file that is known was rotated away meanwhile.
    fn hunt_at_start(&mut self, log: &Path, inodes: &HashSet<Inode>, turned: bool) -> Result<(), Stopped> {
        let mut unknown: Vec<Sibling> = Vec::new();
        for sibling in siblings(log) {
            if self.files.contains_key(&sibling.seen.inode) {
                unknown.clear();
            } else if sibling.packed && !self.following.unpack {
            } else if inodes.contains(&sibling.seen.inode) {
                // The globs find it themselves.
            } else if (!sibling.packed && self.take_up(&sibling.seen, log, true)?)
                || self.take_sibling(&sibling, log, false)?
            {
                unknown.clear();
            } else {
                unknown.push(sibling);
            }
        }
        if turned {
            for sibling in unknown {
                self.take_sibling(&sibling, log, true)?;
            }
        }
        Ok(())
    }

    /// Takes up a file beside a log: where it was left if its content is known, from its start if it is new.
    fn take_sibling(&mut self, sibling: &Sibling, log: &Path, is_new: bool) -> Result<bool, Stopped> {
        let mut seen = sibling.seen.clone();
        if sibling.packed {
            // Another file each time it is rotated further, and always the same content: its name says nothing.
            seen.inode = Inode { device: 0, number: hash(path_words(&seen.path).as_bytes()) };
        }
        let open = || if sibling.packed { Source::unpack(&seen.path) } else { Source::open(&seen.path) };
        let Ok(mut source) = open() else { return Ok(false) };
        if let Some((known, before)) = self.content_of(log, &mut source) {
            self.resume(&seen, log, source, known, &before, true)?;
            return Ok(true);
        }
        if is_new {
            self.begin(&seen, log, source, Begin::Start, true)?;
        }
        Ok(is_new)
    }

    fn show_head(&mut self, file: &mut Followed, has_reader: bool) {
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

/// Whether a file may be a copy of a log that was read before, whole or in the making; and where it ends, if all of it is
/// in the log as well.
fn like(live: &mut Followed, source: &mut Source, room: &mut [u8]) -> Option<Option<End>> {
    let read = Known { stream: live.stream().clone(), name: String::new(), place: live.place() };
    let has_all = read.place.offset > 0 && matches!(read.fits(source), Ok(Some(_)));
    let (place, before, head) = end_of_lines(source, room).ok()?;
    let stream = Stream { head, ..read.stream };
    let part = Known { stream, name: String::new(), place };
    let is_part = live.source.as_mut().is_some_and(|live| matches!(part.fits(live), Ok(Some(_))));
    (has_all || is_part).then_some(is_part.then_some((place, before, head)))
}

/// A place, what stands before it, and the head of its file.
type End = (Place, Vec<u8>, Head);

/// Whether a file is the copy of a log.
enum Copied {
    No,
    /// Not yet, but it may be in the making.
    Perhaps,
    /// As far as this place, before which these bytes stand.
    From(Box<Known>, Vec<u8>),
}

fn head_name(log: &Path) -> String {
    format!("head-{}", path_words(log))
}

fn keep(state: &State, name: &str, head: &str) {
    // Where it cannot be kept, a file without a head is read wrongly only if a restart falls between the two.
    let _ = state.put(name, head.as_bytes());
}

/// The place behind the last line that has an end, what stands before it, and the head of the file.
fn end_of_lines(source: &mut Source, room: &mut [u8]) -> io::Result<End> {
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
