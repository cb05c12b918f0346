//! From records to edges that count: gaps found by their numbers, bounces filtered, the wanted edges chosen.
//!
//! Pure: it reads no clock and no line.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use streamer_plugin::clock::SinceBoot;

use crate::record::Record;
use crate::stable::{Stable, Turn};

/// Which edges are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    /// From inactive to active.
    Rising,
    /// From active to inactive.
    Falling,
    /// Each of them.
    Both,
}

impl Edge {
    /// Whether an edge to this level is meant.
    pub fn includes(self, active: bool) -> bool {
        match self {
            Self::Rising => active,
            Self::Falling => !active,
            Self::Both => true,
        }
    }
}

/// What one record came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Edges that the kernel saw and for which its queue had no room.
    pub lost: u32,
    /// The edge that counts, if one does.
    pub turn: Option<Turn>,
}

/// Follows the edges of one line.
#[derive(Debug, Clone)]
pub struct Follower {
    edge: Edge,
    /// None where every edge counts, because there are no bounces or the kernel filters them.
    stable: Option<Stable>,
    active: bool,
    /// What happened before the level was read for the first time is in that level.
    since: SinceBoot,
    number: u32,
}

impl Follower {
    /// A line that was just asked for, and that was `active` at `since`.
    pub fn new(edge: Edge, hold: Option<Duration>, active: bool, since: SinceBoot) -> Self {
        Self { edge, stable: hold.map(|hold| Stable::new(hold, active)), active, since, number: 0 }
    }

    /// A record of the kernel's, whose stamp is `at` in time since boot.
    pub fn hear(&mut self, record: Record, at: SinceBoot) -> Heard {
        let step = record.number.wrapping_sub(self.number);
        // A number that goes back is another's counting, not four thousand million lost edges.
        let lost = if step == 0 || step > u32::MAX / 2 { 0 } else { step - 1 };
        self.number = record.number;
        let edge = Turn { at, active: record.active };
        let turn = match &mut self.stable {
            _ if at < self.since => None,
            Some(stable) => stable.edge(edge),
            None => Some(edge),
        };
        Heard { lost, turn: turn.and_then(|turn| self.counts(turn)) }
    }

    /// What has held long enough by `now`.
    pub fn settle(&mut self, now: SinceBoot) -> Option<Turn> {
        let turn = self.stable.as_mut()?.settle(now)?;
        self.counts(turn)
    }

    /// The level as it was read again at `now`, because edges were lost.
    pub fn see(&mut self, active: bool, now: SinceBoot) -> Option<Turn> {
        let seen = Turn { at: now, active };
        match &mut self.stable {
            Some(stable) if stable.last() == active => None,
            Some(stable) => {
                let turn = stable.edge(seen)?;
                self.counts(turn)
            }
            None if self.active == active => None,
            None => {
                self.active = active;
                Some(seen)
            }
        }
    }

    fn counts(&mut self, turn: Turn) -> Option<Turn> {
        self.active = turn.active;
        self.edge.includes(turn.active).then_some(turn)
    }

    /// When the level of now will count, if nothing happens.
    pub fn due(&self) -> Option<SinceBoot> {
        self.stable.as_ref().and_then(Stable::due)
    }

    /// The level that counts.
    pub fn active(&self) -> bool {
        self.active
    }

    /// Whether each lost edge was one that counts: nobody filters, and none but the wanted ones were asked for.
    pub fn every_edge_counts(&self) -> bool {
        self.stable.is_none()
    }
}
