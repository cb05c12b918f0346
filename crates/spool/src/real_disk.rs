//! The machine's own file systems.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{FallocateFlags, FlockOperation};

use crate::disk::{Disk, DiskFile};
use crate::memory_file::MemoryFile;

/// The disk of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

/// What `statfs` calls tmpfs and ramfs.
const MEMORY_FILE_SYSTEMS: [i64; 2] = [0x0102_1994, 0x8584_58f6];

impl Disk for RealDisk {
    fn open(&self, path: &Path, make: bool) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(RealFile::open(path, make)?))
    }

    fn open_tail(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = RealFile::open(path, true)?;
        if self.is_memory(path) { MemoryFile::open(file) } else { Ok(Box::new(file)) }
    }

    fn make_dir(&self, path: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    fn names(&self, dir: &Path) -> io::Result<Vec<String>> {
        fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    fn room(&self, path: &Path) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(path)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    fn is_memory(&self, path: &Path) -> bool {
        #[expect(clippy::unnecessary_cast, reason = "the type differs between architectures")]
        rustix::fs::statfs(path).is_ok_and(|stat| MEMORY_FILE_SYSTEMS.contains(&(stat.f_type as i64)))
    }
}

#[derive(Debug)]
pub(crate) struct RealFile {
    file: File,
    read_only: bool,
}

impl RealFile {
    fn open(path: &Path, make: bool) -> io::Result<Self> {
        let opened = OpenOptions::new().read(true).write(true).create(make).truncate(false).mode(0o600).open(path);
        match opened {
            Ok(file) => Ok(Self { file, read_only: false }),
            // What is there can be read, and taken for oneself, all the same: a card that fails turns read-only.
            Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => {
                let file = File::open(path).map_err(|_| error)?;
                Ok(Self { file, read_only: true })
            }
            Err(error) => Err(error),
        }
    }

    /// In the words of the disk, not of a descriptor that was opened for reading.
    pub fn writable(&self) -> io::Result<&File> {
        if self.read_only { Err(rustix::io::Errno::ROFS.into()) } else { Ok(&self.file) }
    }
}

impl DiskFile for RealFile {
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        self.file.read_at(buffer, at)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        self.writable()?.write_at(bytes, at)
    }

    fn sync(&self) -> io::Result<()> {
        self.writable()?.sync_data()
    }

    fn allocate(&self, at: u64, bytes: u64) -> io::Result<()> {
        match rustix::fs::fallocate(self.writable()?, FallocateFlags::empty(), at, bytes) {
            // A file system that cannot set blocks aside takes them as they are written.
            Ok(()) | Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn lock(&self) -> io::Result<bool> {
        match rustix::fs::flock(&self.file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn inode(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.ino())
    }

    fn is_linked(&self) -> io::Result<bool> {
        Ok(self.file.metadata()?.nlink() > 0)
    }
}
