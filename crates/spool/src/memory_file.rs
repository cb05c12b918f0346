//! A file on a file system in memory that is never made shorter: a write is a copy into a mapped window of it, without a call to
//! the system, and survives this process all the same. A long write is handed to the system: one call for many pages
//! costs less than to map them, and spares the zeros that a window begins with.
//!
//! The bytes of a window are set aside before it is mapped, so a copy cannot meet a lack of room (which would be a
//! signal, not an error). What lies behind the last write is zeros, up to the window's end, or what the file held before.

use std::fs::File;
use std::io;
use std::sync::{Mutex, PoisonError};

use memmap2::{MmapMut, MmapOptions};
use rustix::fs::FallocateFlags;
use rustix::io::Errno;

use crate::disk::DiskFile;
use crate::real_disk::RealFile;

/// How much of the file is mapped at a time, in bytes: a multiple of every page size, and all that it costs in memory
/// of this process. It is mapped whole at once, which costs less than a page fault for each page of it.
const WINDOW: usize = 64 * 1024;
/// From here on a write is a long one, in bytes.
const LONG: usize = 8 * 1024;

/// The open file, and the window of it that was written last.
#[derive(Debug)]
pub(crate) struct MemoryFile {
    file: RealFile,
    window: Mutex<Option<Window>>,
}

#[derive(Debug)]
struct Window {
    start: u64,
    bytes: MmapMut,
}

impl MemoryFile {
    /// The file as one that is mapped, or as it is where its file system cannot set room aside (ramfs).
    pub fn open(file: RealFile) -> io::Result<Box<dyn DiskFile>> {
        match set_aside(file.writable()?, 0) {
            Ok(()) => Ok(Box::new(Self { file, window: Mutex::new(None) })),
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(Box::new(file)),
            Err(error) => Err(error.into()),
        }
    }
}

fn set_aside(file: &File, start: u64) -> Result<(), Errno> {
    rustix::fs::fallocate(file, FallocateFlags::empty(), start, WINDOW as u64)
}

impl Window {
    fn of(file: &File, at: u64) -> io::Result<Self> {
        let start = at - at % WINDOW as u64;
        set_aside(file, start)?;
        #[expect(
            unsafe_code,
            reason = "sound as long as nobody cuts the file short: it lies in a folder that is its owner's alone, under \
                      a name that only this program gives, and it is removed but never truncated"
        )]
        let bytes = unsafe { MmapOptions::new().offset(start).len(WINDOW).populate().map_mut(file)? };
        Ok(Self { start, bytes })
    }

    /// The bytes from `at` to the window's end; none where it begins or ends elsewhere.
    fn from(&mut self, at: u64) -> Option<&mut [u8]> {
        let skip = usize::try_from(at.checked_sub(self.start)?).ok()?;
        self.bytes.get_mut(skip..).filter(|bytes| !bytes.is_empty())
    }
}

impl DiskFile for MemoryFile {
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        self.file.read_at(buffer, at)
    }

    /// A short one up to the end of the window that `at` lies in.
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        if bytes.len() >= LONG {
            return self.file.write_at(bytes, at);
        }
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.as_mut().and_then(|w| w.from(at)).is_none() {
            *window = Some(Window::of(self.file.writable()?, at)?);
        }
        let room = window.as_mut().and_then(|w| w.from(at)).unwrap_or_default();
        let length = bytes.len().min(room.len());
        room[..length].copy_from_slice(&bytes[..length]);
        Ok(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }

    fn allocate(&self, at: u64, bytes: u64) -> io::Result<()> {
        self.file.allocate(at, bytes)
    }

    fn length(&self) -> io::Result<u64> {
        self.file.length()
    }

    fn lock(&self) -> io::Result<bool> {
        self.file.lock()
    }

    fn inode(&self) -> io::Result<u64> {
        self.file.inode()
    }

    fn is_linked(&self) -> io::Result<bool> {
        self.file.is_linked()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::disk::{self, Disk};
    use crate::real_disk::RealDisk;

    #[test]
    fn what_is_written_across_windows_is_there_for_everybody_with_zeros_behind() {
        let memory = Path::new("/dev/shm");
        assert!(RealDisk.is_memory(memory), "Linux has a file system in memory here");
        let folder = tempfile::tempdir_in(memory).unwrap();
        let path = folder.path().join("tail.1");
        let file = RealDisk.open_tail(&path).unwrap();
        let mut expected = Vec::new();
        for (round, length) in
            [24, 1, LONG - 1, LONG, 3, WINDOW + 5, 2 * WINDOW - LONG, LONG - 1, 7].into_iter().enumerate()
        {
            let piece: Vec<u8> = (0..length).map(|byte| (byte % 251 + round) as u8).collect();
            disk::write_all(&*file, &piece, expected.len() as u64).unwrap();
            expected.extend(piece);
        }
        drop(file);
        let read = disk::read_up_to(&*RealDisk.open(&path, false).unwrap(), 0, usize::MAX).unwrap();
        let (written, behind) = read.split_at(expected.len());
        assert_eq!(written, expected);
        assert!(behind.len() < WINDOW && behind.iter().all(|byte| *byte == 0), "{} bytes behind", behind.len());
    }
}
