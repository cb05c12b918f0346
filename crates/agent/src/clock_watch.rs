//! Watches whether our clock is right, and corrects what was stamped before it was.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use streamer_clock::{Clock, Facts, Mode, Offset, Trust, Verdict};
use streamer_reading::Epoch;
use streamer_spool::Spool;

use crate::state::StateFolder;
use crate::trusted::Trusted;

/// How often a suspect clock is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// The judgement over this boot's clock.
pub struct ClockWatch {
    clock: Clock,
    spool: Spool,
    trust: Trust,
    trusted: Arc<Trusted>,
    hold: Duration,
}

impl ClockWatch {
    /// Judges the clock for the first time. What the spool knows of this boot already stays.
    pub fn new(clock: Clock, spool: Spool, state: &StateFolder, root: &Path, mode: Mode, hold: Duration) -> Self {
        let boot = clock.boot_id();
        let facts = Facts {
            mode,
            last_trusted: state.last_stamp(),
            recorded: spool.offset(boot.bytes()).map(|micros| Offset { boot, micros }),
            ..Facts::below(root, built())
        };
        let trust = Trust::new(facts, boot, clock.now(), clock.kernel_says_synchronised());
        let trusted = Trusted::default();
        trusted.set(matches!(trust.verdict(), Verdict::Right(_)));
        Self { clock, spool, trust, trusted: Arc::new(trusted), hold }
    }

    /// What inputs look at when they stamp.
    pub fn trusted(&self) -> Arc<Trusted> {
        self.trusted.clone()
    }

    /// Looks on until the clock is right. From then on it is followed and never doubted again, so nothing is watched.
    pub async fn run(mut self) {
        if let Verdict::Right(offset) = self.trust.verdict() {
            self.keep(offset).await;
        }
        let mut said = None;
        while let Verdict::Suspect(doubt) = self.trust.verdict() {
            let now = self.clock.boot();
            if said.is_none_or(|at| now.since(at) >= self.hold) {
                said = Some(now);
                tracing::warn!("{doubt}; readings are kept and wait for a true time before they are sent");
            }
            tokio::time::sleep(EVERY).await;
            let verdict = self.trust.judge(self.clock.now(), self.clock.kernel_says_synchronised());
            if let Verdict::Right(offset) = verdict {
                self.keep(offset).await;
                self.trusted.set(true);
                tracing::info!("the clock is right; readings taken before were corrected");
            }
        }
    }

    /// On disk before the first reading that it corrects can be sent; a disk that refuses is told by the committer. One
    /// that takes its time, or does not answer, holds up what is to be corrected and nobody else.
    async fn keep(&self, offset: Offset) {
        let spool = self.spool.clone();
        let kept = tokio::task::spawn_blocking(move || spool.set_offset(offset.boot.bytes(), offset.micros)).await;
        if let Ok(Err(error)) = kept {
            tracing::warn!("{error}");
        }
    }
}

/// When this program was built: a clock before that is wrong.
pub fn built() -> Epoch {
    let secs = option_env!("STREAMER_BUILT").and_then(|secs| secs.parse().ok());
    secs.and_then(|secs| Epoch::from_secs(secs).ok()).unwrap_or(Epoch::ZERO)
}
