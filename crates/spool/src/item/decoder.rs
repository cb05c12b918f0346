//! Reading items. A decoder belongs to one file, and knows the words of it so far.

use std::sync::Arc;

use streamer_reading::{Epoch, Finite, Key, Text, Value};

use super::{
    BUCKET, CAN_WAIT, CLOSE, CURSOR, CUT, Cutting, FALSE, FLOAT, FORGET, Forgotten, INT, Item, Joint, NARROW, OFFSET,
    OPENING, RECORD, RUN, RunState, SAME_INPUT, SEGMENT, STREAM, SavedCursor, SavedStream, TEXT, TRUE, WORD,
};
use crate::book::Pending;
use crate::entry::Quality;
use crate::mark::{Mark, Opening};
use crate::status::Dropped;
use crate::wire::Cut;

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
