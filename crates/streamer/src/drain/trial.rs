//! Second tries: readings that were refused once, after another reading of their bucket was accepted.
//!
//! A trial ends at once: accepted, and the letter is taken out; refused again, and it is set aside for a person.

use streamer_spool::{LetterId, Reader};

use super::{DELIVERY, Go, Work};
use crate::output::{Output, Verdict};

impl<O: Output> Work<O> {
    /// To be called after a reading of the bucket was accepted.
    pub(super) async fn trial(&mut self, reader: &mut Reader) -> Go {
        if !std::mem::take(&mut self.shared.books().letters) {
            return Go::On;
        }
        let letters = self.letters.on_trial(&self.bucket, &self.name);
        for letter in letters {
            if self.ready().await == Go::Stop {
                return Go::Stop;
            }
            let limit = self.options.pace.of(DELIVERY);
            let delivering = self.output.deliver(std::slice::from_ref(&letter.record));
            match self.shared.attend(limit, delivering).await {
                Verdict::Delivered => {
                    self.end(letter.id, None).await;
                    reader.acknowledge_late(1);
                    self.shared.accepted_on_trial();
                }
                Verdict::Refused { why } => {
                    self.end(letter.id, Some(why.clone())).await;
                    tracing::warn!(bucket = %self.bucket, key = %letter.record.reading.key, "a reading is set aside: {why}");
                    self.shared.set_aside(&why);
                }
                other => {
                    {
                        let mut books = self.shared.books();
                        // The next accepted reading brings the rest of the trials, and with them this one again.
                        books.letters = true;
                        books.counts.in_doubt += u64::from(other.in_doubt());
                    }
                    return self.not_delivered(other, 0..0).await;
                }
            }
        }
        Go::On
    }

    async fn end(&mut self, letter: LetterId, refused: Option<String>) {
        let ended = self.write_letters(move |letters| match refused {
            None => letters.take(&[letter]).map(drop),
            Some(why) => letters.refuse(&[letter], &why).map(drop),
        });
        if let Err(error) = ended.await {
            tracing::warn!(bucket = %self.bucket, error, "the outcome of a trial is not on disk; it may be tried again");
        }
    }
}
