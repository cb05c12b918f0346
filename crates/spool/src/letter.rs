//! One reading that an output refused for its content, and how it is written down.

use std::sync::Arc;

use streamer_reading::{BucketKey, Epoch, Finite, Key, Reading, Text, Value};

use crate::entry::{Quality, Record, Seq};
use crate::wire::{self, Cut};

/// Names one dead letter; never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LetterId(pub u64);

/// What is to become of a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LetterState {
    /// Refused once; it is tried once more after another reading of its bucket was accepted.
    OnTrial,
    /// Refused for good. Only a person brings it back, with [`crate::DeadLetters::retry`].
    SetAside,
}

/// A refused reading that is to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLetter {
    /// Where it was to go.
    pub bucket: BucketKey,
    /// Who refused it.
    pub output: String,
    /// The reading itself.
    pub record: Record,
    /// What is to become of it.
    pub state: LetterState,
    /// Why it was refused, in words for a person.
    pub reason: String,
}

/// A refused reading that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    /// Its name.
    pub id: LetterId,
    /// Where it was to go.
    pub bucket: BucketKey,
    /// Who refused it.
    pub output: String,
    /// The reading itself.
    pub record: Record,
    /// What is to become of it.
    pub state: LetterState,
    /// Why it was refused, in words for a person.
    pub reason: String,
}

/// How many dead letters there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LetterCounts {
    /// Those that are tried once more.
    pub on_trial: u64,
    /// Those that wait for a person.
    pub set_aside: u64,
    /// Those dropped, oldest first, because dead letters were over their bound; counted since the folder was made.
    pub dropped: u64,
    /// What they take, in bytes.
    pub bytes: u64,
}

/// Why a dead letter could not be kept. The reading must stay where it is, and be tried again later.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the dead letters could not be written to disk: {0}; the reading stays in its log")]
pub struct LetterError(pub String);

impl Letter {
    /// As it stands in the file.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let Record { seq, reading, quality, input, since_boot, boot } = &self.record;
        wire::put(out, self.id.0);
        out.push(u8::from(self.state == LetterState::SetAside));
        for text in [self.bucket.as_str(), &self.output, &self.reason, reading.key.as_str(), input] {
            wire::put_text(out, text);
        }
        for number in [seq.opening, seq.count, *since_boot] {
            wire::put(out, number);
        }
        out.extend_from_slice(boot);
        wire::put_signed(out, reading.epoch.micros());
        out.push(match quality {
            Quality::Given => 0,
            Quality::Trusted => 1,
            Quality::Suspect => 2,
        });
        match &reading.value {
            Value::Bool(flag) => out.extend_from_slice(&[0, u8::from(*flag)]),
            Value::Int(number) => {
                out.push(1);
                wire::put_signed(out, *number);
            }
            Value::Float(number) => {
                out.push(2);
                out.extend_from_slice(&number.get().to_le_bytes());
            }
            Value::Text(text) => {
                out.push(3);
                wire::put_text(out, text.as_str());
            }
        }
    }

    pub(crate) fn read(cut: &mut Cut<'_>) -> Option<Self> {
        let id = LetterId(cut.count()?);
        let state = if cut.byte()? == 0 { LetterState::OnTrial } else { LetterState::SetAside };
        let bucket = BucketKey::new(cut.text()?).ok()?;
        let (output, reason) = (cut.text()?.to_owned(), cut.text()?.to_owned());
        let key = Key::new(cut.text()?).ok()?;
        let input: Arc<str> = cut.text()?.into();
        let seq = Seq { opening: cut.number()?, count: cut.number()? };
        let (since_boot, boot) = (cut.number()?, cut.bytes()?);
        let epoch = Epoch::from_micros(cut.signed()?);
        let quality = match cut.byte()? {
            0 => Quality::Given,
            1 => Quality::Trusted,
            _ => Quality::Suspect,
        };
        let value = match cut.byte()? {
            0 => Value::Bool(cut.byte()? != 0),
            1 => Value::Int(cut.signed()?),
            2 => Value::Float(Finite::new(f64::from_le_bytes(cut.bytes()?)).ok()?),
            _ => Value::Text(Text::new(cut.text()?).ok()?),
        };
        let record = Record { seq, reading: Reading::new(key, value, epoch), quality, input, since_boot, boot };
        Some(Self { id, bucket, output, record, state, reason })
    }
}
