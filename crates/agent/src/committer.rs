//! The thread that brings accepted readings to the disk, and the only one that waits for it.

use std::sync::Arc;
use std::time::Duration;

use streamer_clock::{Clock, SinceBoot};
use streamer_spool::{DiskState, Spool};

use crate::gate::Gate;
use crate::input::Trusted;
use crate::state::StateFolder;

/// How long the local store may take to commit before the spool does without it.
const STORE_FIRST: Duration = Duration::from_secs(1);
/// How often the last trusted stamp is kept, beyond each clean end: it only has to tell a clock that fell back by years.
const STAMP_EVERY: Duration = Duration::from_secs(3600);

/// Commits every `sync`, early when the unsynced tail is long, and checkpoints every `checkpoint`.
pub struct Committer {
    pub spool: Spool,
    pub clock: Clock,
    pub gate: Gate,
    pub trusted: Arc<Trusted>,
    pub state: Arc<StateFolder>,
    pub sync: Duration,
    pub checkpoint: Duration,
}

impl Committer {
    /// Runs until the spool is closed.
    pub fn run(self) {
        let mut checkpoint_due = self.clock.boot().plus(self.checkpoint);
        let mut stamp_due = SinceBoot::from_micros(0);
        let mut disk = DiskState::None;
        while !self.spool.is_closed() {
            self.spool.wait_for_work(self.sync);
            if self.spool.is_closed() {
                return;
            }
            self.gate.open_and_wait(STORE_FIRST);
            let now = self.clock.boot();
            let done = if now >= checkpoint_due {
                checkpoint_due = now.plus(self.checkpoint);
                self.spool.checkpoint()
            } else {
                self.spool.commit()
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
