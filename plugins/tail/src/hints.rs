//! Hints that something may have changed, so that an idle tail costs nothing and a busy one waits for nothing.
//!
//! A hint is never believed: whether there is news is found out by looking. Where the kernel gives no hints (too many
//! watches, a network file system) the looking goes on at its own pace.

use std::collections::HashSet;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use streamer_plugin::Stop;

/// Watches folders.
#[derive(Debug)]
pub struct Hints {
    queue: Option<OwnedFd>,
    watched: HashSet<PathBuf>,
}

impl Hints {
    pub fn new() -> Self {
        let queue = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok();
        Self { queue, watched: HashSet::new() }
    }

    /// Asks for hints about what happens in `folder`.
    pub fn watch(&mut self, folder: &Path) {
        /// More than that, and the kernel's own bound is not far for other programs either.
        const MOST: usize = 1000;
        if self.watched.contains(folder) || self.watched.len() >= MOST {
            return;
        }
        let Some(queue) = &self.queue else { return };
        let what = WatchFlags::MODIFY
            | WatchFlags::CREATE
            | WatchFlags::MOVE
            | WatchFlags::DELETE
            | WatchFlags::ATTRIB
            | WatchFlags::ONLYDIR;
        if inotify::add_watch(queue, folder, what).is_ok() {
            self.watched.insert(folder.to_owned());
        }
    }

    /// Sleeps until there is a hint, `time` has passed, or the input must stop.
    pub fn wait(&self, time: Duration, stop: &Stop) {
        let timeout = Timespec::try_from(time).unwrap_or(Timespec { tv_sec: 3600, tv_nsec: 0 });
        let mut fds = vec![PollFd::new(stop, PollFlags::IN)];
        fds.extend(self.queue.as_ref().map(|queue| PollFd::new(queue, PollFlags::IN)));
        // A signal may end the wait early: then there is one look more.
        let _ = poll(&mut fds, Some(&timeout));
    }

    /// Throws away the hints that came so far: whoever looks now sees what they were about.
    pub fn take(&self) {
        let Some(queue) = &self.queue else { return };
        let mut room = [MaybeUninit::<u8>::uninit(); 16 * 1024];
        while rustix::io::read(queue, &mut room).is_ok_and(|(read, _)| !read.is_empty()) {}
    }
}
