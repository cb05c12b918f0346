//! Where bytes come from: a file, or a file that was compressed when it was rotated.
//!
//! It opens nothing that could hold it up: what is no regular file is refused before it is opened.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Seek};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use rustix::fs::OFlags;

use crate::meanwhile::others_act;

/// Something that is read from any place on, usually a later one than before.
#[derive(Debug)]
pub enum Source {
    Plain(File),
    Packed(Box<Packed>),
}

impl Source {
    /// Opens a file as it stands.
    ///
    /// # Errors
    /// As opening does. A name that meanwhile belongs to a pipe does not hold us up.
    pub fn open(path: &Path) -> io::Result<Self> {
        // Not blocking only matters if a pipe takes the place of a file between looking and opening.
        others_act();
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path).map(Self::Plain)
    }

    /// The content of an open file that gzip wrote; none where that is unpacked already.
    pub fn unpack(self) -> Option<Self> {
        let Self::Plain(file) = self else { return None };
        let decoder = MultiGzDecoder::new(file);
        Some(Self::Packed(Box::new(Packed { decoder, window: Vec::new(), start: 0 })))
    }

    /// What the kernel says of the open file; nothing of a compressed one, whose size says nothing.
    pub fn metadata(&self) -> Option<Metadata> {
        others_act();
        match self {
            Self::Plain(file) => file.metadata().ok(),
            Self::Packed(_) => None,
        }
    }

    /// Fills `buffer` from `offset` on, as far as there is something, and says how far.
    ///
    /// # Errors
    /// As reading does; [`io::ErrorKind::InvalidData`] where a compressed file is damaged.
    pub fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        others_act();
        match self {
            Self::Plain(file) => full_read(buffer, |rest, done| file.read_at(rest, offset + done)),
            Self::Packed(packed) => packed.read_at(offset, buffer),
        }
    }

    /// Where the next byte that was really written stands, behind a hole at `offset`.
    pub fn data_behind(&self, offset: u64) -> Option<u64> {
        let Self::Plain(file) = self else { return None };
        rustix::fs::seek(file, rustix::fs::SeekFrom::Data(offset)).ok()
    }
}

fn full_read(buffer: &mut [u8], mut read: impl FnMut(&mut [u8], u64) -> io::Result<usize>) -> io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match read(&mut buffer[done..], done as u64) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// A compressed file with what was unpacked of it and may be asked for again.
#[derive(Debug)]
pub struct Packed {
    decoder: MultiGzDecoder<File>,
    window: Vec<u8>,
    /// Where the window begins, counted in unpacked bytes.
    start: u64,
}

impl Packed {
    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        const STEP: usize = 64 * 1024;
        let end = offset + buffer.len() as u64;
        if offset < self.start {
            self.begin_anew()?;
        }
        loop {
            // What lies before the offset is hardly ever asked for again: places grow.
            let passed = offset.saturating_sub(self.start).min(self.window.len() as u64);
            self.window.drain(..usize::try_from(passed).unwrap_or(0));
            self.start += passed;
            if self.start + self.window.len() as u64 >= end {
                break;
            }
            let filled = self.window.len();
            self.window.resize(filled + STEP, 0);
            let read = full_read(&mut self.window[filled..], |rest, _| self.decoder.read(rest));
            self.window.truncate(filled + read.as_ref().map_or(0, |count| *count));
            if read? == 0 {
                break;
            }
        }
        if self.start != offset {
            return Ok(0);
        }
        let count = self.window.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.window[..count]);
        Ok(count)
    }

    fn begin_anew(&mut self) -> io::Result<()> {
        let mut file = self.decoder.get_ref().try_clone()?;
        file.rewind()?;
        self.decoder = MultiGzDecoder::new(file);
        self.window.clear();
        self.start = 0;
        Ok(())
    }
}

/// Whether a name is that of a compressed file, and whether we can unpack it.
pub fn is_packed(name: &str) -> Option<bool> {
    let known = [".gz", ".bz2", ".xz", ".zst", ".lz4", ".Z", ".zip"];
    known.iter().find(|ending| name.ends_with(**ending)).map(|ending| *ending == ".gz")
}
