//! The few things that a spool asks of a disk.
//!
//! There are two disks: the machine's own, [`crate::RealDisk`], and the one in the tests, which forgets what was not
//! synced, tears blocks, and refuses. Nothing here may promise more than the worst of them keeps.

use std::fmt;
use std::io;
use std::path::Path;

/// A file system, as far as a spool uses one.
pub trait Disk: fmt::Debug + Send + Sync {
    /// Opens a file for reading and writing; `make` makes it where it is missing. Its name is durable only after
    /// [`Disk::sync_dir`] of its folder.
    ///
    /// # Errors
    /// What the system says; `NotFound` where it is missing and not to be made.
    fn open(&self, path: &Path, make: bool) -> io::Result<Box<dyn DiskFile>>;
    /// Opens a file for a tail in memory, made where it is missing: it never gets shorter, and may be longer than what was
    /// written, with zeros at its end.
    ///
    /// # Errors
    /// What the system says.
    fn open_tail(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.open(path, true)
    }
    /// Makes a folder, and those above it, for the owner alone. One that exists is left as it is.
    ///
    /// # Errors
    /// What the system says.
    fn make_dir(&self, path: &Path) -> io::Result<()>;
    /// The names in a folder, in no order.
    ///
    /// # Errors
    /// What the system says; `NotFound` where there is no such folder.
    fn names(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Gives a file another name, in one step; a file that had it is gone.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    ///
    /// # Errors
    /// What the system says.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a folder durable.
    ///
    /// # Errors
    /// What the system says.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Bytes that are free for us on the file system of `path`.
    ///
    /// # Errors
    /// What the system says.
    fn room(&self, path: &Path) -> io::Result<u64>;
    /// Whether `path` lies on a file system in memory: it survives a process, not a reboot.
    fn is_memory(&self, path: &Path) -> bool;
}

/// An open file.
pub trait DiskFile: fmt::Debug + Send + Sync {
    /// Reads at a place; 0 at the end of the file. It may read less than it was asked for.
    ///
    /// # Errors
    /// What the system says.
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize>;
    /// Writes at a place. It may write less than it was given.
    ///
    /// # Errors
    /// What the system says.
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize>;
    /// Makes the contents durable. After an error nothing is known about what was written since the last success.
    ///
    /// # Errors
    /// What the system says.
    fn sync(&self) -> io::Result<()>;
    /// Sets the blocks of a range aside, so that writing there cannot fail for want of room.
    ///
    /// # Errors
    /// What the system says.
    fn allocate(&self, at: u64, bytes: u64) -> io::Result<()>;
    /// The length in bytes.
    ///
    /// # Errors
    /// What the system says.
    fn length(&self) -> io::Result<u64>;
    /// Takes the file for this process alone until it is closed; `false` when another has it.
    ///
    /// # Errors
    /// What the system says.
    fn lock(&self) -> io::Result<bool>;
    /// The number that the file system knows the file by: a copy has another.
    ///
    /// # Errors
    /// What the system says.
    fn inode(&self) -> io::Result<u64>;
    /// Whether the file still has a name.
    ///
    /// # Errors
    /// What the system says.
    fn is_linked(&self) -> io::Result<bool>;
}

/// Whether a file that we hold open is what lies at `path`: somebody may have removed it, or moved a folder above it away.
pub(crate) fn is_at(disk: &dyn Disk, file: &dyn DiskFile, path: &Path) -> io::Result<bool> {
    if !file.is_linked()? {
        return Ok(false);
    }
    match disk.open(path, false) {
        Ok(there) => Ok(there.inode()? == file.inode()?),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(false),
        // For want of a descriptor, say. What is not known is no reason to give anything up.
        Err(_) => Ok(true),
    }
}

/// Writes all of `bytes`, however short the single writes are.
pub(crate) fn write_all(file: &dyn DiskFile, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(bytes, at) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => {
                bytes = &bytes[n..];
                at += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads up to `limit` bytes from `at` on, to the end of the file at most.
pub(crate) fn read_up_to(file: &dyn DiskFile, at: u64, limit: usize) -> io::Result<Vec<u8>> {
    let there = usize::try_from(file.length()?.saturating_sub(at)).unwrap_or(usize::MAX);
    let mut bytes = vec![0; limit.min(there)];
    let mut got = 0;
    while got < bytes.len() {
        match file.read_at(&mut bytes[got..], at + got as u64) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(got);
    Ok(bytes)
}
