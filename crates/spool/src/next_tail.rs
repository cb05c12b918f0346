//! Begins a new tail, with all that the disk does not have, in place of one that has grown or broke.
//!
//! The old one goes only when the new one speaks for itself: at no moment is there none.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use crate::committer::Committer;
use crate::disk::{self, DiskFile};
use crate::frame;
use crate::home::random;
use crate::state::Shared;
use crate::tail::Tail;

/// The file that the next tail is written into, where there is one already.
const NEXT_TAIL: &str = "tail.next";

impl Committer {
    /// Begins a new tail where the old one has grown, broke, is gone, or speaks of what is no more.
    pub fn renew_tail(&mut self, shared: &Shared) {
        let (wanted, file) = {
            let state = shared.lock();
            match &state.tail {
                Some(tail) => (tail.broken.is_some() || state.tail_stale || tail.is_long(), Some(tail.file())),
                None => (true, None),
            }
        };
        let gone = file.is_some_and(|(file, number)| self.is_gone(&*file, number));
        if (wanted || gone)
            && let Err(error) = self.new_tail(shared)
        {
            let mut state = shared.lock();
            if let Some(tail) = &mut state.tail {
                tail.broken.get_or_insert(error.to_string());
            }
        }
    }

    /// Whether somebody took the tail away: who logs out of the last session takes the whole runtime folder along. Its
    /// folder is made anew then.
    fn is_gone(&self, file: &dyn DiskFile, number: u64) -> bool {
        let (dir, in_memory) = self.home.tail_dir();
        let path = dir.join(format!("tail.{number}"));
        let gone = !disk::is_at(&*self.home.disk, file, &path).unwrap_or(true);
        if gone && in_memory {
            // Where that fails, so does the tail, and says why.
            let _ = self.home.disk.make_dir(dir);
        }
        gone
    }

    fn new_tail(&mut self, shared: &Shared) -> io::Result<()> {
        let (dir, in_memory) = self.home.tail_dir();
        let dir = dir.to_owned();
        let (number, salt) = (self.next_tail, random());
        self.next_tail += 1;
        let path = dir.join(format!("tail.{number}"));
        // On a disk, a power cut could bring the name of a file that was one before without what is written into it now.
        let made = if in_memory { dir.join(NEXT_TAIL) } else { path.clone() };
        let file: Arc<dyn DiskFile> = self.home.disk.open_tail(&made)?.into();
        // Its salt ends whatever the file still holds of its former life; only then it is a tail.
        disk::write_all(&*file, &frame::preamble(salt), 0)?;
        if made != path {
            self.home.disk.rename(&made, &path)?;
        }
        let mut tail = Tail::new(number, file, salt, in_memory);
        {
            let mut state = shared.lock();
            state.snapshot(&mut tail, self.known);
            if let Some(error) = &tail.broken {
                let error = io::Error::other(error.clone());
                drop(state);
                let _ = self.home.disk.remove(&path);
                return Err(error);
            }
            self.old_tails.extend(state.tail.as_ref().map(|t| t.number));
            state.tail = Some(tail);
            state.tail_stale = false;
        }
        shared.flush_tail(None);
        let Some(mut kept) =
            shared.lock().tail.as_ref().filter(|t| t.broken.is_none()).map(|t| in_memory && t.has_much())
        else {
            return Ok(());
        };
        // One that cannot be removed now is tried again with the next.
        self.old_tails.retain(|old| {
            let old = dir.join(format!("tail.{old}"));
            let result = if std::mem::take(&mut kept) {
                // Soon it is needed again: its pages are there already.
                self.home.disk.rename(&old, &dir.join(NEXT_TAIL))
            } else {
                self.home.disk.remove(&old)
            };
            result.is_err_and(|error| error.kind() != io::ErrorKind::NotFound)
        });
        Ok(())
    }
}

/// What the tails of the runtime folder are called, in order.
pub(crate) fn tails(names: &[String]) -> BTreeMap<u64, String> {
    let number = |name: &String| Some((name.strip_prefix("tail.")?.parse().ok()?, name.clone()));
    let mut tails = BTreeMap::new();
    tails.extend(names.iter().filter_map(number));
    tails
}
