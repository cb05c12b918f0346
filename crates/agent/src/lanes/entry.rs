//! One input's place in a lane: what is due when, and the sampler itself while it waits.

use std::sync::Arc;

use streamer_clock::SinceBoot;
use streamer_plugin::Sampler;
use streamer_schedule::Ticker;

use crate::input::Cell;

/// An input that waits in a lane.
pub struct Entry {
    pub cell: Arc<Cell>,
    pub due: SinceBoot,
    pub stage: Stage,
}

/// What is to be done with it.
pub enum Stage {
    /// The input is not built yet, or is to be built anew.
    Build,
    /// Its sampler is asked.
    Sample(Box<Sampling>),
}

/// A sampler and its schedule.
pub struct Sampling {
    pub sampler: Box<dyn Sampler>,
    pub ticker: Ticker,
}
