//! What a reader has to read from disk before it can go on, as a piece of work that anybody may do: the disk may not
//! answer, and who talks to the network must not wait for it.

use std::collections::VecDeque;
use std::fmt;
use std::io;

use crate::book::Pending;
use crate::scan::{Fetch, ReadDisk, Scan};

/// Readings on disk that a [`crate::Reader`] needs next, and afterwards what came of it.
pub struct Unread {
    pub(crate) fetch: Box<Fetch>,
    disk: ReadDisk,
    pub(crate) ahead: VecDeque<Pending>,
    pub(crate) scan: Option<Scan>,
    enough: usize,
    /// `Ok(false)`: what is there is damaged.
    pub(crate) result: io::Result<bool>,
}

impl Unread {
    pub(crate) fn new(
        fetch: Box<Fetch>,
        disk: ReadDisk,
        ahead: VecDeque<Pending>,
        scan: Option<Scan>,
        events: usize,
    ) -> Box<Self> {
        // A batch is gathered from its beginning each time, so the frames of one segment are read until there is twice as
        // much: frames may be small, and batches large.
        let enough = (ahead.len() * 2).min(events);
        let scan = scan.filter(|scan| scan.is_of(&fetch.segment));
        Box::new(Self { fetch, disk, ahead, scan, enough, result: Ok(true) })
    }

    /// Reads it. Waits for the disk, and holds no lock of the spool meanwhile.
    #[must_use]
    pub fn read(mut self: Box<Self>) -> Box<Self> {
        self.result = self.read_frames(true);
        self
    }

    /// Takes what was read from the disk already, with what came before it. `Err`: there is none of it.
    pub(crate) fn at_hand(mut self: Box<Self>) -> Result<Box<Self>, Box<Self>> {
        if !self.scan.as_ref().is_some_and(Scan::has_whole_frame) {
            return Err(self);
        }
        self.result = self.read_frames(false);
        Ok(self)
    }

    fn read_frames(&mut self, wait: bool) -> io::Result<bool> {
        let Fetch { segment, after, .. } = &*self.fetch;
        let scan = match &mut self.scan {
            Some(scan) => scan,
            none => none.insert(Scan::begin(&self.disk, &self.fetch)?),
        };
        loop {
            if !scan.frame(segment.end, *after, &mut self.ahead, wait)? {
                return Ok(false);
            }
            let more = self.ahead.back().is_some_and(|last| segment.runs.after(last.mark) > 0);
            if self.ahead.len() >= self.enough || !more || !(wait || scan.has_whole_frame()) {
                return Ok(true);
            }
        }
    }
}

impl fmt::Debug for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unread").field("bucket", &self.fetch.bucket).finish_non_exhaustive()
    }
}
