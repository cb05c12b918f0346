//! A file of /proc or /sys that is read again and again: kept open, read from its start, into a buffer that all share.
//!
//! It never tells yesterday's news: what is not the kernel's own file (a recorded tree, a bind of something else) is
//! opened anew each time, and a file whose device went away is opened once more before it counts as unreadable.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::fstatfs;

/// What `fstatfs` says of procfs and of sysfs: only there is a kept file as good as one opened now.
const KEPT: [u64; 2] = [0x9fa0, 0x6265_6572];
/// More than any file that is read here; beyond it something else lies under that name.
const LARGEST: usize = 4 << 20;

/// Room for one file at a time, kept from round to round.
pub(crate) struct Buffer {
    room: Vec<u8>,
    filled: usize,
}

impl Buffer {
    pub(crate) fn new() -> Self {
        Self { room: vec![0; 4096], filled: 0 }
    }

    /// What was read last.
    pub(crate) fn text(&self) -> &[u8] {
        &self.room[..self.filled]
    }

    /// Fills the buffer from the start of `file`, for as long as there is something and `more` holds for what is there.
    fn fill(&mut self, file: &File, more: impl Fn(&[u8]) -> bool) -> io::Result<()> {
        self.filled = 0;
        loop {
            if self.filled == self.room.len() {
                if self.room.len() >= LARGEST {
                    return Err(io::Error::other("the file is larger than any of its kind"));
                }
                self.room.resize(self.room.len() * 2, 0);
            }
            match file.read_at(&mut self.room[self.filled..], self.filled as u64) {
                Ok(0) => return Ok(()),
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if !more(self.text()) {
                return Ok(());
            }
        }
    }
}

/// A kept file that gives no more than this at once has given all: half a page, and no line of it is as long.
const WHOLE: usize = 2048;

/// One file that is read again and again.
pub(crate) struct Source {
    path: PathBuf,
    file: Option<File>,
}

/// What reading a file came to.
pub(crate) enum Told {
    /// The buffer holds its text.
    Text,
    /// It is not there, or there is nothing in it: its keys are left out this time, and nobody needs to hear of it.
    Nothing,
    /// It is there and cannot be read: a person should hear of it once.
    Unreadable(io::Error),
}

impl Source {
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), file: None }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is open from the last read.
    pub(crate) fn is_kept(&self) -> bool {
        self.file.is_some()
    }

    /// Reads the whole file.
    pub(crate) fn read(&mut self, buffer: &mut Buffer) -> Told {
        self.read_while(buffer, |_| true)
    }

    /// Reads the file from its start for as long as `more` holds for what was read.
    pub(crate) fn read_while(&mut self, buffer: &mut Buffer, more: impl Fn(&[u8]) -> bool) -> Told {
        // An error of a kept file may be no more than a device that was unplugged and is back.
        // The kernel fills a read up to a page as long as it has something: what is well below that is the whole file, and
        // asking for the end of it would have the kernel write it all once more.
        let kept_more = |text: &[u8]| text.len() > WHOLE && more(text);
        if let Some(file) = &self.file
            && buffer.fill(file, kept_more).is_ok()
        {
            return if buffer.text().is_empty() { Told::Nothing } else { Told::Text };
        }
        self.file = None;
        match self.open_and_read(buffer, more) {
            Ok(()) if buffer.text().is_empty() => Told::Nothing,
            Ok(()) => Told::Text,
            Err(error) => {
                self.file = None;
                if error.kind() == io::ErrorKind::NotFound { Told::Nothing } else { Told::Unreadable(error) }
            }
        }
    }

    /// Whether the kernel's mount table that this file shows has changed since this was last asked. True where the file
    /// is none of the kernel's, for then nobody says.
    pub(crate) fn mounts_changed(&self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let Some(file) = &self.file else { return true };
        let mut asked = [PollFd::new(file, PollFlags::PRI)];
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut asked, Some(&at_once)) != Ok(0)
    }

    fn open_and_read(&mut self, buffer: &mut Buffer, more: impl Fn(&[u8]) -> bool) -> io::Result<()> {
        let file = File::open(&self.path)?;
        buffer.fill(&file, more)?;
        let kind = fstatfs(&file)?.f_type;
        if u64::try_from(kind).is_ok_and(|kind| KEPT.contains(&kind)) {
            self.file = Some(file);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_beyond_the_first_room_is_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long");
        std::fs::write(&path, "intr 12345 ".repeat(3000)).unwrap();
        let (mut source, mut buffer) = (Source::new(&path), Buffer::new());
        assert!(matches!(source.read(&mut buffer), Told::Text));
        assert_eq!(buffer.text().len(), 33_000);
        // And one that was exchanged for another is not read from the old one.
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(source.read(&mut buffer), Told::Nothing));
        std::fs::write(&path, "new").unwrap();
        assert!(matches!(source.read(&mut buffer), Told::Text));
        assert_eq!(buffer.text(), b"new");
    }

    #[test]
    fn the_kernels_files_are_kept_open_and_fresh() {
        let (mut source, mut buffer) = (Source::new("/proc/self/comm"), Buffer::new());
        assert!(matches!(source.read(&mut buffer), Told::Text));
        assert!(source.file.is_some());
        let (mut missing, mut folder) = (Source::new("/proc/no such file"), Source::new("/proc"));
        assert!(matches!(missing.read(&mut buffer), Told::Nothing));
        assert!(matches!(folder.read(&mut buffer), Told::Unreadable(_)));
    }
}
