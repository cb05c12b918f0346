//! Readings that an output refused for their content, kept for a second try or for a person.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use streamer_reading::BucketKey;

use crate::entry::Record;
use crate::limits;

/// Names one dead letter; never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LetterId(pub u64);

/// What is to become of a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LetterState {
    /// Refused once; it is tried once more after another reading of its bucket was accepted.
    OnTrial,
    /// Refused for good. Only a person brings it back, with [`DeadLetters::retry`].
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

/// The dead letters of a spool: durable, at most 4 MB, the oldest dropped and counted. Cloning is cheap.
#[derive(Clone)]
pub struct DeadLetters {
    shared: Arc<Mutex<Letters>>,
}

#[derive(Default)]
struct Letters {
    kept: Vec<Letter>,
    next: u64,
    bytes: u64,
    dropped: u64,
}

impl DeadLetters {
    pub(crate) fn in_memory() -> Self {
        Self { shared: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Letters> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps letters, all of them or none, synced before this returns. Settle the readings in their log
    /// ([`crate::Reader::set_aside`]) only afterwards.
    ///
    /// # Errors
    /// [`LetterError`] when the disk refuses.
    pub fn put(&self, letters: Vec<NewLetter>) -> Result<Vec<LetterId>, LetterError> {
        let mut all = self.lock();
        let mut ids = Vec::with_capacity(letters.len());
        for NewLetter { bucket, output, record, state, reason } in letters {
            all.next += 1;
            let letter = Letter { id: LetterId(all.next), bucket, output, record, state, reason };
            all.bytes += size(&letter);
            ids.push(letter.id);
            all.kept.push(letter);
        }
        while all.bytes > limits::DEAD_LETTERS && !all.kept.is_empty() {
            let gone = all.kept.remove(0);
            all.bytes -= size(&gone);
            all.dropped += 1;
        }
        Ok(ids)
    }

    /// All letters, oldest first.
    pub fn list(&self) -> Vec<Letter> {
        self.lock().kept.clone()
    }

    /// The letters of one output of one bucket that are to be tried once more, oldest first.
    pub fn on_trial(&self, bucket: &BucketKey, output: &str) -> Vec<Letter> {
        let all = self.lock();
        let mine = |l: &&Letter| l.state == LetterState::OnTrial && l.bucket == *bucket && l.output == output;
        all.kept.iter().filter(mine).cloned().collect()
    }

    /// Takes letters out: they were delivered after all, or a person dropped them. Gives the number that were there.
    ///
    /// # Errors
    /// [`LetterError`] when the disk refuses; then none was taken out.
    pub fn take(&self, ids: &[LetterId]) -> Result<u64, LetterError> {
        let mut all = self.lock();
        let before = all.kept.len();
        all.kept.retain(|l| !ids.contains(&l.id));
        all.bytes = all.kept.iter().map(size).sum();
        Ok((before - all.kept.len()) as u64)
    }

    /// Puts letters on trial again: a person thinks that they will be accepted now. Gives the number that were there.
    ///
    /// # Errors
    /// [`LetterError`] when the disk refuses.
    pub fn retry(&self, ids: &[LetterId]) -> Result<u64, LetterError> {
        self.mark(ids, LetterState::OnTrial, None)
    }

    /// Ends a trial: the letter was refused again, for `reason`.
    ///
    /// # Errors
    /// [`LetterError`] when the disk refuses.
    pub fn refuse(&self, ids: &[LetterId], reason: &str) -> Result<u64, LetterError> {
        self.mark(ids, LetterState::SetAside, Some(reason))
    }

    fn mark(&self, ids: &[LetterId], state: LetterState, reason: Option<&str>) -> Result<u64, LetterError> {
        let mut all = self.lock();
        let mut marked = 0;
        for letter in all.kept.iter_mut().filter(|l| ids.contains(&l.id)) {
            letter.state = state;
            if let Some(reason) = reason {
                letter.reason = reason.into();
            }
            marked += 1;
        }
        Ok(marked)
    }

    /// How many there are.
    pub fn counts(&self) -> LetterCounts {
        let all = self.lock();
        let on_trial = all.kept.iter().filter(|l| l.state == LetterState::OnTrial).count() as u64;
        let set_aside = all.kept.len() as u64 - on_trial;
        LetterCounts { on_trial, set_aside, dropped: all.dropped, bytes: all.bytes }
    }
}

fn size(letter: &Letter) -> u64 {
    let record = &letter.record;
    let value = record.reading.value.to_string().len();
    (64 + letter.bucket.as_str().len()
        + letter.output.len()
        + letter.reason.len()
        + record.reading.key.as_str().len()
        + value) as u64
}

impl fmt::Debug for DeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DeadLetters").field(&self.counts()).finish()
    }
}
