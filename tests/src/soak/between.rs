//! What the threads of a soak know of each other: whether it is over, and which agent runs.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// Shared by the writers, the killer and the weather.
#[derive(Debug, Default)]
pub struct Shared {
    over: AtomicBool,
    burst: AtomicU64,
    agent: Mutex<Option<u32>>,
}

impl Shared {
    /// Tells every writer to stop.
    pub fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// Asks the busiest log for so many lines at once.
    pub fn ask_burst(&self, lines: u64) {
        self.burst.store(lines, Ordering::Relaxed);
    }

    /// Takes the burst that was asked for.
    pub fn take_burst(&self) -> u64 {
        self.burst.swap(0, Ordering::Relaxed)
    }

    /// The running agent's process number; nobody kills it, and nobody deletes a log, while this is held.
    pub fn agent(&self) -> MutexGuard<'_, Option<u32>> {
        self.agent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, unless somebody holds it.
    pub fn agent_now(&self) -> Option<MutexGuard<'_, Option<u32>>> {
        match self.agent.try_lock() {
            Ok(agent) => Some(agent),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

/// Numbers that look random, the same ones for the same seed.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// From this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// A number below this one.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit.max(1)
    }
}

/// What the descriptors of a process lead to.
fn open_files(pid: u32) -> impl Iterator<Item = String> {
    let folder = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    folder.filter_map(|entry| fs::read_link(entry.path()).ok()).map(|path| path.to_string_lossy().into_owned())
}

/// Whether this process has this file open.
pub fn holds(pid: u32, path: &Path) -> bool {
    open_files(pid).any(|open| Path::new(&open) == path)
}

/// Whether this process has a file of this folder open that was deleted.
pub fn holds_deleted(pid: u32, folder: &Path) -> bool {
    let folder = folder.to_string_lossy().into_owned();
    open_files(pid).any(|open| open.starts_with(&folder) && open.ends_with(" (deleted)"))
}
