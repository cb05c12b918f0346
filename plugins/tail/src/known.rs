//! The files of which a place is kept and that are not followed just now: rotated away, deleted, or from an earlier run.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use streamer_plugin::{Epoch, Outlet, State};

use crate::place::{BACK, HEAD, Inode, Place, Stream};
use crate::source::Source;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub stream: Stream,
    pub name: String,
    pub place: Place,
}

impl Known {
    /// Whether this is the file, or one with the same content up to the place: and if so, the bytes before the place.
    ///
    /// # Errors
    /// As reading does.
    pub fn fits(&self, source: &mut Source) -> io::Result<Option<Vec<u8>>> {
        let mut first = [0; HEAD];
        let length = source.read_at(0, &mut first)?;
        if !self.stream.head.fits(&first[..length]) {
            return Ok(None);
        }
        let back = self.place.offset.min(BACK as u64);
        let mut before = vec![0; usize::try_from(back).unwrap_or(BACK)];
        let read = source.read_at(self.place.offset - back, &mut before)?;
        Ok((read == before.len() && self.place.fits(&before)).then_some(before))
    }
}

/// All such files, and how long they have been away.
#[derive(Debug, Default)]
pub struct Memory {
    by_number: HashMap<u64, Vec<Known>>,
    away: HashMap<String, Epoch>,
    /// Their content is gone for good: forgotten as soon as all outputs have what was read of them.
    ended: Vec<(String, u64)>,
}

impl Memory {
    /// What an earlier run left.
    pub fn new(outlet: &Outlet, state: &State) -> Self {
        let mut memory = Self::default();
        for (name, at) in outlet.positions() {
            match Stream::parse(&name) {
                Some(stream) => memory.park(Known { stream, name, place: Place::from_number(at) }),
                None => memory.ended.push((name, at)),
            }
        }
        let kept = state.get(AWAY).ok().flatten().unwrap_or_default();
        for line in String::from_utf8_lossy(&kept).lines() {
            if let Some((micros, name)) = line.split_once(' ')
                && let Ok(micros) = micros.parse()
            {
                memory.away.insert(name.to_owned(), Epoch::from_micros(micros));
            }
        }
        memory
    }

    /// Keeps the place in a file that is not followed any more.
    pub fn park(&mut self, known: Known) {
        if !known.name.is_empty() {
            self.by_number.entry(known.stream.inode.number).or_default().push(known);
        }
    }

    /// The content of the file is gone for good.
    pub fn end(&mut self, known: &Known) {
        if !known.name.is_empty() {
            self.ended.push((known.name.clone(), known.place.number()));
        }
    }

    /// Takes out what is known of the file with this inode, which is also told by its path, for the numbers of devices
    /// change. Of several streams the one that knows most comes first.
    pub fn take(&mut self, inode: Inode, path: &str) -> Vec<Known> {
        let Some(all) = self.by_number.get_mut(&inode.number) else { return Vec::new() };
        let is = |known: &Known| known.stream.inode.device == inode.device || known.stream.path == path;
        let (mut taken, left) = std::mem::take(all).into_iter().partition::<Vec<_>, _>(is);
        *all = left;
        if all.is_empty() {
            self.by_number.remove(&inode.number);
        }
        taken.sort_by_cached_key(|known| std::cmp::Reverse((known.stream.head.length, known.place.offset)));
        taken
    }

    /// Takes out one stream.
    pub fn take_one(&mut self, name: &str) {
        for all in self.by_number.values_mut() {
            all.retain(|known| known.name != name);
        }
    }

    /// All that are followed by this path.
    pub fn of_path(&self, path: &str) -> Vec<Known> {
        self.all().filter(|known| known.stream.path == path).cloned().collect()
    }

    pub fn all(&self) -> impl Iterator<Item = &Known> {
        self.by_number.values().flatten()
    }

    /// Forgets what ended, once it is settled. A file that begins just as one before it may have its name: it stays.
    pub fn forget_ended(&mut self, outlet: &Outlet, in_use: impl Fn(&str) -> bool) {
        self.ended.retain(|(name, at)| {
            if in_use(name) {
                return false;
            }
            let settled = is_settled(outlet, name, *at);
            if settled {
                outlet.forget(name);
            }
            !settled
        });
    }

    /// Forgets what is settled and was away for longer than `keep`.
    pub fn forget_old(&mut self, outlet: &Outlet, keep: Duration) {
        let now = outlet.clock().wall();
        let keep = i64::try_from(keep.as_micros()).unwrap_or(i64::MAX);
        let names: Vec<(String, u64)> = self.all().map(|known| (known.name.clone(), known.place.number())).collect();
        self.away.retain(|name, _| names.iter().any(|(known, _)| known == name));
        for (name, at) in names {
            let since = *self.away.entry(name.clone()).or_insert(now);
            if now.micros().saturating_sub(since.micros()) > keep && is_settled(outlet, &name, at) {
                outlet.forget(&name);
                self.take_one(&name);
            }
        }
    }

    /// Keeps since when files are away, for the next run.
    pub fn keep(&self, state: &State) {
        let lines: String = self.away.iter().map(|(name, since)| format!("{} {name}\n", since.micros())).collect();
        let unchanged = state.get(AWAY).ok().flatten().unwrap_or_default() == lines.as_bytes();
        if !unchanged {
            // Without it files are forgotten later, which costs a few bytes only.
            let _ = state.put(AWAY, lines.as_bytes());
        }
    }
}

const AWAY: &str = "away";

fn is_settled(outlet: &Outlet, name: &str, at: u64) -> bool {
    outlet.settled(name).is_some_and(|settled| settled >= at)
}
