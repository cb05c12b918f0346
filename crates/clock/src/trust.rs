//! Whether the wall clock can be believed: a board without a battery starts in the past until somebody tells it the time.
//!
//! A pure state machine: facts and moments in, a verdict out. It reads nothing and sleeps nowhere.

use std::fmt;

use streamer_reading::Epoch;

use crate::{BootId, Facts, Mode, Moment, Offset};

/// A change of the wall clock against the time since boot below this is taken for slewing, not for a step.
const STEP_MICROS: u64 = 1_000_000;
/// Nothing slews a clock faster than a tenth of the time that passes.
const SLEW_SHARE: u64 = 10;

/// Why a clock is suspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// It shows a time before this program was built.
    BeforeBuild,
    /// It shows a time before a stamp that was right.
    BeforeLastStamp,
    /// The board has no battery clock, and nobody told it the time in this boot.
    NeverTold,
}

/// A cause for people: `the clock shows a time before this program was built`.
impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BeforeBuild => "the clock shows a time before this program was built",
            Self::BeforeLastStamp => "the clock shows a time before the last reading that was stamped right",
            Self::NeverTold => "this board has no battery clock, and nothing has told it the time since it started",
        })
    }
}

/// What is to be thought of the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// What it shows is no epoch.
    Suspect(Doubt),
    /// What it shows is the time. The offset corrects what was stamped in this boot before; it never changes again.
    Right(Offset),
}

/// Judges one boot's wall clock, from the start of the program on.
///
/// A suspect clock becomes right when the kernel says so, or when it was stepped past every mark that it was behind.
/// Once right it stays so: a step back of a trusted clock is followed, not doubted.
///
/// ```
/// use streamer_clock::{BootId, Facts, Mode, Moment, SinceBoot, Trust, Verdict};
/// use streamer_reading::Epoch;
///
/// let facts = Facts {
///     mode: Mode::Auto, built: Epoch::from_secs(1_790_000_000)?,
///     last_trusted: None, recorded: None, board: true, rtc: false,
/// };
/// let start = Moment { wall: Epoch::from_secs(30)?, boot: SinceBoot::from_micros(12_000_000) };
/// let mut trust = Trust::new(facts, BootId::from_bytes([1; 16]), start, false);
/// assert!(matches!(trust.verdict(), Verdict::Suspect(_)));
///
/// let told = Moment { wall: Epoch::from_secs(1_790_000_100)?, boot: SinceBoot::from_micros(13_000_000) };
/// assert!(matches!(trust.judge(told, false), Verdict::Right(_)));
/// # Ok::<(), streamer_reading::Refusal>(())
/// ```
#[derive(Debug, Clone)]
pub struct Trust {
    facts: Facts,
    boot: BootId,
    last: Moment,
    verdict: Verdict,
    right_since: Option<Moment>,
}

impl Trust {
    /// The first judgement, at the start of the program.
    pub fn new(facts: Facts, boot: BootId, start: Moment, synchronised: bool) -> Self {
        let recorded = facts.recorded.filter(|offset| offset.boot == boot);
        let doubt = if facts.mode == Mode::Trust || synchronised {
            None
        } else if start.wall < facts.built {
            Some(Doubt::BeforeBuild)
        } else if facts.last_trusted.is_some_and(|stamp| start.wall < stamp) {
            Some(Doubt::BeforeLastStamp)
        } else if facts.board && !facts.rtc && recorded.is_none() {
            Some(Doubt::NeverTold)
        } else {
            None
        };
        let facts = Facts { recorded, ..facts };
        let verdict = doubt.map_or_else(|| right(&facts, boot, start), Verdict::Suspect);
        Self { facts, boot, last: start, verdict, right_since: doubt.is_none().then_some(start) }
    }

    /// Judges anew. To be called at each step of the clock and at least once a minute while it is suspect; `synchronised`
    /// is what [`crate::Clock::kernel_says_synchronised`] says.
    pub fn judge(&mut self, now: Moment, synchronised: bool) -> Verdict {
        if let Verdict::Suspect(_) = self.verdict {
            if synchronised || (stepped(self.last, now) && self.past_marks(now.wall)) {
                self.verdict = right(&self.facts, self.boot, now);
                self.right_since = Some(now);
            }
            self.last = now;
        }
        self.verdict
    }

    /// The last judgement.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// When the clock was found right; none while it is suspect.
    pub fn right_since(&self) -> Option<Moment> {
        self.right_since
    }

    /// The stamp for the state folder to keep as the last trusted one: the present, once the clock is right. The latest
    /// call counts, not the highest stamp, because a step back of a trusted clock is followed.
    pub fn stamp(&self, now: Moment) -> Option<Epoch> {
        self.right_since.map(|_| now.wall)
    }

    fn past_marks(&self, wall: Epoch) -> bool {
        wall >= self.facts.built && self.facts.last_trusted.is_none_or(|stamp| wall >= stamp)
    }
}

/// An offset that was recorded for this boot stays: what it corrected was sent.
fn right(facts: &Facts, boot: BootId, at: Moment) -> Verdict {
    Verdict::Right(facts.recorded.unwrap_or_else(|| Offset::of(boot, at)))
}

fn stepped(from: Moment, to: Moment) -> bool {
    let elapsed = to.boot.micros().saturating_sub(from.boot.micros());
    to.wall_ahead().abs_diff(from.wall_ahead()) > STEP_MICROS + elapsed / SLEW_SHARE
}
