//! The thread that brings accepted readings to the disk, and the only one that waits for it.

use std::sync::Arc;
use std::time::Duration;

use streamer::Pulse;
use streamer_clock::{Clock, SinceBoot};
use streamer_spool::{DiskState, Spool, Work};

use crate::gate::Gate;
use crate::state::StateFolder;
use crate::trusted::Trusted;

/// How long the local store may take to commit before the spool does without it.
const STORE_FIRST: Duration = Duration::from_secs(1);
/// How often the last trusted stamp is kept, beyond each clean end: it only has to tell a clock that fell back by years.
const STAMP_EVERY: Duration = Duration::from_secs(3600);

/// Commits what is due by `sync`, early when the unsynced tail is long, and checkpoints every `checkpoint`.
pub struct Committer {
    pub spool: Spool,
    pub clock: Clock,
    pub gate: Gate,
    pub trusted: Arc<Trusted>,
    pub state: Arc<StateFolder>,
    pub sync: Duration,
    pub checkpoint: Duration,
    pub pulse: Arc<Pulse>,
}

impl Committer {
    /// Runs until the spool is closed.
    pub fn run(self) {
        let mut checkpoint_due = self.clock.boot().plus(self.checkpoint);
        let mut stamp_due = SinceBoot::ZERO;
        let mut disk = DiskState::None;
        let mut store_first = false;
        // Twice in each `sync`: what is written is what was owed already half of it ago.
        let mut due = self.clock.boot().plus(self.sync / 2);
        loop {
            let time = due.since(self.clock.boot());
            let waiting = self.pulse.waits(time);
            let work = self.spool.wait_for_work(time);
            drop(waiting);
            let early = match work {
                Work::Closed => return self.pulse.ends(),
                Work::Tail if self.clock.boot() < due => {
                    self.spool.renew_tail();
                    continue;
                }
                Work::Commit => true,
                Work::Tail | Work::Nothing => false,
            };
            due = self.clock.boot().plus(self.sync / 2);
            // The store needs to go first only every other time for all that it takes to be taken before it is due.
            store_first = early || !store_first;
            if store_first {
                self.gate.open_and_wait(STORE_FIRST);
            }
            let now = self.clock.boot();
            let done = if now >= checkpoint_due {
                checkpoint_due = now.plus(self.checkpoint);
                self.spool.checkpoint()
            } else if early {
                self.spool.commit()
            } else {
                self.spool.commit_due()
            };
            say_changes(&mut disk, done.disk);
            if self.trusted.get() && now >= stamp_due {
                stamp_due = now.plus(STAMP_EVERY);
                self.spool.expire(self.clock.wall());
                self.state.keep_stamp(self.clock.wall());
            }
        }
    }
}

/// The log says it once for each change of the disk's state.
fn say_changes(last: &mut DiskState, now: DiskState) {
    let was_bad = matches!(last, DiskState::MemoryOnly { .. });
    match &now {
        DiskState::MemoryOnly { error, .. } if !was_bad => {
            tracing::error!(
                "the spool cannot be written: {error}; readings are kept in memory as far as it reaches, and a power cut would lose them"
            );
        }
        DiskState::MemoryOnly { .. } => {}
        _ if was_bad => tracing::info!("the spool can be written again"),
        _ => {}
    }
    *last = now;
}
