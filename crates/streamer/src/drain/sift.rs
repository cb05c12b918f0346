//! Finds the readings that a batch was refused for: halves it until they are alone, and puts those on trial.
//!
//! Nothing goes on trial unless something else of the bucket was accepted meanwhile: a service that refuses everything
//! says nothing about a reading. Then the bucket is parked, and the next attempt looks further ahead.

use std::ops::Range;

use streamer_spool::{LetterState, Reader};

use super::{Go, Work};
use crate::output::{Output, Verdict};

/// What became of a reading in hand.
#[derive(Debug, Clone, PartialEq)]
enum Found {
    Accepted,
    Refused(String),
}

impl<O: Output> Work<O> {
    /// The first `count` in hand were refused together, for `why`.
    pub(super) async fn sift(&mut self, reader: &mut Reader, count: usize, why: String) -> Go {
        let mut found: Vec<Option<Found>> = vec![None; self.hand.len()];
        let mut open = Vec::new();
        let mut next = count;
        let (mut accepted, mut accepted_after_refusal) = (false, false);
        self.split(&mut open, &mut found, 0..count, &why);
        loop {
            let Some(mut range) = open.pop() else {
                if accepted || next == self.hand.len() {
                    break;
                }
                let fitting = self.fitting(next, self.hand.len());
                open.push(next..next + fitting);
                next += fitting;
                continue;
            };
            let fitting = self.fitting(range.start, range.end);
            if fitting < range.len() {
                open.push(range.start + fitting..range.end);
                range.end = range.start + fitting;
            }
            if self.ready().await == Go::Stop {
                return self.settle(reader, &found, accepted, Go::Stop).await;
            }
            match self.deliver(range.clone()).await {
                Verdict::Delivered => {
                    accepted = true;
                    accepted_after_refusal |= found.iter().flatten().any(|f| *f != Found::Accepted);
                    found[range].fill(Some(Found::Accepted));
                }
                Verdict::Refused { why } => self.split(&mut open, &mut found, range, &why),
                other => {
                    if self.not_delivered(other, range.clone()).await == Go::Stop {
                        return self.settle(reader, &found, accepted, Go::Stop).await;
                    }
                    open.push(range);
                }
            }
        }
        if !accepted {
            self.look_ahead = true;
            return match self.park(format!("all that was tried is refused: {why}")).await {
                Go::Stop => Go::Stop,
                Go::On | Go::Reopen => Go::Reopen,
            };
        }
        match self.settle(reader, &found, accepted, Go::On).await {
            Go::On if accepted_after_refusal => self.trial(reader).await,
            go => go,
        }
    }

    /// A refused range: its halves are open again, the first one first; a lone reading is found out.
    fn split(&self, open: &mut Vec<Range<usize>>, found: &mut [Option<Found>], range: Range<usize>, why: &str) {
        if range.len() == 1 {
            found[range.start] = Some(Found::Refused(why.to_owned()));
        } else {
            let middle = range.start + range.len().div_ceil(2);
            open.push(middle..range.end);
            open.push(range.start..middle);
        }
    }

    /// Settles what is known from the front on, the refused ones on trial; then goes on with `go`.
    async fn settle(&mut self, reader: &mut Reader, found: &[Option<Found>], accepted: bool, go: Go) -> Go {
        if !accepted {
            return go;
        }
        let found: Vec<&Found> = found.iter().map_while(Option::as_ref).collect();
        let refused = self.hand.iter().zip(&found).filter_map(|(record, found)| match found {
            Found::Accepted => None,
            Found::Refused(why) => Some(self.letter(record, LetterState::OnTrial, why)),
        });
        let letters: Vec<_> = refused.collect();
        while !letters.is_empty() {
            let put = letters.clone();
            match self.write_letters(move |kept| kept.put(put).map(drop)).await {
                Ok(()) => break,
                Err(error) if go == Go::Stop => {
                    tracing::warn!(bucket = %self.bucket, error, "refused readings are sent again at the next start");
                    return go;
                }
                // A full disk, say: the readings stay in hand until it is not.
                Err(error) => {
                    self.shared.failed(&error);
                    let wait = self.options.pace.of(self.fault.next());
                    let _waiting = self.shared.pulse.waits(wait);
                    tokio::time::sleep(wait).await;
                }
            }
        }
        for found in found {
            match found {
                Found::Accepted => self.acknowledge(reader, 1),
                Found::Refused(why) => {
                    let Some(record) = self.hand.first() else { break };
                    reader.set_aside(record.seq, 1);
                    self.shared.on_trial(why);
                    self.passed(1);
                }
            }
        }
        self.well();
        go
    }
}
