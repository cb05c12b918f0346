//! Moves one bucket's readings to one output: in order, in batches, again and again until they are there.
//!
//! A drain is the only one that acknowledges, and only what its output confirmed or the dead letters hold. It never
//! drops a reading, never overtakes one (but those on trial), and never gives up.

mod due;
mod handle;
mod letters;
mod sift;
mod trial;
mod waits;

pub use handle::{Counts, FlushError, Handle, Snapshot};

use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use streamer_clock::Clock;
use streamer_reading::BucketKey;
use streamer_spool::{DeadLetters, Limit, Next, Reader, Record, Seq, Unread};

use crate::aside::aside;
use crate::output::{Output, Standing, Verdict};
use crate::retry::{Backoff, Pace};
use due::Due;
use handle::Shared;

/// So many batches are looked at together when all that was tried of a bucket was refused.
const LOOK_AHEAD: usize = 10;

/// The longest that a delivery may wait for somebody else's answer: the calls in it have shorter times of their own.
const DELIVERY: Duration = Duration::from_secs(180);

/// When a batch leaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrainOptions {
    /// Readings gathered before a call; 0 counts as 1. Fewer where those that can wait for room wait already.
    pub buffer_size: usize,
    /// The longest that a reading waits for its batch to fill.
    pub flush_interval: Duration,
    /// The pace of all waits.
    pub pace: Pace,
}

impl Default for DrainOptions {
    fn default() -> Self {
        Self { buffer_size: 10, flush_interval: Duration::from_secs(1), pace: Pace::REAL }
    }
}

/// One bucket, one output.
pub struct Drain<O> {
    work: Work<O>,
    reader: Reader,
}

/// All of a drain but its reader, which may have to be given up and taken anew.
struct Work<O> {
    output: O,
    letters: DeadLetters,
    bucket: BucketKey,
    /// The output's name in the log and in the dead letters.
    name: String,
    clock: Clock,
    options: DrainOptions,
    shared: Arc<Shared>,
    due: Due,
    /// Readings taken and not settled yet, in order. They are in flight and stay as they are.
    hand: Vec<Record>,
    /// So many of the first in hand may have been stored by a call whose answer was lost.
    in_doubt: usize,
    settled: Option<Seq>,
    fault: Backoff,
    parked: Backoff,
    look_ahead: bool,
}

/// What a wait ended in.
#[derive(Debug, PartialEq, Eq)]
enum Go {
    On,
    /// With a new reader, whose next batch may be larger.
    Reopen,
    Stop,
}

impl<O: Output> Drain<O> {
    /// A drain from `reader` to `output`, and what the rest of the program holds of it.
    pub fn new(output: O, reader: Reader, letters: DeadLetters, clock: Clock, options: DrainOptions) -> (Self, Handle) {
        let shared = Arc::new(Shared::new(Box::new(output.standing())));
        let work = Work {
            bucket: reader.log().bucket().clone(),
            name: reader.output().to_owned(),
            due: Due::new(options.buffer_size.max(1) as u64, options.pace.of(options.flush_interval)),
            output,
            letters,
            clock,
            options,
            shared: shared.clone(),
            hand: Vec::new(),
            in_doubt: 0,
            settled: None,
            fault: Backoff::service(),
            parked: Backoff::parked(),
            look_ahead: false,
        };
        (Self { work, reader }, Handle(shared))
    }

    /// Drives the drain until it is stopped. Dropping the future stops it too; the batch in flight is then sent again by
    /// the next drain.
    pub async fn run(self) {
        let Self { mut work, mut reader } = self;
        work.shared.pulse.works();
        loop {
            match work.step(&mut reader).await {
                Go::On => {}
                Go::Stop => return,
                Go::Reopen => {
                    // The readings in hand come again with the next take.
                    work.hand.clear();
                    let (log, output) = (reader.log().clone(), reader.output().to_owned());
                    drop(reader);
                    reader = match log.reader(&output) {
                        Ok(reader) => reader,
                        Err(error) => return tracing::warn!(bucket = %work.bucket, output, %error, "the drain ended"),
                    };
                }
            }
        }
    }
}

impl<O: Output> Work<O> {
    async fn step(&mut self, reader: &mut Reader) -> Go {
        if self.hand.is_empty() {
            if self.wait_until_due(reader).await == Go::Stop || self.ready().await == Go::Stop {
                return Go::Stop;
            }
            let next = match reader.at_hand(self.limit()) {
                Ok(next) => next,
                Err(unread) => {
                    self.output.not_now();
                    return self.read(reader, unread).await;
                }
            };
            match next {
                Next::Batch(batch) => self.hand = batch.records,
                Next::Nothing => {
                    self.due.took(u64::MAX);
                    self.output.not_now();
                    return Go::On;
                }
                Next::Held => {
                    self.output.not_now();
                    return self.wait_for_true_clock(reader).await;
                }
                Next::NeverKnown(batch) => {
                    self.output.not_now();
                    return self.never_known(reader, batch.records).await;
                }
            }
        } else if self.ready().await == Go::Stop {
            return Go::Stop;
        }
        let count = self.fitting(0, self.hand.len());
        match self.deliver(0..count).await {
            Verdict::Delivered => {
                self.acknowledge(reader, count);
                self.well();
                self.trial(reader).await
            }
            Verdict::Refused { why } => self.sift(reader, count, why).await,
            other => self.not_delivered(other, 0..count).await,
        }
    }

    /// Reads what comes next from the disk. Aside, and out of turn: the disk may not answer.
    async fn read(&mut self, reader: &mut Reader, unread: Box<Unread>) -> Go {
        let read = Arc::new(OnceLock::new());
        let there = read.clone();
        let reading = {
            let _waiting = self.shared.pulse.waits(self.options.pace.of(DELIVERY));
            aside(Box::new(move || there.set(unread.read()).map_err(|_| String::new()))).await
        };
        if let Err(why) = reading {
            return self.not_delivered(Verdict::Retry { why, in_doubt: false }, 0..0).await;
        }
        if !Arc::into_inner(read).and_then(OnceLock::into_inner).is_some_and(|read| reader.have_read(read)) {
            self.due.took(u64::MAX);
        }
        Go::On
    }

    /// Delivers these of the readings in hand.
    async fn deliver(&mut self, range: Range<usize>) -> Verdict {
        let limit = self.options.pace.of(DELIVERY);
        self.shared.attend(limit, self.output.deliver(&self.hand[range])).await
    }

    /// The most to take at once.
    fn limit(&self) -> Limit {
        let limit = self.output.limit();
        if self.look_ahead { Limit { events: limit.events.saturating_mul(LOOK_AHEAD), ..limit } } else { limit }
    }

    /// How many in hand from `start`, before `end`, one call may carry.
    fn fitting(&self, start: usize, end: usize) -> usize {
        let limit = self.output.limit();
        let mut bytes = 0;
        let fits = self.hand[start..end].iter().take(limit.events.max(1)).take_while(|record| {
            bytes += self.output.size(record);
            bytes <= limit.bytes
        });
        fits.count().max(1).min(end - start)
    }

    /// The first `count` in hand are there.
    fn acknowledge(&mut self, reader: &mut Reader, count: usize) {
        let Some(last) = self.hand[..count].last() else { return };
        reader.ack(last.seq);
        {
            let mut books = self.shared.books();
            books.counts.sent += count as u64;
            books.counts.in_doubt += self.in_doubt.min(count) as u64;
        }
        self.passed(count);
    }

    /// The first `count` in hand are settled in the log: forget them.
    fn passed(&mut self, count: usize) {
        self.settled = self.hand[..count].last().map(|record| record.seq);
        self.in_doubt = self.in_doubt.saturating_sub(count);
        self.hand.drain(..count);
        self.due.took(count as u64);
        self.answer_flushes(false);
    }

    /// Something of this bucket was accepted: all trouble is over.
    fn well(&mut self) {
        self.fault.reset();
        self.parked.reset();
        self.look_ahead = false;
        self.stand(Standing::Streaming);
    }

    /// Answers the flushes whose last reading is settled, and all of them when nothing is left.
    fn answer_flushes(&self, nothing_left: bool) {
        if self.shared.books().flushes.is_empty() {
            return;
        }
        let settled = self.settled;
        let reached = |seq: Seq| settled.is_some_and(|at| at.opening == seq.opening && at.count >= seq.count);
        self.shared.answer(&Ok(()), |seq| nothing_left || reached(seq));
    }

    fn stand(&self, standing: Standing) {
        self.shared.books().standing = standing;
    }

    /// Anything but success and refusal, for these in hand: keep them and come again.
    async fn not_delivered(&mut self, verdict: Verdict, range: Range<usize>) -> Go {
        if verdict.in_doubt() {
            // Where they were before, they may be there once more now.
            let again = self.in_doubt.min(range.end).saturating_sub(range.start);
            self.shared.books().counts.in_doubt += again as u64;
            self.in_doubt = self.in_doubt.max(range.end);
        }
        match verdict {
            Verdict::Delivered | Verdict::Refused { .. } | Verdict::TooLarge => Go::On,
            Verdict::Wait { why, .. } => {
                self.shared.failed(&why);
                self.stand(Standing::Streaming);
                Go::On
            }
            Verdict::Retry { why, .. } => {
                self.shared.failed(&why);
                let wait = self.options.pace.of(self.fault.next());
                let until = Some(self.clock.boot().plus(wait));
                self.rest(wait, Standing::Waiting { why, until }).await
            }
            Verdict::Parked { why } => self.park(why).await,
        }
    }
}

impl<O> Drop for Work<O> {
    fn drop(&mut self) {
        self.shared.end();
    }
}
