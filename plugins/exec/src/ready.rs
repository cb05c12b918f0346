//! Waiting for a program: until it says something, it ends, or the input is told to stop.

use std::io;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use streamer_plugin::Stop;

use crate::child::{Child, Pipes};

/// What happened.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ready {
    /// The input is told to stop.
    pub stop: bool,
    /// The program has ended.
    pub exit: bool,
    /// There is something on its stdout.
    pub out: bool,
    /// There is something on its stderr.
    pub said: bool,
}

impl Ready {
    pub fn any(self) -> bool {
        self.stop || self.exit || self.out || self.said
    }
}

/// Waits until something happens, for at most `time`. That it ended is news only once.
pub fn wait(child: &Child, stop: Option<&Stop>, ended: bool, time: Duration) -> io::Result<Ready> {
    let time = Timespec::try_from(time).unwrap_or_default();
    let Pipes { stdout, stderr, .. } = &child.pipes;
    let mut fds = Vec::with_capacity(4);
    fds.extend(stop.map(|stop| PollFd::new(stop, PollFlags::IN)));
    fds.extend([stdout, stderr].into_iter().flatten().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
    if !ended {
        fds.push(PollFd::from_borrowed_fd(child.exit(), PollFlags::IN));
    }
    match poll(&mut fds, Some(&time)) {
        Ok(_) => {}
        Err(Errno::INTR) => return Ok(Ready::default()),
        Err(error) => return Err(error.into()),
    }
    let mut ready = fds.iter().map(|fd| !fd.revents().is_empty());
    let mut next = |asked: bool| asked && ready.next().unwrap_or(false);
    Ok(Ready {
        stop: next(stop.is_some()),
        out: next(stdout.is_some()),
        said: next(stderr.is_some()),
        exit: next(!ended),
    })
}
