//! The tail: what was accepted or acknowledged since the last commit, in a file that survives a killed process.
//!
//! In the runtime folder a write is a copy into memory and happens under the spool's lock. In the state folder it goes
//! through the page cache and could wait for the disk, so it is queued under the lock and written outside of it, by
//! whichever append comes first for all that queued meanwhile.

use std::sync::Arc;

use crate::disk::{self, DiskFile};
use crate::frame::{Chain, HEAD, PREAMBLE};
use crate::item::Encoder;
use crate::limits;

/// How many times what it began with a tail grows at least.
const GROWTH: u64 = 3;

#[derive(Debug)]
pub(crate) struct Tail {
    pub number: u64,
    file: Arc<dyn DiskFile>,
    pub in_memory: bool,
    chain: Chain,
    encoder: Encoder,
    scratch: Vec<u8>,
    /// Where the next frame goes.
    pub at: u64,
    /// Up to here the frames are written.
    pub written: u64,
    queue: Vec<u8>,
    pub writing: bool,
    /// Where the snapshot that it began with ends.
    pub snapshot: u64,
    /// Why it no longer takes bytes. What it has stays true.
    pub broken: Option<String>,
}

/// A piece of the queue that its taker must write.
pub(crate) struct Piece {
    pub file: Arc<dyn DiskFile>,
    pub bytes: Vec<u8>,
    pub at: u64,
}

impl Tail {
    /// Goes on behind the preamble that `file` has already.
    pub fn new(number: u64, file: Arc<dyn DiskFile>, salt: u64, in_memory: bool) -> Self {
        let at = PREAMBLE as u64;
        Self {
            number,
            file,
            in_memory,
            chain: Chain::new(salt),
            encoder: Encoder::default(),
            scratch: Vec::new(),
            at,
            written: at,
            queue: Vec::new(),
            writing: false,
            snapshot: at,
            broken: None,
        }
    }

    /// The file, and the number in its name.
    pub fn file(&self) -> (Arc<dyn DiskFile>, u64) {
        (self.file.clone(), self.number)
    }

    /// Adds one frame: all of it survives, or nothing. A broken tail takes nothing, and does not even ask for it: `fill`
    /// must do nothing that is missed then.
    pub fn frame(&mut self, fill: impl FnOnce(&mut Encoder, &mut Vec<u8>)) {
        if self.broken.is_some() {
            return;
        }
        self.scratch.clear();
        self.scratch.extend_from_slice(&[0; HEAD]);
        self.encoder.begin();
        fill(&mut self.encoder, &mut self.scratch);
        self.chain.seal(&mut self.scratch, 0);
        let at = self.at;
        self.at += self.scratch.len() as u64;
        if self.in_memory {
            match disk::write_all(&*self.file, &self.scratch, at) {
                Ok(()) => self.written = self.at,
                Err(error) => self.broken = Some(error.to_string()),
            }
        } else {
            self.queue.extend_from_slice(&self.scratch);
        }
    }

    /// Ends the snapshot that it begins with, and gives back the room that this took: what follows is short.
    pub fn close(&mut self) {
        self.frame(Encoder::close);
        self.snapshot = self.at;
        self.scratch = Vec::new();
    }

    /// Whether it began with so much that another one will be needed soon.
    pub fn has_much(&self) -> bool {
        self.snapshot >= limits::CHUNK
    }

    /// Whether it should be begun anew. One that began with much grows longer: what it began with is written once more
    /// then, and must not cost more than what came after it.
    pub fn is_long(&self) -> bool {
        let began = self.snapshot - PREAMBLE as u64;
        self.at > self.snapshot + limits::TAIL.max(GROWTH * began)
    }

    /// The queue, for the caller to write; nobody else gets any of it before [`Tail::wrote`].
    pub fn take_queue(&mut self) -> Option<Piece> {
        if self.writing || self.queue.is_empty() || self.broken.is_some() {
            return None;
        }
        self.writing = true;
        Some(Piece { file: self.file.clone(), bytes: std::mem::take(&mut self.queue), at: self.written })
    }

    /// What became of the piece that ends at `end`.
    pub fn wrote(&mut self, end: u64, result: std::io::Result<()>) {
        self.writing = false;
        match result {
            Ok(()) => self.written = end,
            Err(error) => self.broken = Some(error.to_string()),
        }
    }
}
