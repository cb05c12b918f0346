//! How readings that can wait make way: much that is unsynced goes to the disk before its time, but theirs lie in their
//! source already, so the outputs are given time to take them first.
//!
//! They are in no danger meanwhile but a power cut's, and that their source survives. Nobody else waits with them, and
//! an output that does not come on holds them up for a moment and no longer.

use std::sync::PoisonError;
use std::time::Duration;

use crate::limits;
use crate::state::{Shared, State};

/// What an output that keeps up needs for a batch, the way to a service far away and back included.
const MOMENT: Duration = Duration::from_millis(250);
/// So many moments follow one another where the slowest output comes on in each: a second.
const MOMENTS: u32 = 4;
/// After time that was given in vain so many times are not: where no output keeps up, it only costs time.
const PASSED_OVER: u32 = 3;

/// When outputs are given time.
#[derive(Debug, Default)]
pub(crate) struct Way {
    /// It was of no use, or passed over, since there was room last.
    over: bool,
    /// So many times more are passed over.
    passed_over: u32,
}

impl Way {
    /// There is room.
    pub fn is_free(&mut self) {
        self.over = false;
    }

    /// There is none: whether the outputs are given time.
    fn begins(&mut self) -> bool {
        if !self.over {
            self.over = self.passed_over > 0;
            self.passed_over = self.passed_over.saturating_sub(1);
        }
        !self.over
    }

    /// So many moments did not make room; whether there is another one, where the slowest output came on in the last.
    fn goes_on(&mut self, moments: u32, came_on: bool) -> bool {
        self.over = !came_on || moments >= MOMENTS;
        if self.over {
            self.passed_over = PASSED_OVER;
        }
        !self.over
    }
}

impl Shared {
    /// Whether so much is unsynced that readings which can wait should.
    pub fn is_crowded(&self, state: &State) -> bool {
        self.committer.is_some() && state.is_unsynced(limits::CROWDED, &self.options)
    }

    /// Gives the outputs of a log time, and wakes the committer where that was of no use.
    pub fn give_way(&self, book: usize) {
        let mut state = self.lock();
        if state.way.begins() {
            let mut wakers = Vec::new();
            state.books[book].awaited = state.books[book].last;
            state.books[book].take_wakers(&mut wakers);
            drop(state);
            wakers.into_iter().for_each(std::task::Waker::wake);
            state = self.lock();
            // Not at every acknowledgement another append: the two would only wake each other.
            let crowds = |state: &State| state.is_unsynced(limits::CROWDED - 1, &self.options);
            let commits = |state: &State| state.told && state.commit_is_due(&self.options);
            for moments in 1.. {
                let owed = state.books[book].owed_after();
                let (back, timeout) = self
                    .room
                    .wait_timeout_while(state, MOMENT, |s| crowds(s) && !commits(s) && !s.closed)
                    .unwrap_or_else(PoisonError::into_inner);
                state = back;
                let came_on = state.books[book].owed_after() > owed;
                if !timeout.timed_out() || !state.way.goes_on(moments, came_on) {
                    break;
                }
            }
        }
        if self.untold(&state).is_some() {
            state.told = true;
            drop(state);
            self.work.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_on_is_given_a_second_who_does_not_a_moment_and_then_others_pass() {
        let mut way = Way::default();
        assert!(way.begins());
        assert!((1..MOMENTS).all(|moments| way.goes_on(moments, true)), "it comes nearer");
        assert!(!way.goes_on(MOMENTS, true), "but not near enough");
        for crowd in 0..PASSED_OVER {
            assert!(!way.begins() && !way.begins(), "once for all appends until there is room: {crowd}");
            way.is_free();
        }
        assert!(!way.begins());
        way.is_free();
        assert!(way.begins() && !way.goes_on(1, false), "it stands still");
        assert!(!way.begins());
    }

    #[test]
    fn who_makes_room_is_given_time_whenever_there_is_none() {
        let mut way = Way::default();
        for _ in 0..100 {
            assert!(way.begins() && way.goes_on(1, true));
            way.is_free();
        }
    }
}
