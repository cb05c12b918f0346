//! What goes into a log and what comes out of it.

use std::sync::Arc;

use streamer_reading::{Epoch, Key, Reading, Value};

/// Where an epoch comes from, and so whether it may have to be corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quality {
    /// The caller or the device gave it. It is never touched.
    Given,
    /// Our own clock gave it, and it was right.
    Trusted,
    /// Our own clock gave it while it was suspect: the time since boot counts, the epoch does not.
    Suspect,
}

/// One reading on its way into a log.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its series.
    pub key: &'a Key,
    /// What was read.
    pub value: &'a Value,
    /// When, by the best clock there was.
    pub epoch: Epoch,
    /// Microseconds since boot at that moment; only a [`Quality::Suspect`] epoch is ever corrected by it.
    pub since_boot: u64,
    /// Where the epoch comes from.
    pub quality: Quality,
    /// The id of the input that took it.
    pub input: &'a str,
    /// Whether its input can wait for room. Then it is never dropped for want of room.
    pub can_wait: bool,
}

impl<'a> Entry<'a> {
    /// An entry of an input that cannot wait, with no time since boot.
    pub fn new(key: &'a Key, value: &'a Value, epoch: Epoch, quality: Quality, input: &'a str) -> Self {
        Self { key, value, epoch, since_boot: 0, quality, input, can_wait: false }
    }
}

/// How far an input has come in one of its streams: a file's identity and the offset behind the last line, say.
///
/// It is kept together with the readings of the same append: either both are there after a fault, or neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position<'a> {
    /// The stream's name, unique in the spool.
    pub stream: &'a str,
    /// The place, in the stream's own measure.
    pub at: u64,
}

/// A reading's place in its log. No two readings of a log ever have the same, whatever a power cut took.
///
/// Within one opening, a larger count is later. Openings are known by a random id and are not ordered by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seq {
    /// The random id of the opening under which the reading was accepted.
    pub opening: u64,
    /// The how-manieth reading of its log in that opening; the first is 1.
    pub count: u64,
}

/// One reading on its way out of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its place in the log.
    pub seq: Seq,
    /// The reading; its epoch is corrected already where that was needed and possible.
    pub reading: Reading,
    /// [`Quality::Suspect`] only in [`crate::Next::NeverKnown`]; a corrected epoch is [`Quality::Trusted`].
    pub quality: Quality,
    /// The id of the input that took it.
    pub input: Arc<str>,
    /// Microseconds since the boot named in `boot`, when it was taken.
    pub since_boot: u64,
    /// The boot in which it was taken.
    pub boot: [u8; 16],
}
