//! What a command prints until it has ended, within bounds of time and size.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use streamer_plugin::clock::{Clock, SinceBoot};

use crate::child::{Child, Pipes};
use crate::said::Said;

/// How long a pipe may stay open behind the end of the command: what others print into it may still be on its way.
pub const LINGER: Duration = Duration::from_millis(250);
/// How long only the end of a command is waited for. Nearly all have ended by then, and cost one wake-up instead of three;
/// of the others, one that prints more than a pipe holds has to wait for so long, once.
const QUICK: Duration = Duration::from_millis(20);
/// Room that is kept from run to run.
const KEPT: usize = 16 * 1024;
const FIRST: usize = 4096;

/// How a command's time went by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It has ended, and all that it printed was read.
    Ended,
    /// It has not ended in time.
    TooLong,
    /// It printed more than it may.
    TooMuch,
}

/// What a command printed.
#[derive(Debug, Default)]
pub struct Printed {
    pub out: Vec<u8>,
    pub said: Said,
}

impl Printed {
    /// Forgets the run before, and the room that it took.
    fn clear(&mut self) {
        self.out.clear();
        self.out.shrink_to(KEPT);
        self.said.clear();
    }

    /// Reads until the command has ended and its pipes are closed, at most until `until`, at most `most` bytes of each.
    ///
    /// # Errors
    /// Where the kernel refuses to wait or to read.
    pub fn gather(&mut self, child: &mut Child, most: usize, mut until: SinceBoot, clock: &Clock) -> io::Result<End> {
        self.clear();
        let mut spoken = 0;
        let mut bytes = Vec::new();
        let quick = QUICK.min(until.since(clock.boot()));
        let mut ended = wait(&mut [PollFd::from_borrowed_fd(child.exit(), PollFlags::IN)], quick)? > 0;
        if ended {
            until = until.min(clock.boot().plus(LINGER));
        }
        while !(ended && child.pipes.stdout.is_none() && child.pipes.stderr.is_none()) {
            let ready = Ready::wait(child, ended, until.since(clock.boot()))?;
            if !ready.any() {
                return Ok(if ended { End::Ended } else { End::TooLong });
            }
            drain(&mut child.pipes.stdout, ready.out, &mut self.out, most)?;
            bytes.clear();
            drain(&mut child.pipes.stderr, ready.said, &mut bytes, most)?;
            spoken += bytes.len();
            self.said.add(&bytes);
            if self.out.len() > most || spoken > most {
                return Ok(End::TooMuch);
            }
            if ready.exit {
                ended = true;
                until = until.min(clock.boot().plus(LINGER));
            }
        }
        Ok(End::Ended)
    }
}

/// What has happened.
#[derive(Debug, Clone, Copy)]
struct Ready {
    out: PollFlags,
    said: PollFlags,
    exit: bool,
}

impl Ready {
    /// Waits until something has; nothing has where the time is over.
    fn wait(child: &Child, ended: bool, time: Duration) -> io::Result<Self> {
        let Pipes { stdout, stderr, .. } = &child.pipes;
        let mut fds = Vec::with_capacity(3);
        fds.extend([stdout, stderr].into_iter().flatten().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        if !ended {
            fds.push(PollFd::from_borrowed_fd(child.exit(), PollFlags::IN));
        }
        wait(&mut fds, time)?;
        let mut happened = fds.iter().map(PollFd::revents);
        let mut next = |asked: bool| if asked { happened.next() } else { None }.unwrap_or(PollFlags::empty());
        Ok(Self { out: next(stdout.is_some()), said: next(stderr.is_some()), exit: !next(!ended).is_empty() })
    }

    fn any(self) -> bool {
        self.exit || !self.out.is_empty() || !self.said.is_empty()
    }
}

/// Waits for `time`, whatever signals come; how many have something to tell.
fn wait(fds: &mut [PollFd<'_>], time: Duration) -> io::Result<usize> {
    let time = Timespec::try_from(time).unwrap_or(Timespec { tv_sec: 3600, tv_nsec: 0 });
    loop {
        match poll(fds, Some(&time)) {
            Ok(count) => return Ok(count),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Reads what is there; all of it where nobody writes any more, for then no read waits.
fn drain(pipe: &mut Option<OwnedFd>, happened: PollFlags, into: &mut Vec<u8>, most: usize) -> io::Result<()> {
    if happened.is_empty() {
        return Ok(());
    }
    read(pipe, into)?;
    while pipe.is_some() && happened.contains(PollFlags::HUP) && into.len() <= most {
        read(pipe, into)?;
    }
    Ok(())
}

/// Reads once what is there; closes a pipe that has nothing more.
pub fn read(pipe: &mut Option<OwnedFd>, into: &mut Vec<u8>) -> io::Result<()> {
    let Some(open) = pipe else { return Ok(()) };
    into.reserve(FIRST.max(into.len() / 2));
    loop {
        match rustix::io::read(open.as_fd(), spare_capacity(into)) {
            Ok(0) => *pipe = None,
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        return Ok(());
    }
}
