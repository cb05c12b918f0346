//! Writing items. An encoder belongs to one file, and knows which words stand in it already.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use streamer_reading::Value;

use super::{
    BUCKET, CAN_WAIT, CLOSE, CURSOR, CUT, Cutting, FALSE, FLOAT, FORGET, Forgotten, INT, Joint, NARROW, NameHasher,
    OFFSET, OPENING, RECORD, RUN, RunState, SAME_INPUT, SEGMENT, STREAM, SavedCursor, SavedStream, TEXT, TRUE, WORD,
};
use crate::book::Pending;
use crate::entry::Quality;
use crate::mark::{Mark, Opening};
use crate::status::Dropped;
use crate::wire;

/// Writes items, and knows which words the file has already.
#[derive(Debug, Default, Clone)]
pub(crate) struct Encoder {
    words: HashMap<Arc<str>, u32, BuildHasherDefault<NameHasher>>,
    run: Option<RunState>,
    /// Words that the records of this frame had last, by where their texts lie: most have the same few.
    near: [((usize, usize), u32); NEAR],
}

const NEAR: usize = 8;

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
