//! The clock: the only type that tells the time. It never judges what it reads; `Trust` does.

use std::fs;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use streamer_reading::Epoch;

use crate::moved::Moved;
use crate::{BootId, Hand, Moment, SinceBoot, Wake, Woken, synchronised};

/// How far apart the two readings of the time since boot may lie that frame the wall's. A wider frame means that the
/// thread was taken off its core in between.
const FRAME_MICROS: u64 = 20;

/// Tells the time. Cheap to clone; every clone shows the same time.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Moved(Arc<Moved>),
}

impl Clock {
    /// The machine's own clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until its [`Hand`] moves it, for tests.
    pub fn moved(start: Moment) -> (Self, Hand) {
        let moved = Arc::new(Moved::new(start));
        (Self(Source::Moved(Arc::clone(&moved))), Hand::new(moved))
    }

    /// The wall clock and the time since boot, read together: no more than 20 µs apart, unless the machine is so busy
    /// that four attempts in a row were interrupted.
    pub fn now(&self) -> Moment {
        match &self.0 {
            Source::Moved(moved) => moved.now(),
            Source::System => {
                let mut before = boot();
                let mut attempts = 0;
                loop {
                    let wall = wall();
                    let after = boot();
                    attempts += 1;
                    if after.micros() - before.micros() <= FRAME_MICROS || attempts == 4 {
                        return Moment { wall, boot: before };
                    }
                    before = after;
                }
            }
        }
    }

    /// What the wall clock shows.
    pub fn wall(&self) -> Epoch {
        match &self.0 {
            Source::System => wall(),
            Source::Moved(moved) => moved.now().wall,
        }
    }

    /// The time since boot.
    pub fn boot(&self) -> SinceBoot {
        match &self.0 {
            Source::System => boot(),
            Source::Moved(moved) => moved.now().boot,
        }
    }

    /// How long the machine has been suspended since its start: what the time since boot is ahead of the kernel's
    /// monotonic clock, which stamps events and stands still meanwhile.
    ///
    /// An event before a suspend that is read only after it gets the suspend's time on top; nothing tells the two apart.
    pub fn suspended(&self) -> Duration {
        match &self.0 {
            Source::System => suspended(),
            Source::Moved(moved) => moved.suspended(),
        }
    }

    /// The boot that [`Clock::boot`] counts from.
    pub fn boot_id(&self) -> BootId {
        static SYSTEM: OnceLock<BootId> = OnceLock::new();
        match &self.0 {
            Source::System => *SYSTEM.get_or_init(|| {
                let told = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
                told.and_then(|text| BootId::parse(&text)).unwrap_or_else(BootId::unknown)
            }),
            Source::Moved(moved) => moved.boot_id(),
        }
    }

    /// Whether the kernel, or systemd's own time service, says that this boot's clock was synchronised.
    pub fn kernel_says_synchronised(&self) -> bool {
        match &self.0 {
            Source::System => synchronised::now(),
            Source::Moved(moved) => moved.synchronised(),
        }
    }

    /// Sleeps until the time since boot is `until`, or `wake` is rung, or the wall clock was set since this `wake` last
    /// said so. A suspend does not stretch the sleep. [`SinceBoot::NEVER`] sleeps until rung.
    ///
    /// ```
    /// use std::time::Duration;
    /// use streamer_clock::{Clock, Wake, Woken};
    ///
    /// let (clock, wake) = (Clock::system(), Wake::new()?);
    /// let until = clock.boot().plus(Duration::from_millis(1));
    /// while clock.wait_until(until, &wake) != Woken::Due {}
    /// assert!(clock.boot() >= until);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn wait_until(&self, until: SinceBoot, wake: &Wake) -> Woken {
        match &self.0 {
            Source::System => wake.sleep(until, boot),
            Source::Moved(moved) => moved.sleep(until, wake),
        }
    }
}

/// The standard library's reading goes through libc, so that tools which show a program another date reach it.
#[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else has to ask")]
fn wall() -> Epoch {
    use std::time::{SystemTime, UNIX_EPOCH};
    let micros = |span: Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => Epoch::from_micros(micros(since)),
        Err(before) => Epoch::from_micros(-micros(before.duration())),
    }
}

fn boot() -> SinceBoot {
    SinceBoot::from_micros(micros(ClockId::Boottime))
}

/// What a clock of the kernel that starts at zero shows.
fn micros(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    // Neither part is ever negative.
    time.tv_sec.unsigned_abs() * 1_000_000 + time.tv_nsec.unsigned_abs() / 1_000
}

fn suspended() -> Duration {
    /// No suspend is shorter; what is less comes from the time between the readings.
    const SHORTEST: u64 = 1_000;
    let mut least = u64::MAX;
    // The one that was interrupted least is the true one.
    for _ in 0..4 {
        let monotonic = micros(ClockId::Monotonic);
        let ahead = micros(ClockId::Boottime).saturating_sub(monotonic);
        least = least.min(ahead);
        if least < SHORTEST {
            return Duration::ZERO;
        }
        if micros(ClockId::Monotonic) - monotonic <= FRAME_MICROS {
            break;
        }
    }
    Duration::from_micros(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_clock_runs_forward_and_knows_its_boot() {
        let clock = Clock::system();
        let mut last = clock.now();
        for _ in 0..1_000 {
            let now = clock.now();
            assert!(now.boot >= last.boot);
            last = now;
        }
        assert_eq!(clock.boot_id(), Clock::system().boot_id());
    }
    #[test]
    fn a_suspend_lies_between_the_two_clocks_of_the_kernel() {
        let clock = Clock::system();
        let monotonic = SinceBoot::from_micros(micros(ClockId::Monotonic));
        let of_event = monotonic.plus(clock.suspended());
        let now = clock.boot();
        assert!(of_event <= now && now.since(of_event) < Duration::from_secs(60), "{of_event} {now}");
        let start = Moment { wall: Epoch::from_micros(0), boot: SinceBoot::ZERO };
        let (clock, hand) = Clock::moved(start);
        hand.advance(Duration::from_secs(5));
        hand.suspend(Duration::from_secs(3600));
        assert_eq!(clock.suspended(), Duration::from_secs(3600));
    }
}
