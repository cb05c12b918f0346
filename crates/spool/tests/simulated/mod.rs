//! A disk that is as bad as disks are allowed to be.
//!
//! What was not synced may be lost at a power cut, sector by sector and in any order; names not synced may be lost
//! too, each for itself; a failed sync throws away what it should have written and the next one says nothing of it;
//! writes may be short; and any call may be refused. Paths below `/run` are memory: they survive a kill and nothing more.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, RwLock, RwLockWriteGuard};

use streamer_spool::{Disk, DiskFile};

/// A small generator of numbers, so that a printed seed gives the same run on every machine.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.roll() % n
    }

    pub fn chance(&mut self, in_100: u64) -> bool {
        self.below(100) < in_100
    }
}

/// How the disk misbehaves at the moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mood {
    /// The chance, in 100, that a call that changes something is refused, and with what.
    pub refuses: Option<(u64, i32)>,
    /// Whether the memory file system refuses too.
    pub memory_refuses: bool,
    /// The chance, in 100, of a short write.
    pub short: u64,
}

#[derive(Debug, Default)]
struct Inode {
    /// What a running system sees.
    current: Vec<u8>,
    /// What is on the medium.
    durable: Vec<u8>,
    /// Writes that may or may not have reached the medium.
    unsynced: Vec<(usize, Vec<u8>)>,
    locked: bool,
    memory: bool,
}

type Names = BTreeMap<PathBuf, u64>;

#[derive(Debug)]
struct Machine {
    dice: Dice,
    inodes: BTreeMap<u64, Inode>,
    next: u64,
    names: Names,
    durable_names: Names,
    /// Changes of names that may or may not have reached the medium; each is whole or not at all.
    unsynced_names: Vec<Vec<(PathBuf, Option<u64>)>>,
    dirs: BTreeSet<PathBuf>,
    durable_dirs: BTreeSet<PathBuf>,
    mood: Mood,
    capacity: u64,
    written: u64,
    syncs: u64,
    /// Counts processes, so that a handle of a killed one does nothing any more.
    life: u64,
}

#[derive(Debug, Clone)]
pub struct SimulatedDisk(Arc<Mutex<Machine>>, Arc<RwLock<()>>);

const SECTOR: usize = 512;

impl SimulatedDisk {
    pub fn new(seed: u64) -> Self {
        let dirs = BTreeSet::from([PathBuf::from("/"), PathBuf::from("/run"), PathBuf::from("/var")]);
        let machine = Machine {
            dice: Dice::new(seed),
            inodes: BTreeMap::new(),
            next: 1,
            names: Names::new(),
            durable_names: Names::new(),
            unsynced_names: Vec::new(),
            durable_dirs: dirs.clone(),
            dirs,
            mood: Mood::default(),
            capacity: u64::MAX / 2,
            written: 0,
            syncs: 0,
            life: 0,
        };
        Self(Arc::new(Mutex::new(machine)), Arc::default())
    }

    /// While this is held, no sync returns.
    pub fn hang(&self) -> RwLockWriteGuard<'_, ()> {
        self.1.write().unwrap()
    }

    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.0.lock().unwrap()
    }

    pub fn mood(&self, mood: Mood) {
        self.machine().mood = mood;
    }

    pub fn capacity(&self, bytes: u64) {
        self.machine().capacity = bytes;
    }

    pub fn written(&self) -> u64 {
        self.machine().written
    }

    pub fn syncs(&self) -> u64 {
        self.machine().syncs
    }

    /// The process is gone: its locks and handles with it. All that it wrote is still there.
    pub fn kill(&self) {
        let mut machine = self.machine();
        machine.life += 1;
        machine.inodes.values_mut().for_each(|i| i.locked = false);
    }

    /// The power is gone: memory is empty, and of what was not synced some sectors and some names are there.
    pub fn power_cut(&self) {
        self.kill();
        let mut machine = self.machine();
        let Machine { dice, inodes, names, durable_names, unsynced_names, dirs, durable_dirs, .. } = &mut *machine;
        for change in unsynced_names.drain(..) {
            if dice.chance(50) {
                enact(durable_names, &change);
            }
        }
        durable_dirs.extend(dirs.iter().filter(|_| dice.chance(50)).cloned());
        durable_dirs.retain(|d| !in_memory(d) || d == Path::new("/run"));
        let whole = |path: &Path| path.ancestors().skip(1).all(|d| durable_dirs.contains(d));
        durable_names.retain(|path, _| !in_memory(path) && whole(path));
        let kept: BTreeSet<PathBuf> =
            durable_dirs.iter().filter(|d| d.ancestors().all(|above| durable_dirs.contains(above))).cloned().collect();
        *durable_dirs = kept;
        (*names, *dirs) = (durable_names.clone(), durable_dirs.clone());
        for inode in inodes.values_mut() {
            inode.settle_by_chance(dice);
            inode.current = inode.durable.clone();
        }
    }

    /// Somebody removes a folder with all that is in it.
    pub fn remove_all(&self, dir: &Path) {
        let mut machine = self.machine();
        let gone: Vec<PathBuf> = machine.names.keys().filter(|p| p.starts_with(dir)).cloned().collect();
        for path in gone {
            machine.change(vec![(path, None)]);
        }
        machine.dirs.retain(|d| !d.starts_with(dir));
        machine.durable_dirs.retain(|d| !d.starts_with(dir));
    }

    /// Copies a folder as another device would have it.
    pub fn copy_all(&self, from: &Path, to: &Path) {
        let mut machine = self.machine();
        let files: Vec<(PathBuf, u64)> =
            machine.names.iter().filter(|(p, _)| p.starts_with(from)).map(|(p, i)| (p.clone(), *i)).collect();
        let dirs: Vec<PathBuf> = machine.dirs.iter().filter(|d| d.starts_with(from)).cloned().collect();
        for dir in dirs {
            let new = to.join(dir.strip_prefix(from).unwrap());
            machine.dirs.insert(new.clone());
            machine.durable_dirs.insert(new);
        }
        for (path, inode) in files {
            let bytes = machine.inodes[&inode].current.clone();
            let id = machine.new_inode(false);
            let copy = machine.inodes.get_mut(&id).unwrap();
            (copy.current, copy.durable) = (bytes.clone(), bytes);
            machine.change(vec![(to.join(path.strip_prefix(from).unwrap()), Some(id))]);
        }
    }

    /// The paths of all files below `dir`.
    pub fn files(&self, dir: &Path) -> Vec<PathBuf> {
        self.machine().names.keys().filter(|p| p.starts_with(dir)).cloned().collect()
    }

    pub fn bytes(&self, path: &Path) -> Vec<u8> {
        let machine = self.machine();
        machine.inodes[&machine.names[path]].current.clone()
    }

    /// Changes a file behind everybody's back, on the medium and in the cache.
    pub fn damage(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut machine = self.machine();
        let inode = machine.names[path];
        let inode = machine.inodes.get_mut(&inode).unwrap();
        change(&mut inode.current);
        inode.durable = inode.current.clone();
        inode.unsynced.clear();
    }

    /// Puts a file there.
    pub fn plant(&self, path: &Path, bytes: &[u8]) {
        let mut machine = self.machine();
        let id = machine.new_inode(in_memory(path));
        let inode = machine.inodes.get_mut(&id).unwrap();
        (inode.current, inode.durable) = (bytes.to_vec(), bytes.to_vec());
        machine.change(vec![(path.into(), Some(id))]);
    }
}

fn in_memory(path: &Path) -> bool {
    path.starts_with("/run")
}

fn enact(names: &mut Names, change: &[(PathBuf, Option<u64>)]) {
    for (path, inode) in change {
        match inode {
            Some(inode) => names.insert(path.clone(), *inode),
            None => names.remove(path),
        };
    }
}

impl Inode {
    fn put(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
        if bytes.len() < at + new.len() {
            bytes.resize(at + new.len(), 0);
        }
        bytes[at..at + new.len()].copy_from_slice(new);
    }

    fn sync(&mut self) {
        for (at, new) in self.unsynced.drain(..) {
            Self::put(&mut self.durable, at, &new);
        }
    }

    /// Each block of the medium holds what it held after some number of the writes that were never synced; blocks are
    /// sectors or pages, and know nothing of each other.
    fn settle_by_chance(&mut self, dice: &mut Dice) {
        let block = if dice.chance(50) { SECTOR } else { 8 * SECTOR };
        let mut versions = vec![self.durable.clone()];
        for (at, new) in self.unsynced.drain(..) {
            let mut next = versions.last().unwrap().clone();
            Self::put(&mut next, at, &new);
            versions.push(next);
        }
        let length = versions[usize::try_from(dice.below(versions.len() as u64)).unwrap()].len();
        let mut settled = vec![0; length];
        for start in (0..length).step_by(block) {
            let version = &versions[usize::try_from(dice.below(versions.len() as u64)).unwrap()];
            let end = (start + block).min(length).min(version.len());
            if start < end {
                settled[start..end].copy_from_slice(&version[start..end]);
            }
        }
        self.durable = settled;
    }
}

impl Machine {
    fn new_inode(&mut self, memory: bool) -> u64 {
        self.next += 1;
        self.inodes.insert(self.next, Inode { memory, ..Inode::default() });
        self.next
    }

    fn change(&mut self, change: Vec<(PathBuf, Option<u64>)>) {
        enact(&mut self.names, &change);
        self.unsynced_names.push(change);
    }

    fn refuse(&mut self, memory: bool) -> io::Result<()> {
        match self.mood.refuses {
            Some((chance, error)) if (!memory || self.mood.memory_refuses) && self.dice.chance(chance) => {
                Err(io::Error::from_raw_os_error(error))
            }
            _ => Ok(()),
        }
    }

    fn used(&self) -> u64 {
        self.names.values().filter(|i| !self.inodes[i].memory).map(|i| self.inodes[i].current.len() as u64).sum()
    }
}

impl Disk for SimulatedDisk {
    fn open(&self, path: &Path, make: bool) -> io::Result<Box<dyn DiskFile>> {
        let mut machine = self.machine();
        let inode = match machine.names.get(path) {
            Some(inode) => *inode,
            None if !make => return Err(io::ErrorKind::NotFound.into()),
            None => {
                machine.refuse(in_memory(path))?;
                if !machine.dirs.contains(path.parent().unwrap()) {
                    return Err(io::ErrorKind::NotFound.into());
                }
                let inode = machine.new_inode(in_memory(path));
                machine.change(vec![(path.into(), Some(inode))]);
                inode
            }
        };
        Ok(Box::new(SimulatedFile { disk: self.clone(), inode, life: machine.life }))
    }

    fn make_dir(&self, path: &Path) -> io::Result<()> {
        let mut machine = self.machine();
        if !machine.dirs.contains(path) {
            machine.refuse(in_memory(path))?;
            for dir in path.ancestors() {
                machine.dirs.insert(dir.into());
            }
        }
        Ok(())
    }

    fn names(&self, dir: &Path) -> io::Result<Vec<String>> {
        let machine = self.machine();
        if !machine.dirs.contains(dir) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let all = machine.names.keys().chain(machine.dirs.iter());
        let inside = all.filter(|p| p.parent() == Some(dir));
        Ok(inside.map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut machine = self.machine();
        machine.refuse(in_memory(from))?;
        let Some(inode) = machine.names.get(from).copied() else { return Err(io::ErrorKind::NotFound.into()) };
        machine.change(vec![(from.into(), None), (to.into(), Some(inode))]);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut machine = self.machine();
        machine.refuse(in_memory(path))?;
        if !machine.names.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        machine.change(vec![(path.into(), None)]);
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut machine = self.machine();
        machine.refuse(in_memory(dir))?;
        if !machine.dirs.contains(dir) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let Machine { unsynced_names, durable_names, dirs, durable_dirs, .. } = &mut *machine;
        unsynced_names.retain(|change| {
            let here = change.iter().any(|(path, _)| path.parent() == Some(dir));
            if here {
                enact(durable_names, change);
            }
            !here
        });
        durable_dirs.extend(dirs.iter().filter(|d| d.parent() == Some(dir)).cloned());
        Ok(())
    }

    fn room(&self, _: &Path) -> io::Result<u64> {
        let machine = self.machine();
        Ok(machine.capacity.saturating_sub(machine.used()))
    }

    fn is_memory(&self, path: &Path) -> bool {
        in_memory(path)
    }
}

#[derive(Debug)]
struct SimulatedFile {
    disk: SimulatedDisk,
    inode: u64,
    life: u64,
}

impl SimulatedFile {
    fn with<T>(&self, changes: bool, act: impl FnOnce(&mut Inode) -> T) -> io::Result<T> {
        let mut machine = self.disk.machine();
        if machine.life != self.life {
            return Err(io::Error::other("this process is gone"));
        }
        if changes {
            let memory = machine.inodes[&self.inode].memory;
            machine.refuse(memory)?;
        }
        Ok(act(machine.inodes.get_mut(&self.inode).unwrap()))
    }
}

impl DiskFile for SimulatedFile {
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        self.with(false, |inode| {
            let at = usize::try_from(at).unwrap().min(inode.current.len());
            let n = buffer.len().min(inode.current.len() - at);
            buffer[..n].copy_from_slice(&inode.current[at..at + n]);
            n
        })
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        let n = {
            let mut machine = self.disk.machine();
            let short = machine.mood.short;
            let n = if machine.dice.chance(short) {
                1 + machine.dice.below(bytes.len() as u64)
            } else {
                bytes.len() as u64
            };
            let inode = &machine.inodes[&self.inode];
            let grows = (at + n).saturating_sub(inode.current.len() as u64);
            if !inode.memory {
                if grows > machine.capacity.saturating_sub(machine.used()) {
                    return Err(io::ErrorKind::StorageFull.into());
                }
                machine.written += n;
            }
            usize::try_from(n).unwrap()
        };
        self.with(true, |inode| {
            let at = usize::try_from(at).unwrap();
            Inode::put(&mut inode.current, at, &bytes[..n]);
            if !inode.memory {
                inode.unsynced.push((at, bytes[..n].to_vec()));
            }
            n
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.machine().syncs += 1;
        drop(self.disk.1.read().unwrap());
        match self.with(true, Inode::sync) {
            Err(error) => {
                // The kernel marks the pages clean all the same: the next sync knows nothing of them.
                let mut machine = self.disk.machine();
                let Machine { dice, inodes, .. } = &mut *machine;
                inodes.get_mut(&self.inode).unwrap().settle_by_chance(dice);
                Err(error)
            }
            ok => ok,
        }
    }

    fn allocate(&self, at: u64, bytes: u64) -> io::Result<()> {
        let zeros = usize::try_from(at + bytes).unwrap();
        let grows = {
            let machine = self.disk.machine();
            let grows = (at + bytes).saturating_sub(machine.inodes[&self.inode].current.len() as u64);
            grows <= machine.capacity.saturating_sub(machine.used())
        };
        if !grows {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.with(true, |inode| {
            if inode.current.len() < zeros {
                inode.current.resize(zeros, 0);
                inode.unsynced.push((zeros, Vec::new()));
            }
        })
    }

    fn length(&self) -> io::Result<u64> {
        self.with(false, |inode| inode.current.len() as u64)
    }

    fn lock(&self) -> io::Result<bool> {
        self.with(false, |inode| !std::mem::replace(&mut inode.locked, true))
    }

    fn inode(&self) -> io::Result<u64> {
        Ok(self.inode)
    }

    fn is_linked(&self) -> io::Result<bool> {
        let machine = self.disk.machine();
        Ok(machine.names.values().any(|i| *i == self.inode))
    }
}
