//! Copies of a log, which `copytruncate` makes before it cuts the log off: what was read of the log is not read again in
//! its copy, and what was not is read there.
//!
//! A copy is known by its name and by what is in it. While it may be one in the making, nothing of it is read.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use crate::admit::end_of_lines;
use crate::delivery::Stopped;
use crate::followed::Followed;
use crate::known::Known;
use crate::packed::content;
use crate::place::{BACK, HEAD, Head, Place, Stream, path_words};
use crate::rotated::mark;
use crate::rounds::Rounds;
use crate::scan::look;
use crate::source::Source;

impl Rounds<'_> {
    /// Before anything of a file is read: whether it is the copy of a log, and if so, it is read from where the log was
    /// left. False while that cannot be told yet.
    pub fn settle_copy(&mut self, file: &mut Followed, silent: bool) -> Result<bool, Stopped> {
        let Some(log) = self.log_beside(file) else {
            file.original = true;
            return Ok(true);
        };
        let Some(mut source) = file.source.take() else { return Ok(true) };
        let found = self.copied_from(&log, &mut source, file.gone, silent);
        file.source = Some(source);
        match found {
            Copied::Perhaps => return Ok(false),
            Copied::No => {}
            Copied::From(known, before) => {
                let old = file.name().to_owned();
                let stream = Stream { inode: file.stream().inode, ..known.stream.clone() };
                file.log.clone_from(&log);
                file.resume(stream, String::new(), known.place, &before);
                self.show_head(file, false);
                self.keep_place(file)?;
                if !old.is_empty() && old != file.name() {
                    self.out.outlet().forget(&old);
                }
                self.memory.take_one(&known.name);
                self.memory.end(&known);
            }
        }
        file.original = true;
        Ok(true)
    }

    /// The log that was rotated into this file, by its name.
    fn log_beside(&self, file: &Followed) -> Option<PathBuf> {
        let is_log = |log: &Path| is_rotated(log, &file.path);
        if is_log(&file.log) {
            return Some(file.log.clone());
        }
        let followed = self.files.values().map(|file| &file.log).find(|log| is_log(log)).cloned();
        followed.or_else(|| self.memory.all().map(|known| PathBuf::from(&known.stream.path)).find(|log| is_log(log)))
    }

    /// Whether a file holds what was read from a log before that was cut off, or is about to.
    fn copied_from(&mut self, log: &Path, source: &mut Source, gone: bool, silent: bool) -> Copied {
        if let Some((known, before)) = self.content_of(log, source) {
            return Copied::From(Box::new(known), before);
        }
        let live = self.files.values().find(|file| file.log == log && file.path == log && !file.gone);
        let Some(live) = live else {
            if self.started {
                return Copied::No;
            }
            // The log itself may not have been taken up yet.
            self.again = true;
            return Copied::Perhaps;
        };
        let found = source.metadata().as_ref().map(look);
        let read = Known { stream: live.stream().clone(), name: String::new(), place: live.place() };
        let has_all = if read.place.offset > 0 { read.fits(source).ok().flatten() } else { None };
        if let Some(before) = &has_all
            && live.plain().is_some_and(|mut log| matches!(read.fits(&mut log), Ok(None)))
        {
            // The log was cut off, which was not noticed yet.
            return Copied::From(Box::new(read), before.clone());
        }
        let part = whole(source).map(|(head, place)| Known {
            stream: Stream { head, ..read.stream.clone() },
            name: String::new(),
            place,
        });
        let is_part = part
            .as_ref()
            .is_some_and(|part| Source::open(log).is_ok_and(|mut log| matches!(part.fits(&mut log), Ok(Some(_)))));
        if has_all.is_none() && !is_part {
            if source.metadata().as_ref().map(look) == found {
                return Copied::No;
            }
            // It was finished, and the log cut off, between those looks.
            self.again = true;
            return Copied::Perhaps;
        }
        if !silent {
            return Copied::Perhaps;
        }
        // The log was not cut off. Two short files may begin alike; what is longer was copied by somebody, and what is in
        // it is read where it came from.
        let Some(part) = part.filter(|part| is_part && (!gone || part.place.offset >= HEAD as u64)) else {
            return Copied::No;
        };
        if matches!(source, Source::Packed(_)) {
            let before = part.fits(source).ok().flatten();
            return before.map_or(Copied::No, |before| Copied::From(Box::new(part), before));
        }
        match end_of_lines(source, &mut self.room) {
            Ok((place, before, head)) => {
                let stream = Stream { head, path: path_words(log), ..read.stream };
                Copied::From(Box::new(Known { stream, name: String::new(), place }), before)
            }
            Err(_) => Copied::No,
        }
    }

    /// The place known of `log` that lies in this content, however the file is called and whatever its inode.
    pub fn content_of(&self, log: &Path, source: &mut Source) -> Option<(Known, Vec<u8>)> {
        let mut known = self.memory.of_path(&path_words(log));
        known.retain(|known| known.place.offset > 0);
        known.sort_by_cached_key(|known| Reverse((known.stream.head.length, known.place.offset)));
        known
            .into_iter()
            .find_map(|known| Some((known.fits(source).ok()??, known)))
            .map(|(before, known)| (known, before))
    }
}

/// Whether a file beside a log has a name that rotation gives.
pub fn is_rotated(log: &Path, path: &Path) -> bool {
    let names = log.file_name().zip(path.file_name()).and_then(|(log, name)| log.to_str().zip(name.to_str()));
    log.parent() == path.parent() && names.is_some_and(|(log, name)| mark(log, name).is_some())
}

/// Whether a file is the copy of a log.
enum Copied {
    No,
    /// That cannot be told yet.
    Perhaps,
    /// As far as this place, before which these bytes stand.
    From(Box<Known>, Vec<u8>),
}

/// The head and the end of a file, whether a line ends there or not.
fn whole(source: &mut Source) -> Option<(Head, Place)> {
    let Some(found) = source.metadata() else { return content(source) };
    let size = found.len();
    let mut first = [0; HEAD];
    let length = source.read_at(0, &mut first).ok()?;
    let mut before = vec![0; usize::try_from(size.min(BACK as u64)).unwrap_or(BACK)];
    let read = source.read_at(size - before.len() as u64, &mut before).ok()?;
    (read == before.len()).then(|| (Head::of(&first[..length]), Place::new(size, &before)))
}
