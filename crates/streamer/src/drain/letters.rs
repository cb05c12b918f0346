//! What of a drain goes to the dead letters. They lie on the disk, which may not answer: nobody else waits for it.

use streamer_spool::{DeadLetters, LetterError, LetterState, NewLetter, Reader, Record};

use super::{DELIVERY, Go, Work};
use crate::aside::aside;
use crate::output::{Output, Verdict};

impl<O: Output> Work<O> {
    /// Readings of a boot that ended without a true clock: kept for a person, with what is known of their order.
    pub(super) async fn never_known(&mut self, reader: &mut Reader, records: Vec<Record>) -> Go {
        let reason = "clock never known";
        let letters = records.iter().map(|record| self.letter(record, LetterState::SetAside, reason)).collect();
        match self.write_letters(move |kept| kept.put(letters).map(drop)).await {
            Ok(()) => {
                let count = records.len();
                self.hand = records;
                if let Some(last) = self.hand.last() {
                    reader.set_aside(last.seq, count as u64);
                }
                self.shared.books().counts.never_known += count as u64;
                self.passed(count);
                Go::On
            }
            Err(why) => self.not_delivered(Verdict::Retry { why, in_doubt: false }, 0..0).await,
        }
    }

    /// Changes the dead letters without keeping others from their work meanwhile.
    pub(super) async fn write_letters(
        &mut self,
        change: impl FnOnce(&DeadLetters) -> Result<(), LetterError> + Send + 'static,
    ) -> Result<(), String> {
        let letters = self.letters.clone();
        let _waiting = self.shared.pulse.waits(self.options.pace.of(DELIVERY));
        aside(Box::new(move || change(&letters).map_err(|error| error.to_string()))).await
    }

    /// A reading as a dead letter.
    pub(super) fn letter(&self, record: &Record, state: LetterState, reason: &str) -> NewLetter {
        NewLetter {
            bucket: self.bucket.clone(),
            output: self.name.clone(),
            record: record.clone(),
            state,
            reason: reason.to_owned(),
        }
    }
}
