//! Mode `edge`: each edge that counts is a reading, at the time that the kernel gives it.
//!
//! The state at the start is a reading too, and so is the state after edges were lost.

use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use streamer_plugin::{InputError, Listener, Outlet, Readings, SendError, Stop, When};

use crate::stable::Turn;
use crate::watch::Watch;

/// `[[inputs.gpio]]` that tells of edges.
pub(crate) struct Edges {
    watch: Watch,
    key: String,
}

impl Edges {
    pub(crate) fn new(watch: Watch, key: String) -> Self {
        Self { watch, key }
    }

    fn put(&self, turn: Turn, out: &mut Readings) {
        out.put_at(self.key.as_str(), i64::from(turn.active), When::SinceBoot(turn.at));
    }

    /// Everything that is there now; false once the input must stop.
    fn tell(&mut self, out: &Outlet, stop: &Stop, readings: &mut Readings) -> Result<bool, InputError> {
        let mut all_lost = 0;
        let mut turns = Vec::new();
        loop {
            readings.begin(out.clock().now(), Duration::from_secs(10));
            let (lost, more) = self.watch.catch_up(&mut |turn| turns.push(turn))?;
            all_lost += lost;
            if !more && all_lost > 0 {
                turns.extend(self.watch.see()?);
                self.watch.tell_lost(&self.key, all_lost, readings);
            }
            turns.drain(..).for_each(|turn| self.put(turn, readings));
            if !send(out, readings) {
                return Ok(false);
            }
            // A line that never rests must not keep the input from its end.
            if !more || stop.asked() {
                return Ok(true);
            }
        }
    }
}

impl Listener for Edges {
    fn listen(&mut self, out: &Outlet, stop: &Stop) -> Result<(), InputError> {
        let mut readings = out.readings();
        self.put(self.watch.start(), &mut readings);
        if !send(out, &readings) {
            return Ok(());
        }
        loop {
            let stopping = wait(&self.watch, stop)?;
            if !self.tell(out, stop, &mut readings)? || stopping {
                return Ok(());
            }
        }
    }
}

/// Hands readings over; false once the input must stop. What does not fit is lost and counted there: a line does not wait.
fn send(out: &Outlet, readings: &Readings) -> bool {
    if readings.is_empty() && readings.refused().is_empty() {
        return true;
    }
    !matches!(out.send(readings, None), Err(SendError::Stopped))
}

/// Sleeps until an edge comes, or one has held long enough; true once the input must stop.
fn wait(watch: &Watch, stop: &Stop) -> Result<bool, InputError> {
    let time = watch.patience().map(|time| Timespec::try_from(time).unwrap_or_default());
    let mut fds = [PollFd::new(stop, PollFlags::IN), PollFd::from_borrowed_fd(watch.source(), PollFlags::IN)];
    match poll(&mut fds, time.as_ref()) {
        Ok(_) => Ok(!fds[0].revents().is_empty()),
        Err(Errno::INTR) => Ok(stop.asked()),
        Err(error) => Err(InputError::again(std::io::Error::from(error))),
    }
}
