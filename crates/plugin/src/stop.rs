//! How a listener is told to stop: asked, waited on, or polled as a file descriptor.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};

/// The listener's side: becomes readable, and stays so, once the input must stop.
#[derive(Debug, Clone)]
pub struct Stop(Arc<OwnedFd>);

/// The other side: tells all copies of its [`Stop`], by hand or when it is dropped.
#[derive(Debug)]
pub struct Stopper(Stop);

impl Stop {
    /// A pair: one to listen to, one to stop with.
    ///
    /// # Errors
    /// Where the process has no file descriptor left.
    pub fn new() -> io::Result<(Self, Stopper)> {
        let stop = Self(Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?));
        Ok((stop.clone(), Stopper(stop)))
    }

    /// Whether it was told.
    pub fn asked(&self) -> bool {
        self.wait(Duration::ZERO)
    }

    /// Sleeps for `time` at most; true once the input must stop.
    pub fn wait(&self, time: Duration) -> bool {
        let timeout = Timespec::try_from(time).unwrap_or(Timespec { tv_sec: i64::from(u32::MAX), tv_nsec: 0 });
        let mut fds = [PollFd::new(&self.0, PollFlags::IN)];
        // A signal may end the wait early; callers wait in a loop and lose nothing.
        poll(&mut fds, Some(&timeout)).is_ok_and(|ready| ready > 0)
    }
}

impl AsFd for Stop {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Stopper {
    /// Tells every copy of the [`Stop`].
    pub fn stop(&self) {
        // An eventfd refuses only at 2^64-1; then it is readable all the same.
        let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }
}

impl Drop for Stopper {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_asked_waited_on_and_told_by_dropping() {
        let (stop, stopper) = Stop::new().unwrap();
        assert!(!stop.asked());
        let copy = stop.clone();
        let waiting = std::thread::spawn(move || copy.wait(Duration::from_secs(600)));
        drop(stopper);
        assert!(waiting.join().unwrap());
        assert!(stop.asked());
    }
}
