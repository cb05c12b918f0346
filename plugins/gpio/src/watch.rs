//! A line with its queue, its follower and the clock: what happened since somebody looked last.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use streamer_plugin::clock::{Clock, SinceBoot};
use streamer_plugin::{InputError, Readings};

use crate::follower::{Edge, Follower};
use crate::line::Line;
use crate::record::{Queue, Record, Took};
use crate::stable::Turn;

/// Between an edge and its record in the queue lies an interrupt's thread: no level is believed to have held before that
/// had its time.
const LATE: Duration = Duration::from_millis(5);

/// A line that is followed.
pub(crate) struct Watch {
    line: Line,
    queue: Queue,
    follower: Follower,
    clock: Clock,
    start: Turn,
}

impl Watch {
    /// Reads the level from which everything begins. `hold`: how long a level must hold, where nobody else filters.
    pub(crate) fn new(mut line: Line, edge: Edge, hold: Option<Duration>, clock: Clock) -> Result<Self, InputError> {
        let since = clock.boot();
        let active = line.active()?;
        let follower = Follower::new(edge, hold, active, since);
        Ok(Self { line, queue: Queue::default(), follower, clock, start: Turn { at: since, active } })
    }

    /// The state at the start.
    pub(crate) fn start(&self) -> Turn {
        self.start
    }

    /// One read of the queue: the edges that count now, how many were lost, and whether there may be more.
    pub(crate) fn catch_up(&mut self, turned: &mut dyn FnMut(Turn)) -> Result<(u64, bool), InputError> {
        let (now, suspended) = (self.clock.boot(), self.clock.suspended());
        let (follower, mut lost) = (&mut self.follower, 0);
        let took = self.queue.take(self.line.source(), &mut |record| {
            let heard = follower.hear(record, since_boot(record, suspended));
            lost += u64::from(heard.lost);
            heard.turn.into_iter().for_each(&mut *turned);
        });
        match took.map_err(|error| self.line.failed(&error))? {
            Took::Gone => Err(self.line.gone()),
            Took::Some => Ok((lost, true)),
            Took::All => {
                let held = SinceBoot::ZERO.plus(now.since(SinceBoot::ZERO.plus(LATE)));
                self.follower.settle(held).into_iter().for_each(turned);
                Ok((lost, false))
            }
        }
    }

    /// Reads the level again, because edges were lost.
    pub(crate) fn see(&mut self) -> Result<Option<Turn>, InputError> {
        let active = self.line.active()?;
        Ok(self.follower.see(active, self.clock.boot()))
    }

    /// All of the queue, as far as the time goes; how many were lost.
    pub(crate) fn catch_up_all(&mut self, out: &Readings, turned: &mut dyn FnMut(Turn)) -> Result<u64, InputError> {
        let mut all = 0;
        loop {
            let (lost, more) = self.catch_up(turned)?;
            all += lost;
            if !more || out.remaining().is_zero() {
                return Ok(all);
            }
        }
    }

    /// Counts what was lost.
    pub(crate) fn tell_lost(&self, key: &str, lost: u64, out: &mut Readings) {
        let words = format_args!(
            "{lost} edges of {} came faster than they were read and are lost; the level was read again: give it a \
             `debounce`, or count them",
            self.line.place()
        );
        out.refuse_many(key, "lost", lost, words);
    }

    /// How long nothing happens by itself; none: for ever.
    pub(crate) fn patience(&self) -> Option<Duration> {
        self.follower.due().map(|due| due.plus(LATE).since(self.clock.boot()) + Duration::from_millis(1))
    }

    pub(crate) fn source(&self) -> BorrowedFd<'_> {
        self.line.source()
    }

    pub(crate) fn active(&self) -> bool {
        self.follower.active()
    }

    pub(crate) fn every_edge_counts(&self) -> bool {
        self.follower.every_edge_counts()
    }
}

/// The kernel's stamp, on the clock that everybody else uses.
fn since_boot(record: Record, suspended: Duration) -> SinceBoot {
    SinceBoot::from_micros(record.nanos / 1000).plus(suspended)
}
