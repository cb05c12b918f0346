//! Items: what stands in frames. One record format for both homes, the segments on disk and the tail in memory.
//!
//! Names (keys, inputs, outputs, streams, buckets) stand once in each file, as a word; everything else points to them.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use streamer_reading::{Epoch, Finite, Key, Text, Value};

use crate::book::Pending;
use crate::entry::Quality;
use crate::mark::{Mark, Opening};
use crate::status::Dropped;
use crate::wire::{self, Cut};

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

const SAME_INPUT: u8 = 0x08;
const CAN_WAIT: u8 = 0x40;

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

/// A fast hash for short names: they come from the user's own configuration, not from an attacker.
#[derive(Default)]
pub(crate) struct NameHasher(u64);

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            let mut eight = [0; 8];
            eight.copy_from_slice(chunk);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(eight)).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
        for byte in chunks.remainder() {
            self.0 = (self.0.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

/// Writes items, and knows which words the file has already.
#[derive(Debug, Default, Clone)]
pub(crate) struct Encoder {
    words: HashMap<Arc<str>, u32, BuildHasherDefault<NameHasher>>,
    run: Option<RunState>,
    /// Words that the records of this frame had last, by where their texts lie: most have the same few.
    near: [((usize, usize), u32); NEAR],
}

const NEAR: usize = 8;

#[derive(Debug, Clone, Copy)]
struct RunState {
    next: Mark,
    epoch: i64,
    /// Epoch minus time since boot: it hardly changes, so it is what the records are told apart by.
    boot: i64,
    input: u32,
}

impl Encoder {
    /// Goes on with a file that has these words.
    pub fn with_words(words: &[Arc<str>]) -> Self {
        let mut encoder = Self::default();
        for word in words {
            encoder.learn(word.clone());
        }
        encoder
    }

    fn learn(&mut self, word: Arc<str>) -> u32 {
        let index = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        self.words.insert(word, index);
        index
    }

    /// Begins a frame: nothing of the one before may be needed to read it but the words. All that is written into it
    /// must be there until the next one begins.
    pub fn begin(&mut self) {
        self.run = None;
        self.near = Default::default();
    }

    /// As [`Self::word`], for a text that many records share: told by its address, without a look at it.
    fn shared_word(&mut self, out: &mut Vec<u8>, text: &str) -> u32 {
        let place = (text.as_ptr().addr(), text.len());
        let slot = place.0 / 32 % NEAR;
        if let (known, word) = self.near[slot]
            && known == place
        {
            return word;
        }
        let word = self.word(out, text);
        self.near[slot] = (place, word);
        word
    }

    fn word(&mut self, out: &mut Vec<u8>, text: &str) -> u32 {
        if let Some(known) = self.words.get(text) {
            return *known;
        }
        out.push(WORD);
        wire::put_text(out, text);
        self.learn(text.into())
    }

    pub fn opening(&mut self, out: &mut Vec<u8>, opening: &Opening) {
        out.push(OPENING);
        wire::put(out, opening.number.into());
        out.extend_from_slice(&opening.id.to_le_bytes());
        out.extend_from_slice(&opening.boot);
    }

    pub fn segment(&mut self, out: &mut Vec<u8>, joint: Joint) {
        out.push(SEGMENT);
        wire::put(out, joint.number);
        wire::put(out, joint.before);
        wire::put(out, joint.before_end);
    }

    pub fn bucket(&mut self, out: &mut Vec<u8>, bucket: &str) {
        let word = self.word(out, bucket);
        out.push(BUCKET);
        wire::put(out, word.into());
    }

    pub fn offset(&mut self, out: &mut Vec<u8>, boot: [u8; 16], micros: i64) {
        out.push(OFFSET);
        out.extend_from_slice(&boot);
        wire::put_signed(out, micros);
    }

    pub fn cut(&mut self, out: &mut Vec<u8>, cut: Cutting) {
        out.push(CUT);
        wire::put(out, cut.segment);
        mark(out, cut.first);
        mark(out, cut.last);
    }

    pub fn close(&mut self, out: &mut Vec<u8>) {
        out.push(CLOSE);
    }

    pub fn forget(&mut self, out: &mut Vec<u8>, forgotten: &Forgotten) {
        let (name, what) = match forgotten {
            Forgotten::Stream(name) => (name, 0),
            Forgotten::Output(name) => (name, 1),
        };
        let word = self.word(out, name);
        out.extend_from_slice(&[FORGET, what]);
        wire::put(out, word.into());
    }

    pub fn cursor(&mut self, out: &mut Vec<u8>, cursor: &SavedCursor) {
        let word = self.word(out, &cursor.output);
        out.push(CURSOR);
        wire::put(out, word.into());
        mark(out, cursor.at);
        let Dropped { full, lost, removed } = cursor.dropped;
        for number in [cursor.acknowledged, cursor.set_aside, full, lost, removed, cursor.waiting] {
            wire::put(out, number);
        }
        match cursor.removed {
            None => out.push(0),
            Some(None) => out.push(1),
            Some(Some(since)) => {
                out.push(2);
                wire::put_signed(out, since.micros());
            }
        }
    }

    pub fn stream(&mut self, out: &mut Vec<u8>, stream: &SavedStream) {
        let word = self.word(out, &stream.name);
        out.push(STREAM);
        wire::put(out, word.into());
        wire::put(out, stream.at);
        match stream.settled {
            None => out.push(0),
            Some(settled) => {
                out.push(1);
                wire::put(out, settled);
            }
        }
        mark(out, stream.mark);
        wire::put(out, stream.tick);
    }

    pub fn record(&mut self, out: &mut Vec<u8>, record: &Pending) {
        let key = self.shared_word(out, record.key.as_str());
        let input = self.shared_word(out, &record.input);
        let epoch = record.epoch.micros();
        let boot = epoch.wrapping_sub(record.since_boot.cast_signed());
        let run = match self.run {
            Some(run) if run.next == record.mark => run,
            _ => {
                out.push(RUN);
                mark(out, record.mark);
                wire::put_signed(out, epoch);
                wire::put_signed(out, boot);
                RunState { next: record.mark, epoch, boot, input: u32::MAX }
            }
        };
        let (kind, quality) = (kind(&record.value), quality_bits(record.quality));
        let same_input = if run.input == input { SAME_INPUT } else { 0 };
        out.push(RECORD | if record.can_wait { CAN_WAIT } else { 0 } | quality << 4 | same_input | kind);
        wire::put(out, key.into());
        if same_input == 0 {
            wire::put(out, input.into());
        }
        wire::put_signed(out, epoch.wrapping_sub(run.epoch));
        wire::put_signed(out, boot.wrapping_sub(run.boot));
        match &record.value {
            Value::Bool(_) => {}
            Value::Int(number) => wire::put_signed(out, *number),
            Value::Float(number) => match narrow(number.get()) {
                Some(narrow) => out.extend_from_slice(&narrow.to_le_bytes()),
                None => out.extend_from_slice(&number.get().to_le_bytes()),
            },
            Value::Text(text) => wire::put_text(out, text.as_str()),
        }
        let next = Mark { opening: record.mark.opening, count: record.mark.count + 1 };
        self.run = Some(RunState { next, epoch, boot, input });
    }
}

fn mark(out: &mut Vec<u8>, mark: Mark) {
    wire::put(out, mark.opening.into());
    wire::put(out, mark.count);
}

const FALSE: u8 = 0;
const TRUE: u8 = 1;
const INT: u8 = 2;
const FLOAT: u8 = 3;
const NARROW: u8 = 4;
const TEXT: u8 = 5;

fn kind(value: &Value) -> u8 {
    match value {
        Value::Bool(false) => FALSE,
        Value::Bool(true) => TRUE,
        Value::Int(_) => INT,
        Value::Float(number) if narrow(number.get()).is_some() => NARROW,
        Value::Float(_) => FLOAT,
        Value::Text(_) => TEXT,
    }
}

/// The number as an `f32`, where that loses nothing: half the bytes for what most sensors say.
fn narrow(number: f64) -> Option<f32> {
    #[expect(clippy::cast_possible_truncation, reason = "kept only where it comes back the same")]
    let narrow = number as f32;
    (f64::from(narrow).to_bits() == number.to_bits()).then_some(narrow)
}

fn quality_bits(quality: Quality) -> u8 {
    match quality {
        Quality::Given => 0,
        Quality::Trusted => 1,
        Quality::Suspect => 2,
    }
}

/// Reads items, and knows the words of the file so far.
#[derive(Debug, Default, Clone)]
pub(crate) struct Decoder {
    words: Vec<(Arc<str>, Option<Key>)>,
}

impl Decoder {
    /// The first words of the file.
    pub fn words(&self, first: usize) -> Vec<Arc<str>> {
        self.words.iter().take(first).map(|(word, _)| word.clone()).collect()
    }

    pub fn known(&self) -> usize {
        self.words.len()
    }

    fn word(&self, index: u32) -> Option<Arc<str>> {
        self.words.get(index as usize).map(|(word, _)| word.clone())
    }

    fn key(&mut self, index: u32) -> Option<Key> {
        let (word, key) = self.words.get_mut(index as usize)?;
        if key.is_none() {
            *key = Key::new(&**word).ok();
        }
        key.clone()
    }

    /// Gives every item of a frame's body to `each`. `None` when the body makes no sense: its checksum was right, so
    /// whoever wrote it was not us.
    pub fn read(&mut self, body: &[u8], mut each: impl FnMut(Item)) -> Option<()> {
        let mut cut = Cut(body);
        let mut run: Option<RunState> = None;
        while let Some(tag) = cut.byte() {
            let item = match tag {
                WORD => {
                    let word = cut.text()?.into();
                    self.words.push((word, None));
                    continue;
                }
                RUN => {
                    let next = read_mark(&mut cut)?;
                    run = Some(RunState { next, epoch: cut.signed()?, boot: cut.signed()?, input: u32::MAX });
                    continue;
                }
                OPENING => {
                    let number = cut.narrow().filter(is_plausible)?;
                    Item::Opening(Opening { number, id: u64::from_le_bytes(cut.bytes()?), boot: cut.bytes()? })
                }
                SEGMENT => {
                    Item::Segment(Joint { number: cut.count()?, before: cut.count()?, before_end: cut.count()? })
                }
                BUCKET => Item::Bucket(self.word(cut.narrow()?)?),
                OFFSET => Item::Offset(cut.bytes()?, cut.signed()?),
                CUT => Item::Cut(Cutting {
                    segment: cut.number()?,
                    first: read_bound(&mut cut)?,
                    last: read_bound(&mut cut)?,
                }),
                CLOSE => Item::Close,
                FORGET => Item::Forget(match cut.byte()? {
                    0 => Forgotten::Stream(self.word(cut.narrow()?)?),
                    _ => Forgotten::Output(self.word(cut.narrow()?)?),
                }),
                CURSOR => Item::Cursor(self.cursor(&mut cut)?),
                STREAM => Item::Stream(self.stream(&mut cut)?),
                RECORD.. => Item::Record(self.record(tag, &mut cut, run.as_mut()?)?),
                _ => return None,
            };
            each(item);
        }
        Some(())
    }

    fn cursor(&self, cut: &mut Cut<'_>) -> Option<SavedCursor> {
        Some(SavedCursor {
            output: self.word(cut.narrow()?)?,
            at: read_mark(cut)?,
            acknowledged: cut.count()?,
            set_aside: cut.count()?,
            dropped: Dropped { full: cut.count()?, lost: cut.count()?, removed: cut.count()? },
            waiting: cut.count()?,
            removed: match cut.byte()? {
                0 => None,
                1 => Some(None),
                _ => Some(Some(Epoch::from_micros(cut.signed()?))),
            },
        })
    }

    fn stream(&self, cut: &mut Cut<'_>) -> Option<SavedStream> {
        Some(SavedStream {
            name: self.word(cut.narrow()?)?,
            at: cut.number()?,
            settled: if cut.byte()? == 0 { None } else { Some(cut.number()?) },
            mark: read_mark(cut)?,
            tick: cut.count()?,
        })
    }

    fn record(&mut self, tag: u8, cut: &mut Cut<'_>, run: &mut RunState) -> Option<Pending> {
        let key = self.key(cut.narrow()?)?;
        if tag & SAME_INPUT == 0 {
            run.input = cut.narrow()?;
        }
        run.epoch = run.epoch.wrapping_add(cut.signed()?);
        run.boot = run.boot.wrapping_add(cut.signed()?);
        let value = match tag & 0x07 {
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            INT => Value::Int(cut.signed()?),
            FLOAT => Value::Float(Finite::new(f64::from_le_bytes(cut.bytes()?)).ok()?),
            NARROW => Value::Float(Finite::new(f32::from_le_bytes(cut.bytes()?).into()).ok()?),
            TEXT => Value::Text(Text::new(cut.text()?).ok()?),
            _ => return None,
        };
        let record = Pending {
            mark: run.next,
            key,
            value,
            epoch: Epoch::from_micros(run.epoch),
            since_boot: run.epoch.wrapping_sub(run.boot).cast_unsigned(),
            quality: match tag >> 4 & 3 {
                0 => Quality::Given,
                1 => Quality::Trusted,
                _ => Quality::Suspect,
            },
            can_wait: tag & CAN_WAIT != 0,
            input: self.word(run.input)?,
        };
        run.next.count += 1;
        Some(record)
    }
}

fn read_mark(cut: &mut Cut<'_>) -> Option<Mark> {
    Some(Mark { opening: cut.narrow().filter(is_plausible)?, count: cut.count()? })
}

/// Whether there can have been so many openings, with room for more.
fn is_plausible(opening: &u32) -> bool {
    *opening < 1 << 31
}

/// The end of a range, which may be open.
fn read_bound(cut: &mut Cut<'_>) -> Option<Mark> {
    Some(Mark { opening: cut.narrow()?, count: cut.number()? })
}
