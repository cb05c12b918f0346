//! Order: nothing of a file is sent before everything that is older.
//!
//! Between a look at an older file and the reading of a younger one, a program may write its last lines into the first,
//! turn to the second and write there; a log may be copied and cut off, or rotated twice. So the bytes of the younger one
//! are read first, and sent only if nothing older has news after that: whatever was written before them can be seen by then.

use std::collections::HashSet;
use std::path::Path;

use crate::copies::is_rotated;
use crate::delivery::Stopped;
use crate::followed::{Ahead, Followed};
use crate::place::Inode;
use crate::rounds::{Rounds, Visit};
use crate::scan::Sibling;

impl Rounds<'_> {
    /// The files of logs of which there is more than one, the oldest first.
    pub fn in_turn(&self, which: impl Fn(&Followed) -> bool) -> Vec<Inode> {
        let turned = self.files.iter().filter(|(_, file)| self.turned.contains(&file.log) && which(file));
        let mut turned: Vec<Inode> = turned.map(|(inode, _)| *inode).collect();
        turned.sort_unstable_by_key(|inode| self.files[inode].number);
        turned
    }

    /// Whether what comes next in a file must wait, because something older is to be read before it.
    pub fn older_first(
        &mut self,
        inode: Inode,
        file: &mut Followed,
        ahead: &Ahead,
        inodes: &HashSet<Inode>,
    ) -> Result<Option<Visit>, Stopped> {
        /// Two programs of which each writes into a file of its own have no order among them: none waits for ever.
        const PATIENCE: u32 = 20;
        let is_new = file.read_to() == 0;
        // An empty file that was looked at before did not get anything unread.
        if matches!(ahead, Ahead::Nothing) && (!is_new || file.sure) {
            return Ok(None);
        }
        // It may have been copied and cut off with lines in it of which nobody ever read one, or was rotated twice.
        if is_new && self.hunt_before(inode, file, inodes)? {
            return Ok(Some(Visit::More));
        }
        // What may be its copy, also where the globs found that under a name of its own.
        let is_log = !file.gone && file.path == file.log;
        let is_copy = |other: &Followed| {
            let is_older = other.log == file.log && (is_log || other.number < file.number);
            other.is_unsettled() && (is_older || (is_log && is_rotated(&file.log, &other.path)))
        };
        if is_new && self.files.values().any(is_copy) {
            return Ok(Some(Visit::Later));
        }
        if !self.turned.contains(&file.log) {
            return Ok(None);
        }
        let mut others = self.files.values().filter(|other| other.log == file.log);
        if file.waited < PATIENCE && others.any(|other| other.number < file.number && other.has_news()) {
            file.waited += 1;
            return Ok(Some(Visit::More));
        }
        file.waited = 0;
        Ok(None)
    }

    /// Finds what was rotated away and is older than `file`; true where there is something new.
    pub fn hunt_before(&mut self, inode: Inode, file: &mut Followed, inodes: &HashSet<Inode>) -> Result<bool, Stopped> {
        let before = self.taken_up;
        self.hunt(&file.log, inode, Some(file), inodes)?;
        let has_found = self.taken_up != before;
        self.let_before(file);
        Ok(has_found)
    }

    /// Gives the files of a log their numbers: what was rotated away is older than the log itself, which may have been
    /// rotated away since it was seen.
    pub fn number_anew(&mut self, log: &Path, rotated: &[Sibling]) {
        let rotated: Vec<Inode> = rotated.iter().map(|sibling| sibling.seen.inode).collect();
        let is_log = |(inode, file): &(&Inode, &Followed)| file.path == log && !rotated.contains(inode);
        let live: Vec<Inode> = self.files.iter().filter(is_log).map(|(inode, _)| *inode).collect();
        for inode in rotated.into_iter().chain(live) {
            if let Some(file) = self.files.get_mut(&inode).filter(|file| file.log == log) {
                self.taken_up += 1;
                file.number = self.taken_up;
            }
        }
    }

    /// The files that were found to be older than `file` have smaller numbers, and those behind it larger ones.
    fn let_before(&mut self, file: &mut Followed) {
        let elders = std::mem::take(&mut self.elders);
        let of_log = self.files.iter_mut();
        let of_log = of_log.filter(|(_, other)| other.log == file.log && other.number > file.number);
        let (older, mut younger): (Vec<_>, Vec<_>) = of_log.partition(|(inode, _)| elders.contains(inode));
        if older.is_empty() {
            return;
        }
        younger.sort_unstable_by_key(|(_, other)| other.number);
        for file in std::iter::once(file).chain(younger.into_iter().map(|(_, other)| other)) {
            self.taken_up += 1;
            file.number = self.taken_up;
        }
    }
}
