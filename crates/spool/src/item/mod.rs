//! Items: what stands in frames. One record format for both homes, the segments on disk and the tail in memory.
//!
//! Names (keys, inputs, outputs, streams, buckets) stand once in each file, as a word; everything else points to them.

mod decoder;
mod encoder;
mod name_hasher;

use std::sync::Arc;

use streamer_reading::Epoch;

use crate::book::Pending;
use crate::mark::{Mark, Opening};
use crate::status::Dropped;

pub(crate) use decoder::Decoder;
pub(crate) use encoder::Encoder;
pub(crate) use name_hasher::NameHasher;

// What an item begins with.
const WORD: u8 = 1;
const OPENING: u8 = 2;
const RUN: u8 = 3;
const CURSOR: u8 = 4;
const STREAM: u8 = 5;
const FORGET: u8 = 6;
const SEGMENT: u8 = 7;
const BUCKET: u8 = 8;
const OFFSET: u8 = 9;
const CLOSE: u8 = 10;
const CUT: u8 = 11;
const RECORD: u8 = 0x80;

// Bits of a record's first byte.
const SAME_INPUT: u8 = 0x08;
const CAN_WAIT: u8 = 0x40;

// What kind of value it has, in the lowest three bits.
const FALSE: u8 = 0;
const TRUE: u8 = 1;
const INT: u8 = 2;
const FLOAT: u8 = 3;
const NARROW: u8 = 4;
const TEXT: u8 = 5;

/// A cursor with its books, as they stand at some moment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SavedCursor {
    pub output: Arc<str>,
    pub at: Mark,
    pub acknowledged: u64,
    pub set_aside: u64,
    pub dropped: Dropped,
    /// Readings behind the cursor that are on disk with this state: fewer found means that some were lost.
    pub waiting: u64,
    pub removed: Option<Option<Epoch>>,
}

/// A stream's place, and the reading that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SavedStream {
    pub name: Arc<str>,
    pub at: u64,
    pub settled: Option<u64>,
    pub mark: Mark,
    /// Orders the places of one stream that were noted in different logs.
    pub tick: u64,
}

/// How a segment joins the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Joint {
    pub number: u64,
    pub before: u64,
    pub before_end: u64,
}

/// Readings that were cut: a whole segment, or (segment 0) some that were in memory only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cutting {
    pub segment: u64,
    pub first: Mark,
    pub last: Mark,
}

/// A name that is no longer needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Forgotten {
    Stream(Arc<str>),
    Output(Arc<str>),
}

/// One item, decoded.
#[derive(Debug)]
pub(crate) enum Item {
    Opening(Opening),
    Cursor(SavedCursor),
    Stream(SavedStream),
    Forget(Forgotten),
    Segment(Joint),
    Bucket(Arc<str>),
    Offset([u8; 16], i64),
    Cut(Cutting),
    Close,
    Record(Pending),
}

/// What the records of a run share: each says only how it differs from the one before.
#[derive(Debug, Clone, Copy)]
struct RunState {
    next: Mark,
    epoch: i64,
    /// Epoch minus time since boot: it hardly changes, so it is what the records are told apart by.
    boot: i64,
    input: u32,
}
