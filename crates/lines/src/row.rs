//! The values of one line of a format whose keys are not known beforehand, gathered before any of them is handed over.
//!
//! Gathering first is what lets the time stand anywhere in the line, the last of two equal keys count, and a line that
//! turns out to be broken give nothing at all.
//!
//! A name becomes a key by [`word`]. Where two names in one line make the same word, the one that is not spelled as the
//! word gets a tag made of itself: it depends on what stands in the line, never on the order in which lines came.

use std::collections::HashMap;

use streamer_reading::{Epoch, Key, Namer, Refusal, word};

use crate::item::{Item, Refused, Remark, Scalar, Sink};
use crate::kind::limited;
use crate::series::{Pins, Series, Units};
use crate::stamp::Stamper;
use crate::{Cause, number};

/// Stands between the parts of a name until it becomes a word, so that `a_b` and `a`, `b` are two names.
pub(crate) const JOINT: char = '\u{1f}';
/// Values in one line, and names kept from line to line. Past the second the names are forgotten and found again.
pub(crate) const MOST_VALUES: usize = 4096;
const MOST_NAMES: usize = 4096;
/// Bytes in a name, for each name is kept: a long name above many values would else fill the memory.
const LONGEST_NAME: usize = 512;

/// Where a text lies: in the line, or decoded beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) decoded: bool,
}

/// What the format says of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Raw {
    /// Nothing: it becomes what it looks like.
    Plain,
    Text,
    Bool(bool),
    Integer,
    Float,
    /// Null, `U`, nothing at all; the word is for the message.
    Nothing(&'static str),
    NotFinite,
}

#[derive(Debug, Clone, Copy)]
struct Leaf {
    name: usize,
    raw: Raw,
    span: Span,
    doubled: bool,
}

/// A name that was met, and the series that it is.
#[derive(Debug, Clone)]
struct Named {
    series: Series,
    /// The key with the name's tag, for lines in which its word is taken; none if the name is spelled as the word.
    tagged: Option<Key>,
    word: usize,
    is_time: bool,
    /// In which line it was met last, and as which value of that line.
    turn: u64,
    leaf: usize,
    told_doubled: bool,
}

/// A word, and which name held it last.
#[derive(Debug, Clone)]
struct Word {
    turn: u64,
    holder: usize,
    /// In this line two names make it.
    meets: bool,
    told: bool,
}

/// One line's values, and the names that all lines have had.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pins: Pins,
    units: Units,
    stamper: Option<Stamper>,
    names: HashMap<Box<str>, usize>,
    named: Vec<Named>,
    words: HashMap<Box<str>, usize>,
    held: Vec<Word>,
    turn: u64,
    leaves: Vec<Leaf>,
    /// Values whose name cannot be a key.
    unnamed: Vec<(Span, Refusal)>,
    /// Which value has a text with half a character, until that was said.
    half_character: Option<usize>,
    told_half: bool,
    /// Texts that had to be decoded.
    pub(crate) decoded: String,
}

impl Row {
    pub(crate) fn pins(&self) -> &Pins {
        &self.pins
    }

    pub(crate) fn new(pins: Pins, units: Units, stamper: Option<Stamper>) -> Self {
        Self {
            pins,
            units,
            stamper,
            names: HashMap::new(),
            named: Vec::new(),
            words: HashMap::new(),
            held: Vec::new(),
            turn: 0,
            leaves: Vec::new(),
            unnamed: Vec::new(),
            half_character: None,
            told_half: false,
            decoded: String::new(),
        }
    }

    pub(crate) fn restart(&mut self) {
        if let Some(stamper) = &mut self.stamper {
            stamper.restart();
        }
    }

    /// Begins a line: what was gathered of the one before is gone.
    pub(crate) fn begin(&mut self) {
        self.turn += 1;
        self.leaves.clear();
        self.unnamed.clear();
        self.decoded.clear();
        self.half_character = None;
        if self.named.len() >= MOST_NAMES {
            self.names.clear();
            self.named.clear();
            self.words.clear();
            self.held.clear();
        }
    }

    /// Whether anything was gathered.
    pub(crate) fn is_empty(&self) -> bool {
        self.leaves.is_empty() && self.unnamed.is_empty()
    }

    /// Keeps a value under a name. The name's parts are joined by [`JOINT`].
    pub(crate) fn push(&mut self, name: &str, raw: Raw, span: Span) -> Result<(), Cause> {
        if name.len() > LONGEST_NAME {
            return self.push_refused(span, Refusal::KeyTooLong(name.chars().count()));
        }
        self.has_room()?;
        let index = self.name(name)?;
        let turn = self.turn;
        let leaf = Leaf { name: index, raw, span, doubled: false };
        let named = &mut self.named[index];
        if named.turn == turn {
            self.leaves[named.leaf] = Leaf { doubled: true, ..leaf };
            return Ok(());
        }
        (named.turn, named.leaf) = (turn, self.leaves.len());
        self.leaves.push(leaf);
        let word = &mut self.held[named.word];
        if word.turn == turn {
            word.meets = true;
        } else {
            (word.turn, word.meets) = (turn, false);
        }
        Ok(())
    }

    /// A value whose name is empty: refused by itself when the line is handed over.
    pub(crate) fn push_nameless(&mut self, span: Span) -> Result<(), Cause> {
        self.push_refused(span, Refusal::KeyEmpty)
    }

    fn push_refused(&mut self, span: Span, refusal: Refusal) -> Result<(), Cause> {
        self.has_room()?;
        self.unnamed.push((span, refusal));
        Ok(())
    }

    fn has_room(&self) -> Result<(), Cause> {
        let values = self.leaves.len() + self.unnamed.len();
        if values < MOST_VALUES { Ok(()) } else { Err(Cause::TooMany(MOST_VALUES)) }
    }

    /// The value pushed next has a text with half a character.
    pub(crate) fn note_half_character(&mut self) {
        self.half_character.get_or_insert(self.leaves.len());
    }

    /// Hands the line over. `epoch` is the time that the format itself gives, which a rule goes before.
    pub(crate) fn deliver(&mut self, line: &str, epoch: Option<Epoch>, now: Epoch, sink: &mut Sink<'_>) {
        let decoded = std::mem::take(&mut self.decoded);
        let text = |span: Span| {
            let whole = if span.decoded { &decoded } else { line };
            whole.get(span.start..span.end).unwrap_or_default()
        };
        let epoch = match &mut self.stamper {
            None => Ok(epoch),
            Some(stamper) => {
                let time = self.leaves.iter().find(|leaf| self.named[leaf.name].is_time);
                let time = time.filter(|leaf| !matches!(leaf.raw, Raw::Nothing(_))).map(|leaf| text(leaf.span));
                // A format that gives times of its own needs no other.
                if time.is_none() && epoch.is_some() { Ok(epoch) } else { stamper.stamp(time, line, now, sink) }
            }
        };
        if let Ok(epoch) = epoch {
            for (span, refusal) in &self.unnamed {
                let cause = Cause::Key(refusal.clone());
                sink(Item::Refused(Refused { key: Some(""), cause, text: text(*span) }));
            }
            for index in 0..self.leaves.len() {
                let leaf = self.leaves[index];
                if !self.named[leaf.name].is_time {
                    self.hand_over(leaf, text(leaf.span), epoch, sink);
                }
            }
            if let Some(leaf) = self.half_character.and_then(|leaf| self.leaves.get(leaf))
                && !self.told_half
            {
                self.told_half = true;
                sink(Item::Remark(Remark::HalfCharacter(self.named[leaf.name].series.key())));
            }
        }
        self.decoded = decoded;
    }

    fn hand_over(&mut self, leaf: Leaf, text: &str, epoch: Option<Epoch>, sink: &mut Sink<'_>) {
        let named = &mut self.named[leaf.name];
        let word = &mut self.held[named.word];
        if leaf.doubled && !named.told_doubled {
            named.told_doubled = true;
            sink(Item::Remark(Remark::KeyDoubled(named.series.key())));
        }
        if word.meets {
            if let Some(tagged) = &named.tagged {
                let mut apart = Series::new(tagged.clone(), &self.pins);
                return value(&mut apart, leaf.raw, text, &self.units, epoch, sink);
            }
        } else if word.holder != leaf.name {
            word.holder = leaf.name;
            if !word.told {
                word.told = true;
                sink(Item::Remark(Remark::NamesMeet(named.series.key())));
            }
        }
        value(&mut named.series, leaf.raw, text, &self.units, epoch, sink);
    }

    /// The index of a name, which is made on its first meeting.
    fn name(&mut self, name: &str) -> Result<usize, Cause> {
        if let Some(index) = self.names.get(name) {
            return Ok(*index);
        }
        let index = self.named.len();
        let made = word(name);
        let key = Key::new(&made).map_err(Cause::Key)?;
        let tagged = if made == name { None } else { Key::new(Namer::new([name, &made]).word(name)).ok() };
        let word = *self.words.entry(made.as_str().into()).or_insert_with(|| {
            self.held.push(Word { turn: 0, holder: index, meets: false, told: false });
            self.held.len() - 1
        });
        let is_time = self.stamper.as_ref().is_some_and(|stamper| stamper.is(&made) || stamper.is(name));
        let series = Series::new(key, &self.pins);
        self.named.push(Named { series, tagged, word, is_time, turn: 0, leaf: 0, told_doubled: false });
        self.names.insert(name.into(), index);
        Ok(index)
    }
}

/// Hands over one value: as it is pinned, else as the format types it, else as it looks.
fn value(series: &mut Series, raw: Raw, text: &str, units: &Units, epoch: Option<Epoch>, sink: &mut Sink<'_>) {
    let typed = match raw {
        Raw::Nothing(what) => Err(Cause::NoValue(what)),
        _ if series.pin().is_some() => return series.read(text, units, epoch, sink),
        Raw::Plain => return series.read(text, units, epoch, sink),
        Raw::Text => limited(text),
        Raw::Bool(flag) => Ok(Scalar::Bool(flag)),
        Raw::Integer => number::integer(text),
        Raw::Float => number::float(text),
        Raw::NotFinite => Err(Cause::NotFinite),
    };
    series.give(typed, text, epoch, sink);
}
