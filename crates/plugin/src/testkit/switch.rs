//! A switch on a simulated GPIO line: what is done to it arrives as the kernel would tell it.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::OFlags;
use rustix::pipe::{PipeFlags, pipe_with};

use crate::{Contact, Site};

/// Something that opens and closes. Clones are the same switch.
#[derive(Debug, Clone, Default)]
pub struct Switch(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    active: bool,
    number: u32,
    told: Vec<File>,
}

struct Simulated {
    switch: Switch,
    records: OwnedFd,
}

impl Contact for Simulated {
    fn source(&self) -> BorrowedFd<'_> {
        self.records.as_fd()
    }

    fn active(&mut self) -> io::Result<bool> {
        Ok(self.switch.state().active)
    }
}

impl Switch {
    /// A switch in this position.
    pub fn new(active: bool) -> Self {
        let switch = Self::default();
        switch.state().active = active;
        switch
    }

    /// Turns it at a time of the kernel's monotonic clock, in nanoseconds.
    pub fn turn(&self, nanos: u64, active: bool) {
        let mut state = self.state();
        state.number = state.number.wrapping_add(1);
        state.active = active;
        let record = Self::record(nanos, if active { 1 } else { 2 }, state.number);
        state.tell(&record);
    }

    /// Turns it so often that the kernel has no room for it; it is then in this position.
    pub fn lose(&self, edges: u32, active: bool) {
        let mut state = self.state();
        state.number = state.number.wrapping_add(edges);
        state.active = active;
    }

    /// Takes the chip away.
    pub fn unplug(&self) {
        self.state().told.clear();
    }

    /// An edge of line 17 with any `id`, those that the kernel does not know included.
    pub fn record(timestamp_ns: u64, id: u32, line_seqno: u32) -> [u8; 48] {
        let mut bytes = crate::line_event(timestamp_ns, true, line_seqno);
        bytes[8..12].copy_from_slice(&id.to_ne_bytes());
        bytes[12..16].copy_from_slice(&17_u32.to_ne_bytes());
        bytes
    }

    pub(super) fn on(self, site: Site, line: &str) -> Site {
        site.with_line(line.to_owned(), move || self.contact())
    }

    /// Each input has a queue of its own.
    fn contact(&self) -> io::Result<Box<dyn Contact>> {
        let (records, pipe) = pipe_with(PipeFlags::CLOEXEC)?;
        rustix::fs::fcntl_setfl(&records, OFlags::NONBLOCK)?;
        self.state().told.push(pipe.into());
        Ok(Box::new(Simulated { switch: self.clone(), records }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Who has let go of the line is told no more.
    fn tell(&mut self, record: &[u8]) {
        self.told.retain_mut(|pipe| pipe.write_all(record).is_ok());
    }
}
