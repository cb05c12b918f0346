//! What a drain waits for: a reading that is due, its turn at the account, the end of a pause, a true clock. Whoever waits
//! hears at once that it shall stop.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use streamer_spool::{Next, Reader};

use super::{FlushError, Go, Work};
use crate::output::{Output, Standing};

impl<O: Output> Work<O> {
    /// Those who wait for a flush hear at once what only a person can mend.
    fn answer_if_parked(&self) {
        if let Standing::Parked { why, .. } = self.shared.standing() {
            self.shared.answer(&Err(FlushError::Parked(why)), |_| true);
        }
    }

    /// Until a call can be made at all.
    pub(super) async fn ready(&mut self) -> Go {
        loop {
            self.answer_if_parked();
            let shared = self.shared.clone();
            // Another drain of the account has its turn, or the account waits: the wait is theirs.
            let _waiting = shared.pulse.rests();
            tokio::select! {
                biased;
                () = shared.notify.notified() => {
                    if shared.books().stop {
                        return Go::Stop;
                    }
                }
                () = self.output.ready() => return Go::On,
            }
        }
    }

    /// Only a person can mend it: tried again from time to time.
    pub(super) async fn park(&mut self, why: String) -> Go {
        self.shared.failed(&why);
        tracing::warn!(bucket = %self.bucket, "the bucket is parked: {why}; its readings are kept");
        let wait = self.options.pace.of(self.parked.next());
        let until = self.clock.boot().plus(wait);
        self.rest(wait, Standing::Parked { why, until }).await
    }

    /// Waits, unless somebody says that things have changed.
    pub(super) async fn rest(&mut self, wait: Duration, standing: Standing) -> Go {
        self.stand(standing);
        let until = self.clock.boot().plus(wait);
        loop {
            self.answer_if_parked();
            let now = self.clock.boot();
            if now >= until {
                return Go::On;
            }
            // In slices: a timer stands still while the machine is suspended, the time since boot does not.
            let slice = until.since(now).min(Duration::from_secs(20)) + Duration::from_millis(1);
            let _waiting = self.shared.pulse.waits(slice);
            tokio::select! {
                () = tokio::time::sleep(slice) => {}
                () = self.shared.notify.notified() => {
                    let mut books = self.shared.books();
                    if books.stop {
                        return Go::Stop;
                    }
                    if std::mem::take(&mut books.nudged) {
                        return Go::On;
                    }
                }
            }
        }
    }

    /// Until a reading is due, or there is a letter to be tried.
    pub(super) async fn wait_until_due(&mut self, reader: &Reader) -> Go {
        loop {
            {
                let mut books = self.shared.books();
                if books.stop {
                    return Go::Stop;
                }
                books.nudged = false;
            }
            if self.due.is_owed() {
                return Go::On;
            }
            let waiting = reader.owed();
            self.answer_flushes(waiting == 0);
            let flushing = !self.shared.books().flushes.is_empty() || reader.is_awaited();
            let now = self.clock.boot();
            let at = self.due.at(waiting, flushing, now);
            if at.is_some_and(|at| at <= now) {
                return Go::On;
            }
            // The first reading starts the wait; after it only a full batch is news, or that somebody waits for room.
            // Register first, then look: nothing is missed in between.
            let news = self.due.news_from(waiting);
            let appended = poll_fn(|context| {
                reader.register_at(context.waker(), news);
                if reader.owed() < news && !reader.is_awaited() { Poll::Pending } else { Poll::Ready(()) }
            });
            let nap = at.map_or(Duration::from_secs(3600), |at| at.since(now) + Duration::from_millis(1));
            let _waiting = self.shared.pulse.waits(nap);
            tokio::select! {
                () = appended => {}
                () = self.shared.notify.notified() => {}
                () = tokio::time::sleep(nap) => {}
            }
        }
    }

    /// Until readings that were stamped by a suspect clock can be corrected.
    pub(super) async fn wait_for_true_clock(&mut self, reader: &mut Reader) -> Go {
        let why = "the clock is suspect; readings wait until it is right".to_owned();
        self.stand(Standing::Waiting { why, until: None });
        let limit = self.limit();
        loop {
            let reader = &mut *reader;
            let _waiting = self.shared.pulse.rests();
            let known = poll_fn(|context| {
                reader.register(context.waker());
                if matches!(reader.at_hand(limit), Ok(Next::Held)) { Poll::Pending } else { Poll::Ready(()) }
            });
            tokio::select! {
                () = known => {
                    self.stand(Standing::Streaming);
                    return Go::On;
                }
                () = self.shared.notify.notified() => {
                    if self.shared.books().stop {
                        return Go::Stop;
                    }
                }
            }
        }
    }
}
