//! Rotated files that were compressed: the same content under another name, in another file.
//!
//! Nothing of one is read while it may be in the making, nor where its content is read from the file that it was made of.

use std::path::Path;

use crate::followed::Followed;
use crate::known::Known;
use crate::place::{BACK, Head, Place, Stream};
use crate::rounds::Rounds;
use crate::scan::Sibling;
use crate::source::Source;

/// Whether a compressed file still lies beside what it is made of.
pub fn is_in_the_making(packed: &Sibling, all: &[Sibling]) -> bool {
    all.iter().any(|other| !other.packed && packed.seen.path.with_extension("") == other.seen.path)
}

impl Rounds<'_> {
    /// Whether the content of a compressed file is read from the file that it was made of: one of those that are followed
    /// for the same log, or `file`.
    pub fn is_read(&self, source: &mut Source, log: &Path, file: Option<&Followed>) -> bool {
        let Some((head, place)) = content(source) else { return false };
        let mut followed = self.files.values().chain(file).filter(|file| file.log == log);
        followed.any(|file| {
            let stream = Stream { head, ..file.stream().clone() };
            let content = Known { stream, name: String::new(), place };
            file.plain().is_some_and(|mut plain| matches!(content.fits(&mut plain), Ok(Some(_))))
        })
    }
}

/// The head and the end of what is in a compressed file; none where it is damaged.
pub fn content(source: &mut Source) -> Option<(Head, Place)> {
    let mut room = vec![0; 16 * 1024];
    let (mut head, mut end, mut before) = (Head::of(b""), 0, Vec::new());
    loop {
        let read = source.read_at(end, &mut room).ok()?;
        if read == 0 {
            return Some((head, Place::new(end, &before)));
        }
        if end == 0 {
            head = Head::of(&room[..read]);
        }
        end += read as u64;
        before.extend_from_slice(&room[..read]);
        before.drain(..before.len().saturating_sub(BACK));
    }
}
