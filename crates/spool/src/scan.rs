//! Reading one segment from its beginning, a frame at a time, beside the commits that still lengthen it.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use streamer_reading::BucketKey;

use crate::book::Pending;
use crate::disk::{self, Disk, DiskFile};
use crate::frame::{Chain, HEAD, LONGEST, PREAMBLE};
use crate::home;
use crate::item::{Decoder, Item};
use crate::mark::Mark;
use crate::segment::Segment;

/// Bytes read at a time, and so the usual number of frames.
const WINDOW: usize = 64 * 1024;

/// What a reader must read next.
pub(crate) struct Fetch {
    pub bucket: BucketKey,
    pub segment: Segment,
    pub after: Mark,
}

/// The disk as a reader needs it.
#[derive(Debug, Clone)]
pub(crate) struct ReadDisk {
    pub disk: Arc<dyn Disk>,
    pub spool: PathBuf,
}

/// A place in a segment, with the words read so far.
#[derive(Debug)]
pub(crate) struct Scan {
    file: Box<dyn DiskFile>,
    salt: u64,
    number: u64,
    /// Where the window begins in the file, and how much of it is used.
    at: u64,
    window: Vec<u8>,
    used: usize,
    chain: Chain,
    decoder: Decoder,
}

impl Scan {
    pub fn begin(from: &ReadDisk, fetch: &Fetch) -> io::Result<Self> {
        let path = home::log_dir(&from.spool, &fetch.bucket).join(&fetch.segment.slot);
        let file = from.disk.open(&path, false)?;
        let Segment { salt, number, .. } = fetch.segment;
        let (window, used, at) = (Vec::new(), 0, PREAMBLE as u64);
        Ok(Self { file, salt, number, at, window, used, chain: Chain::new(salt), decoder: Decoder::default() })
    }

    pub fn is_of(&self, segment: &Segment) -> bool {
        (self.number, self.salt) == (segment.number, segment.salt)
    }

    /// Adds the readings after `after` of the next frame that has any; nothing behind `end` is looked at. `false` when
    /// there is no such frame, or a damaged one comes first. Unless it may `wait` for the disk, it ends where that begins.
    pub fn frame(&mut self, end: u64, after: Mark, into: &mut VecDeque<Pending>, wait: bool) -> io::Result<bool> {
        let before = into.len();
        while into.len() == before && (wait || self.has_whole_frame()) {
            let Some((mut chain, length)) = self.whole_frame(end)? else { return Ok(false) };
            let bytes = &self.window[self.used..self.used + length];
            let Some(body) = chain.open(bytes) else { return Ok(false) };
            let read = self.decoder.read(body, |item| match item {
                // One that stands there a second time is passed over, as when the log was read at the start.
                Item::Record(record) if record.mark > into.back().map_or(after, |last| last.mark.max(after)) => {
                    into.push_back(record);
                }
                _ => {}
            });
            if read.is_none() {
                return Ok(false);
            }
            self.chain = chain;
            self.used += length;
        }
        Ok(true)
    }

    /// Whether the window holds the next frame already.
    pub fn has_whole_frame(&self) -> bool {
        let rest = &self.window[self.used..];
        rest.first_chunk::<4>().is_some_and(|length| HEAD + u32::from_le_bytes(*length) as usize <= rest.len())
    }

    /// Sees to it that the window holds the whole next frame; gives its length.
    fn whole_frame(&mut self, end: u64) -> io::Result<Option<(Chain, usize)>> {
        for attempt in 0..3 {
            let rest = &self.window[self.used..];
            let length = rest.first_chunk::<4>().map(|l| HEAD + u32::from_le_bytes(*l) as usize);
            match length {
                Some(length) if length > LONGEST + HEAD => return Ok(None),
                Some(length) if length <= rest.len() => return Ok(Some((self.chain, length))),
                _ if attempt == 2 => break,
                wanted => {
                    self.at += self.used as u64;
                    self.used = 0;
                    let there = usize::try_from(end.saturating_sub(self.at)).unwrap_or(usize::MAX);
                    let wanted = wanted.unwrap_or(0).max(WINDOW).min(there);
                    self.window = disk::read_up_to(&*self.file, self.at, wanted)?;
                }
            }
        }
        Ok(None)
    }
}
