//! The folders of a spool: who holds them, what they are called, and whether they are still there.
//!
//! In the state folder: `id` (names the runtime folder), `lock`, and `spool/` with the register, the dead letters and
//! a folder for each bucket's segments.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use streamer_reading::{BucketKey, word};

use crate::disk::{self, Disk, DiskFile};
use crate::options::Places;

/// A random number for names and salts: the standard library's own seed, which comes from the system.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Why a spool could not be opened. Damage is never a reason.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process holds the state folder.
    #[error("another process is using {}; stop it first, or choose another state folder", .0.display())]
    InUse(PathBuf),
}

/// The folders in use.
#[derive(Debug)]
pub(crate) struct Home {
    pub disk: Arc<dyn Disk>,
    pub state: PathBuf,
    pub spool: PathBuf,
    /// This state folder's own runtime folder, on a memory file system.
    pub runtime: Option<PathBuf>,
    id: Option<u64>,
    lock: Option<Box<dyn DiskFile>>,
}

impl Places {
    /// The runtime folder of this state folder, where that has been opened before and both are still there. The agent
    /// keeps its control socket here; commands look for it here.
    pub fn runtime_folder(&self, disk: &dyn Disk) -> Option<PathBuf> {
        let base = self.runtime.as_ref().filter(|base| disk.is_memory(base))?;
        let id = read_id(disk, &self.state.join("id")).ok()??;
        Some(base.join(format!("{id:016x}")))
    }
}

impl Home {
    /// Takes the state folder. A folder that cannot be made or locked for want of a working disk is no reason to
    /// refuse: the error comes back beside a home that will try again with each commit.
    pub fn take(places: &Places, disk: Arc<dyn Disk>) -> Result<(Self, Option<io::Error>), OpenError> {
        let spool = places.state.join("spool");
        let mut home = Self { disk, state: places.state.clone(), spool, runtime: None, id: None, lock: None };
        let fault = match home.settle_in() {
            Ok(true) => None,
            Ok(false) => return Err(OpenError::InUse(places.state.clone())),
            Err(error) => Some(error),
        };
        if let Some(base) = &places.runtime {
            home.runtime = home.find_runtime(base).ok().flatten();
        }
        Ok((home, fault))
    }

    /// Makes the folders and takes the lock; `false` when another process has it.
    fn settle_in(&mut self) -> io::Result<bool> {
        let made = match self.disk.make_dir(&self.spool) {
            // A read-only disk may hold a spool all the same.
            Err(error) if self.disk.names(&self.spool).is_err() => return Err(error),
            other => other,
        };
        if self.lock.is_none() {
            let lock = self.disk.open(&self.state.join("lock"), true)?;
            if !lock.lock()? {
                return Ok(false);
            }
            self.lock = Some(lock);
        }
        made.map(|()| true)
    }

    /// Makes the folders' names durable.
    fn sync(&self) -> io::Result<()> {
        self.disk.sync_dir(&self.state)?;
        // The folder above may be somebody else's: what it says about its own durability is not ours to insist on.
        if let Some(above) = self.state.parent() {
            let _ = self.disk.sync_dir(above);
        }
        Ok(())
    }

    /// The runtime folder named by the id that the state folder keeps.
    fn find_runtime(&mut self, base: &Path) -> io::Result<Option<PathBuf>> {
        self.disk.make_dir(base)?;
        if !self.disk.is_memory(base) {
            return Ok(None);
        }
        let path = self.state.join("id");
        let id = match read_id(&*self.disk, &path)? {
            Some(id) => id,
            None => {
                let id = random();
                self.write_id(id)?;
                id
            }
        };
        self.id = Some(id);
        let own = base.join(format!("{id:016x}"));
        self.disk.make_dir(&own)?;
        Ok(Some(own))
    }

    /// The id stands beside the number that the file system knows its file by: in a copied folder that number is
    /// another, and the copy gets an id of its own, so that the two never share a tail. It needs no sync: a power cut
    /// that takes it takes what it names too.
    fn write_id(&self, id: u64) -> io::Result<()> {
        let path = self.state.join("id");
        let new = path.with_extension("new");
        let _ = self.disk.remove(&new);
        let file = self.disk.open(&new, true)?;
        disk::write_all(&*file, format!("{id:016x} {:016x}\n", file.inode()?).as_bytes(), 0)?;
        self.disk.rename(&new, &path)
    }

    /// Whether somebody removed the folders under us, or moved them away. Then they are made anew, and all that lay there is lost.
    pub fn was_removed(&self) -> io::Result<bool> {
        match &self.lock {
            None => Ok(true),
            Some(lock) => Ok(!disk::is_at(&*self.disk, &**lock, &self.state.join("lock"))?),
        }
    }

    /// Makes the folders anew.
    pub fn rebuild(&mut self) -> io::Result<()> {
        if self.was_removed()? {
            self.lock = None;
        }
        if !self.settle_in()? {
            return Err(io::Error::other("another process has taken the state folder"));
        }
        self.sync()?;
        if let (Some(own), Some(id)) = (&self.runtime, self.id) {
            self.disk.make_dir(own)?;
            if read_id(&*self.disk, &self.state.join("id"))? != Some(id) {
                self.write_id(id)?;
            }
        }
        Ok(())
    }

    pub fn log_dir(&self, bucket: &BucketKey) -> PathBuf {
        log_dir(&self.spool, bucket)
    }

    /// Where the tail lies, and whether that is memory.
    pub fn tail_dir(&self) -> (&Path, bool) {
        match &self.runtime {
            Some(runtime) => (runtime, true),
            None => (&self.spool, false),
        }
    }
}

/// The folder of a bucket's segments: a word to recognise it by, and a hash that no other bucket has.
pub(crate) fn log_dir(spool: &Path, bucket: &BucketKey) -> PathBuf {
    let key = bucket.as_str();
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    let word: String = word(key).chars().take(60).collect();
    spool.join(format!("log-{word}-{hash:016x}"))
}

fn read_id(disk: &dyn Disk, path: &Path) -> io::Result<Option<u64>> {
    let file = match disk.open(path, false) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let text = String::from_utf8(disk::read_up_to(&*file, 0, 64)?).unwrap_or_default();
    let mut numbers = text.split_whitespace().map(|n| u64::from_str_radix(n, 16).ok());
    let (id, inode) = (numbers.next().flatten(), numbers.next().flatten());
    Ok(if inode == Some(file.inode()?) { id } else { None })
}
