//! A sleeper's bell: one thread sleeps on it, any thread rings it. It never polls, and ringing twice costs once.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use std::{fmt, io};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime};

use crate::SinceBoot;

/// The longest sleep without a timer.
const PIECE: Duration = Duration::from_millis(500);
/// Where the timer that watches the wall clock stands: no clock gets there.
const FAR: SinceBoot = SinceBoot::from_micros(1 << 62);

/// Why a sleep ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// The instant has come.
    Due,
    /// Somebody rang.
    Rung,
    /// The wall clock was set: whatever was computed from wall time must be computed anew.
    Stepped,
}

/// Ends the sleep of the one thread that waits on it with [`crate::Clock::wait_until`]. Clones ring the same bell.
///
/// A ring that comes while nobody sleeps ends the next sleep at once; many rings before that are one. When a second
/// thread sleeps on the same bell, it sleeps after the first.
#[derive(Clone)]
pub struct Wake(Arc<Bell>);

/// What all clones of a [`Wake`] share.
pub(crate) struct Bell {
    rung: AtomicBool,
    event: OwnedFd,
    sleeper: Mutex<Sleeper>,
}

/// What the sleeping thread alone uses.
struct Sleeper {
    /// Runs in `CLOCK_BOOTTIME`, so that a suspend counts.
    timer: OwnedFd,
    /// Armed for ever, and cancelled by the kernel when the wall clock is set.
    wall: OwnedFd,
    /// Steps of a moved clock that were told already.
    steps: Option<u64>,
}

impl Wake {
    /// A bell that is not rung.
    ///
    /// # Errors
    /// When the process or the machine has no file descriptor left; three are needed.
    pub fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let wall = timerfd_create(TimerfdClockId::Realtime, flags)?;
        watch_wall(&wall);
        Ok(Self(Arc::new(Bell {
            rung: AtomicBool::new(false),
            event: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
            sleeper: Mutex::new(Sleeper { timer: timerfd_create(TimerfdClockId::Boottime, flags)?, wall, steps: None }),
        })))
    }

    /// Ends the present sleep, or the next one. Only the first ring before a sleep ends enters the kernel.
    pub fn wake(&self) {
        if !self.0.rung.swap(true, Ordering::AcqRel) {
            self.0.nudge();
        }
    }

    /// Sleeps on the machine's clock.
    pub(crate) fn sleep(&self, until: SinceBoot, now: impl Fn() -> SinceBoot) -> Woken {
        let sleeper = self.0.sleeper();
        let timed = until != SinceBoot::NEVER && set(&sleeper.timer, TimerfdTimerFlags::ABSTIME, until).is_ok();
        loop {
            if self.0.take_ring() {
                return Woken::Rung;
            }
            let left = until.since(now());
            let mut fds = [
                PollFd::new(&self.0.event, PollFlags::IN),
                PollFd::new(&sleeper.wall, PollFlags::IN),
                PollFd::new(&sleeper.timer, PollFlags::IN),
            ];
            let watched = if timed && !left.is_zero() { &mut fds[..] } else { &mut fds[..2] };
            // Without its timer a sleep is cut into pieces, so that a suspend stretches it by one of them at most.
            let piece = (!timed || left.is_zero()).then(|| left.min(PIECE));
            let piece = piece.map(|piece| Timespec { tv_sec: 0, tv_nsec: piece.subsec_nanos().into() });
            // An interrupted call looks again, as after every other failure: the instant is compared each time round.
            let _ = poll(watched, piece.as_ref());
            let [event, wall, timer] = fds.map(|fd| fd.revents().contains(PollFlags::IN));
            if wall {
                watch_wall(&sleeper.wall);
                return Woken::Stepped;
            }
            if event {
                self.0.drain();
            } else if timer || left.is_zero() {
                return Woken::Due;
            }
        }
    }

    pub(crate) fn bell(&self) -> &Arc<Bell> {
        &self.0
    }
}

impl Bell {
    /// Makes the sleeper look again, without a ring.
    pub(crate) fn nudge(&self) {
        // It can fail only when the counter is full, and then the sleeper is awake already.
        let _ = rustix::io::write(&self.event, &1_u64.to_ne_bytes());
    }

    /// Takes the ring, if there was one. What the ringing thread wrote before is then seen.
    pub(crate) fn take_ring(&self) -> bool {
        let rung = self.rung.swap(false, Ordering::AcqRel);
        if rung {
            self.drain();
        }
        rung
    }

    fn drain(&self) {
        let _ = rustix::io::read(&self.event, &mut [0; 8]);
    }

    fn sleeper(&self) -> MutexGuard<'_, Sleeper> {
        self.sleeper.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a moved clock was set since this bell last said so; `steps` is how often it was set by now.
    pub(crate) fn tells_step(&self, steps: u64) -> bool {
        self.sleeper().steps.replace(steps).is_some_and(|told| told != steps)
    }

    #[cfg(test)]
    pub(crate) fn is_rung(&self) -> bool {
        self.rung.load(Ordering::Acquire)
    }

    /// Waits for a nudge or a ring.
    pub(crate) fn wait(&self) {
        let _ = poll(&mut [PollFd::new(&self.event, PollFlags::IN)], None);
        self.drain();
    }

    pub(crate) fn weak(self: &Arc<Self>) -> Weak<Self> {
        Arc::downgrade(self)
    }
}

impl fmt::Debug for Wake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wake").field("rung", &self.0.rung).finish_non_exhaustive()
    }
}

/// Arms the timer that never fires, and is cancelled when the wall clock is set.
fn watch_wall(timer: &OwnedFd) {
    // Reading takes note of the last cancellation. Arming fails only where the kernel does not know the flag; then a
    // step is found out at the next instant that is due.
    let _ = rustix::io::read(timer, &mut [0; 8]);
    let _ = set(timer, TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET, FAR);
}

fn set(timer: &OwnedFd, flags: TimerfdTimerFlags, until: SinceBoot) -> rustix::io::Result<()> {
    // Zero would disarm the timer instead of ringing at once.
    let at = Duration::from_micros(until.micros().max(1));
    let at = Timespec { tv_sec: i64::try_from(at.as_secs()).unwrap_or(i64::MAX), tv_nsec: at.subsec_nanos().into() };
    let once = Timespec { tv_sec: 0, tv_nsec: 0 };
    timerfd_settime(timer, flags, &Itimerspec { it_interval: once, it_value: at }).map(drop)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::Clock;

    #[test]
    fn a_ring_before_the_sleep_and_one_during_it() {
        let (clock, wake) = (Clock::system(), Wake::new().unwrap());
        wake.wake();
        wake.wake();
        assert_eq!(clock.wait_until(SinceBoot::NEVER, &wake), Woken::Rung);
        let ringer = wake.clone();
        let thread = thread::spawn(move || ringer.wake());
        assert_eq!(clock.wait_until(SinceBoot::NEVER, &wake), Woken::Rung);
        thread.join().unwrap();
        // Nothing is left over of either.
        let until = clock.boot().plus(Duration::from_millis(2));
        assert_eq!(clock.wait_until(until, &wake), Woken::Due);
        assert!(clock.boot() >= until);
    }

    #[test]
    fn no_ring_is_lost_between_two_threads() {
        let (clock, there, back) = (Clock::system(), Wake::new().unwrap(), Wake::new().unwrap());
        let (theirs, answers) = (there.clone(), back.clone());
        let thread = thread::spawn(move || {
            let clock = Clock::system();
            for _ in 0..2_000 {
                assert_eq!(clock.wait_until(SinceBoot::NEVER, &theirs), Woken::Rung);
                answers.wake();
            }
        });
        for _ in 0..2_000 {
            there.wake();
            assert_eq!(clock.wait_until(SinceBoot::NEVER, &back), Woken::Rung);
        }
        thread.join().unwrap();
    }

    #[test]
    fn the_past_is_due_at_once() {
        let (clock, wake) = (Clock::system(), Wake::new().unwrap());
        assert_eq!(clock.wait_until(SinceBoot::ZERO, &wake), Woken::Due);
    }
}
