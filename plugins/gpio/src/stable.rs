//! The filter against bounces: a level counts once it has held for a while.
//!
//! Its memory is the level, not the edge. So a pulse that is too short leaves nothing behind, and the next real edge
//! counts whatever came before it.

use std::time::Duration;

use streamer_plugin::clock::SinceBoot;

/// A level that counts from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Since when it has been so: the time of the last bounce.
    pub at: SinceBoot,
    /// Whether the line is active.
    pub active: bool,
}

/// A line whose levels count once they have held.
#[derive(Debug, Clone)]
pub struct Stable {
    hold: Duration,
    settled: bool,
    last: Turn,
}

impl Stable {
    /// A line that is `active`, whose levels count after `hold`.
    pub fn new(hold: Duration, active: bool) -> Self {
        Self { hold, settled: active, last: Turn { at: SinceBoot::ZERO, active } }
    }

    /// An edge. What held until it came is what may count now; so does an edge to the level that was there already, for
    /// between the two the line was somewhere else.
    pub fn edge(&mut self, edge: Turn) -> Option<Turn> {
        let turn = self.settle(edge.at);
        self.last = edge;
        turn
    }

    /// What has held long enough by `now`.
    pub fn settle(&mut self, now: SinceBoot) -> Option<Turn> {
        if self.last.active == self.settled || now.since(self.last.at) < self.hold {
            return None;
        }
        self.settled = self.last.active;
        Some(self.last)
    }

    /// When the level of now will count, if nothing happens; none where it counts already.
    pub fn due(&self) -> Option<SinceBoot> {
        (self.last.active != self.settled).then(|| self.last.at.plus(self.hold))
    }

    /// The level that counts.
    pub fn active(&self) -> bool {
        self.settled
    }

    /// The level after the last edge, whether it counts or not.
    pub fn last(&self) -> bool {
        self.last.active
    }
}
