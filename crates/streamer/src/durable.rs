//! A library user's spool on disk: opening it, the thread that commits, and the small files beside it.
//!
//! Only `open`, `commit` and `close` here may wait for the disk or for another holder of it, and they say how long.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use streamer_clock::{Clock, SinceBoot};
use streamer_reading::Epoch;
use streamer_spool::{Committed, DiskState, OnFull, OpenError, Options, Places, RealDisk, Recovery, Spool, Work};

use crate::error::BuildError;
use crate::events_api::KnownBuckets;

/// The most that a power cut may cost.
const SYNC: Duration = Duration::from_secs(10);
/// How often cursors reach the disk when nothing else does.
const CHECKPOINT: Duration = Duration::from_secs(300);

/// How often, and how long apart, a folder that somebody holds is tried.
const LET_GO_TRIES: u32 = 100;
const LET_GO_PAUSE: Duration = Duration::from_millis(20);

/// How long a start waits for the disk before it goes on without it.
const RECORD_FIRST: Duration = Duration::from_secs(2);

/// A spool's folder, and the thread that writes to it.
#[derive(Debug)]
pub(crate) struct Durable {
    folder: PathBuf,
}

impl Durable {
    pub fn open(folder: &Path, max_size: u64, memory: u64, boot: [u8; 16]) -> Result<(Spool, Self), BuildError> {
        let refused = |why: String| BuildError::Spool { path: folder.to_owned(), why };
        let places = Places { state: folder.to_owned(), runtime: runtime_folder() };
        let options = Options { max_size, memory, on_full: OnFull::DropNewest, sync_always: false };
        let mut opened = Spool::open_unrecorded(places.clone(), options.clone(), boot, Arc::new(RealDisk));
        // A streamer of this folder that was closed a moment ago may still be sending its last batch.
        for _ in 0..LET_GO_TRIES {
            if !matches!(opened, Err(OpenError::InUse(_))) {
                break;
            }
            thread::sleep(LET_GO_PAUSE);
            opened = Spool::open_unrecorded(places.clone(), options.clone(), boot, Arc::new(RealDisk));
        }
        let (spool, mut recovery) = opened.map_err(|error| refused(error.to_string()))?;
        if let Some(fault) = record_opening(&spool) {
            recovery.fault.get_or_insert(fault);
        }
        report(folder, &recovery);
        let committing = spool.clone();
        thread::Builder::new().name("streamer-commit".into()).spawn(move || commit_until_closed(&committing))?;
        Ok((spool, Self { folder: folder.to_owned() }))
    }

    /// Which buckets the service knows, kept beside the spool.
    pub fn known_buckets(&self) -> KnownBuckets {
        KnownBuckets::in_file(self.folder.join("created_buckets"))
    }

    /// The last stamp of a clock that was right.
    pub fn last_trusted(&self) -> Option<Epoch> {
        let text = fs::read_to_string(self.folder.join("last_trusted")).ok()?;
        text.trim().parse().ok().map(Epoch::from_micros)
    }

    /// Commits, waiting at most this long; `stamp` is the present, where the clock is right.
    pub fn commit(&self, spool: &Spool, stamp: Option<Epoch>, at_most: Duration) {
        let (spool, folder) = (spool.clone(), self.folder.clone());
        // What could not be waited for goes on behind.
        let _ = wait_for(at_most, move || {
            say(&spool.commit());
            if let Some(stamp) = stamp
                && let Err(error) = fs::write(folder.join("last_trusted"), format!("{}\n", stamp.micros()))
            {
                tracing::debug!(%error, "the last true time is not kept");
            }
        });
    }

    /// The last commit; the committing thread ends.
    pub fn close(&mut self, spool: &Spool, at_most: Duration) {
        let spool = spool.clone();
        let _ = wait_for(at_most, move || say(&spool.close()));
    }
}

/// Brings the record of this opening to the disk, and gives what that refuses. It is not waited for without end: what is
/// accepted meanwhile lies in the runtime folder, and follows when the disk answers.
pub fn record_opening(spool: &Spool) -> Option<String> {
    let spool = spool.clone();
    wait_for(RECORD_FIRST, move || spool.record_opening()).unwrap_or_else(Some)
}

/// Does it on another thread, so that a disk that never answers holds nobody up; gives what came of it, or why nothing did.
fn wait_for<T: Send + 'static>(at_most: Duration, work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    let (done, ended) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().name("streamer-disk".into());
    thread.spawn(move || drop(done.try_send(work()))).map_err(|error| format!("no thread to write to it: {error}"))?;
    ended.recv_timeout(at_most).map_err(|_| format!("the disk has not answered for {} s", at_most.as_secs()))
}

fn commit_until_closed(spool: &Spool) {
    let clock = Clock::system();
    let mut checkpoint_at = clock.boot().plus(CHECKPOINT);
    let mut due = clock.boot().plus(SYNC);
    let mut ok = true;
    loop {
        let work = spool.wait_for_work(due.since(clock.boot()));
        let now = clock.boot();
        match work {
            Work::Closed => return,
            Work::Tail if now < due => {
                spool.renew_tail();
                continue;
            }
            Work::Commit | Work::Tail | Work::Nothing => {}
        }
        let mut committed = spool.commit();
        if now >= checkpoint_at {
            committed = spool.checkpoint();
            checkpoint_at = now.plus(CHECKPOINT);
        }
        due = next(now);
        let is_ok = !matches!(committed.disk, DiskState::MemoryOnly { .. });
        if is_ok != ok {
            ok = is_ok;
            if ok {
                tracing::info!("the spool's disk takes readings again");
            } else {
                say(&committed);
            }
        }
    }
}

fn next(now: SinceBoot) -> SinceBoot {
    now.plus(SYNC)
}

fn say(committed: &Committed) {
    if let DiskState::MemoryOnly { error, .. } = &committed.disk {
        tracing::warn!("the spool's disk takes nothing ({error}); readings stay in memory until it does");
    }
}

fn report(folder: &Path, recovery: &Recovery) {
    let folder = folder.display();
    if recovery.readings > 0 {
        tracing::info!("{} readings of an earlier run are still to be delivered", recovery.readings);
    }
    if recovery.lost > 0 {
        tracing::warn!("spool {folder}: {} readings are lost", recovery.lost);
    }
    for (file, why) in &recovery.set_aside {
        tracing::warn!("spool {folder}: {} was set aside: {why}", file.display());
    }
    for file in &recovery.given_up {
        tracing::warn!("spool {folder}: {} is removed: newer files that were set aside need its room", file.display());
    }
    if let Some(fault) = &recovery.fault {
        tracing::warn!("spool {folder}: {fault}; readings stay in memory until the disk takes them");
    }
}

/// Where unsynced readings survive a killed process: the user's runtime folder, or a folder of our own in shared memory.
fn runtime_folder() -> Option<PathBuf> {
    match std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from) {
        Some(folder) if folder.is_dir() => Some(folder.join("streamer")),
        _ => {
            let user = fs::metadata("/proc/self").ok()?.uid();
            Some(PathBuf::from(format!("/dev/shm/streamer-{user}")))
        }
    }
}
