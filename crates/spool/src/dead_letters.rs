//! Readings that an output refused for their content, kept for a second try or for a person.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use streamer_reading::BucketKey;

use crate::home::Home;
use crate::kept_letters::{Change, Kept};
use crate::letter::{Letter, LetterCounts, LetterError, LetterId, LetterState, NewLetter};
use crate::letter_file::{LetterFile, locked};
use crate::limits;
use crate::recover::Recovery;

/// The dead letters of a spool: durable, at most 4 MB, the oldest dropped and counted. Cloning is cheap.
///
/// Each call that changes something writes to the disk and waits for it; there are few. To look at them waits for nobody.
#[derive(Clone)]
pub struct DeadLetters(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// Held while the disk is waited for; always taken before `kept`.
    file: Mutex<LetterFile>,
    /// Held only to look or to copy.
    kept: Mutex<Kept>,
}

impl DeadLetters {
    pub(crate) fn in_memory() -> Self {
        Self(Arc::default())
    }

    pub(crate) fn open(home: &Home, report: &mut Recovery) -> Self {
        let (file, kept) = LetterFile::open(home, report);
        Self(Arc::new(Shared { file: Mutex::new(file), kept: Mutex::new(kept) }))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        locked(&self.0.kept)
    }

    /// Makes what `changes` says of the letters durable, then true. Nobody else changes anything meanwhile.
    fn apply<T>(&self, changes: impl FnOnce(&Kept) -> (T, Vec<Change>)) -> Result<T, LetterError> {
        let mut file = self.0.file.lock().unwrap_or_else(PoisonError::into_inner);
        let (result, changes) = changes(&self.kept());
        if !changes.is_empty() {
            file.write(&changes, &self.0.kept)?;
            let mut kept = self.kept();
            changes.into_iter().for_each(|change| kept.change(change));
        }
        Ok(result)
    }

    /// Keeps letters, all of them or none, synced before this returns. Settle the readings in their log
    /// ([`crate::Reader::set_aside`]) only afterwards. A letter that is there already, by bucket, output and sequence,
    /// is not kept twice: a kill between the two steps does no harm.
    ///
    /// # Errors
    /// [`LetterError`] when the disk refuses.
    pub fn put(&self, letters: Vec<NewLetter>) -> Result<Vec<LetterId>, LetterError> {
        self.apply(|kept| {
            let mut ids = Vec::with_capacity(letters.len());
            let mut changes = Vec::new();
            let mut next = kept.next;
            for NewLetter { bucket, output, record, state, reason } in letters {
                if let Some(there) = kept.find(&bucket, &output, record.seq) {
                    ids.push(there);
                    continue;
                }
                let letter = Letter { id: LetterId(next), bucket, output, record, state, reason };
                next += 1;
                ids.push(letter.id);
                changes.push(Change::Put(letter));
            }
            let coming: u64 = changes.iter().map(Change::size).sum();
            changes.extend(kept.oldest(coming.saturating_add(kept.bytes).saturating_sub(limits::DEAD_LETTERS)));
            (ids, changes)
        })
    }

    /// All letters, oldest first.
    pub fn list(&self) -> Vec<Letter> {
        self.kept().letters(|_| true)
    }

    /// The letters of one output of one bucket that are to be tried once more, oldest first.
    pub fn on_trial(&self, bucket: &BucketKey, output: &str) -> Vec<Letter> {
        self.kept().letters(|l| l.state == LetterState::OnTrial && l.bucket == *bucket && l.output == output)
    }

    /// Takes letters out: they were delivered after all, or a person dropped them. Gives the number that were there.
    ///
    /// # Errors
    /// [`LetterError`] when the disk refuses; then none was taken out.
    pub fn take(&self, ids: &[LetterId]) -> Result<u64, LetterError> {
        self.change(ids, |letter| Change::Take(letter.id))
    }

    /// Puts letters on trial again: a person thinks that they will be accepted now. Gives the number that were there.
    ///
    /// # Errors
    /// [`LetterError`] when the disk refuses.
    pub fn retry(&self, ids: &[LetterId]) -> Result<u64, LetterError> {
        self.change(ids, |letter| Change::Put(Letter { state: LetterState::OnTrial, ..letter }))
    }

    /// Ends a trial: the letter was refused again, for `reason`. Gives the number that were there.
    ///
    /// # Errors
    /// [`LetterError`] when the disk refuses.
    pub fn refuse(&self, ids: &[LetterId], reason: &str) -> Result<u64, LetterError> {
        self.change(ids, |letter| {
            Change::Put(Letter { state: LetterState::SetAside, reason: reason.to_owned(), ..letter })
        })
    }

    fn change(&self, ids: &[LetterId], change: impl Fn(Letter) -> Change) -> Result<u64, LetterError> {
        self.apply(|kept| {
            let changes: Vec<Change> = kept.letters(|l| ids.contains(&l.id)).into_iter().map(change).collect();
            (changes.len() as u64, changes)
        })
    }

    /// How many there are.
    pub fn counts(&self) -> LetterCounts {
        self.kept().counts()
    }
}

impl fmt::Debug for DeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DeadLetters").field(&self.counts()).finish()
    }
}
