//! What a command prints until it has ended, within bounds of time and size.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use streamer_plugin::clock::Clock;

use crate::child::{Child, Pipes};
use crate::said::Said;

/// How long a pipe may stay open behind the end of the command: what others print into it may still be on its way.
pub const LINGER: Duration = Duration::from_millis(250);
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

    /// Reads until the command has ended and its pipes are closed, for at most `time`, at most `most` bytes of each.
    ///
    /// # Errors
    /// Where the kernel refuses to wait or to read.
    pub fn gather(
        &mut self,
        child: &Child,
        pipes: &mut Pipes,
        most: usize,
        time: Duration,
        clock: &Clock,
    ) -> io::Result<End> {
        self.clear();
        let mut until = clock.boot().plus(time);
        let mut ended = false;
        let mut spoken = 0;
        while !(ended && pipes.stdout.is_none() && pipes.stderr.is_none()) {
            let open = [pipes.stdout.as_ref(), pipes.stderr.as_ref()];
            let mut fds = Vec::with_capacity(3);
            fds.extend(open.iter().flatten().map(|pipe| PollFd::new(*pipe, PollFlags::IN)));
            if !ended {
                fds.push(PollFd::from_borrowed_fd(child.exit(), PollFlags::IN));
            }
            let time = Timespec::try_from(until.since(clock.boot())).unwrap_or(Timespec { tv_sec: 3600, tv_nsec: 0 });
            match poll(&mut fds, Some(&time)) {
                Ok(0) if ended => break,
                Ok(0) => return Ok(End::TooLong),
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            let mut ready = fds.iter().map(|fd| !fd.revents().is_empty());
            let out = open[0].is_some() && ready.next().unwrap_or(false);
            let said = open[1].is_some() && ready.next().unwrap_or(false);
            let exit = !ended && ready.next().unwrap_or(false);
            if out {
                read(&mut pipes.stdout, &mut self.out)?;
            }
            if said {
                let mut bytes = Vec::with_capacity(FIRST);
                read(&mut pipes.stderr, &mut bytes)?;
                spoken += bytes.len();
                self.said.add(&bytes);
            }
            if self.out.len() > most || spoken > most {
                return Ok(End::TooMuch);
            }
            if exit {
                ended = true;
                until = until.min(clock.boot().plus(LINGER));
            }
        }
        Ok(End::Ended)
    }
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
