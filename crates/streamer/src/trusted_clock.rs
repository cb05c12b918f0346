//! The library's clock: what time it is, and whether that can be believed.
//!
//! While it cannot, readings carry their time since boot, and their drains wait; once it can, one offset corrects them
//! all, as they are read.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use streamer_clock::{Clock, Facts, Mode, Moment, Trust, Verdict};
use streamer_reading::Epoch;
use streamer_spool::{Quality, Spool};

use crate::aside::aside;

/// This version was not there before: 1 November 2026.
const BUILT: Epoch = Epoch::from_micros(1_793_491_200_000_000);

#[derive(Debug, Clone)]
pub(crate) struct TrustedClock {
    clock: Clock,
    suspect: Arc<AtomicBool>,
    watched: Watched,
}

/// What is needed to correct readings once the clock is right.
#[derive(Clone)]
struct Watched {
    trust: Trust,
    spool: Spool,
    boot: [u8; 16],
}

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.trust.fmt(f)
    }
}

impl TrustedClock {
    /// `boot` is the name under which the spool knows the present boot; `last` the last stamp that was right.
    pub fn new(clock: Clock, mode: Mode, spool: Spool, boot: [u8; 16], last: Option<Epoch>) -> Self {
        let facts = Facts { mode, last_trusted: last, ..Facts::below(Path::new("/"), BUILT) };
        let trust = Trust::new(facts, clock.boot_id(), clock.now(), clock.kernel_says_synchronised());
        let suspect = match trust.verdict() {
            Verdict::Suspect(doubt) => {
                tracing::warn!("{doubt}; readings wait until it is right");
                true
            }
            Verdict::Right(_) => false,
        };
        Self { clock, suspect: Arc::new(suspect.into()), watched: Watched { trust, spool, boot } }
    }

    /// The present, and whether its epoch can be believed.
    pub fn now(&self) -> (Moment, Quality) {
        let quality = if self.is_suspect() { Quality::Suspect } else { Quality::Trusted };
        (self.clock.now(), quality)
    }

    pub fn is_suspect(&self) -> bool {
        self.suspect.load(Ordering::Relaxed)
    }

    /// Ends when the clock is right.
    pub async fn watch(mut self) {
        while self.is_suspect() {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let told = self.clock.kernel_says_synchronised();
            let Verdict::Right(offset) = self.watched.trust.judge(self.clock.now(), told) else { continue };
            // From here on stamps are right; the offset is on disk before the first held reading is sent.
            self.suspect.store(false, Ordering::Relaxed);
            let (spool, boot) = (self.watched.spool.clone(), self.watched.boot);
            let known = move || spool.set_offset(boot, offset.micros).map_err(|error| error.to_string());
            match aside(Box::new(known)).await {
                Ok(()) => tracing::info!("the clock is right; readings that waited for it are corrected and sent"),
                Err(error) => tracing::warn!(error, "the correction of readings is not on disk yet"),
            }
        }
    }
}
