//! The clock that a test moves: it stands still until its hand is turned, and wakes whoever sleeps on it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use crate::wake::Bell;
use crate::{BootId, Moment, SinceBoot, Wake, Woken};

#[derive(Debug)]
pub(crate) struct Moved {
    boot_id: BootId,
    face: Mutex<Face>,
}

#[derive(Debug)]
struct Face {
    now: Moment,
    suspended: Duration,
    synchronised: bool,
    steps: u64,
    asleep: Vec<Asleep>,
}

#[derive(Debug)]
struct Asleep {
    until: SinceBoot,
    bell: Weak<Bell>,
}

impl Moved {
    pub(crate) fn new(start: Moment) -> Self {
        let face = Face { now: start, suspended: Duration::ZERO, synchronised: false, steps: 0, asleep: Vec::new() };
        Self { boot_id: BootId::unknown(), face: Mutex::new(face) }
    }

    pub(crate) fn now(&self) -> Moment {
        self.face().now
    }

    pub(crate) fn suspended(&self) -> Duration {
        self.face().suspended
    }

    pub(crate) fn boot_id(&self) -> BootId {
        self.boot_id
    }

    pub(crate) fn synchronised(&self) -> bool {
        self.face().synchronised
    }

    pub(crate) fn sleep(&self, until: SinceBoot, wake: &Wake) -> Woken {
        let bell = wake.bell();
        let mine = bell.weak();
        loop {
            let mut face = self.face();
            face.asleep.retain(|asleep| !Weak::ptr_eq(&asleep.bell, &mine));
            if bell.tells_step(face.steps) {
                return Woken::Stepped;
            }
            if bell.take_ring() {
                return Woken::Rung;
            }
            if face.now.boot >= until {
                return Woken::Due;
            }
            face.asleep.push(Asleep { until, bell: Weak::clone(&mine) });
            drop(face);
            bell.wait();
        }
    }

    fn face(&self) -> MutexGuard<'_, Face> {
        self.face.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self, change: impl FnOnce(&mut Face)) {
        let mut face = self.face();
        change(&mut face);
        for bell in face.asleep.drain(..).filter_map(|asleep| asleep.bell.upgrade()) {
            bell.nudge();
        }
    }
}

/// Moves a clock made by [`crate::Clock::moved`]. Clones move the same clock.
#[derive(Debug, Clone)]
pub struct Hand(Arc<Moved>);

impl Hand {
    pub(crate) fn new(moved: Arc<Moved>) -> Self {
        Self(moved)
    }

    /// Lets time pass on both clocks, all at once.
    pub fn advance(&self, span: Duration) {
        self.0.turn(|face| face.now = face.now.plus(span));
    }

    /// Sets the wall clock forwards or backwards.
    pub fn step_wall(&self, micros: i64) {
        self.0.turn(|face| {
            face.now.wall = face.now.wall.plus_micros(micros);
            face.steps += 1;
        });
    }

    /// Lets the machine sleep: both clocks go on, and sleepers hear of it as of a step, as the kernel does it.
    pub fn suspend(&self, span: Duration) {
        self.0.turn(|face| {
            face.now = face.now.plus(span);
            face.suspended += span;
            face.steps += 1;
        });
    }

    /// Makes the kernel say that the clock is synchronised, or that it is not.
    pub fn set_synchronised(&self, synchronised: bool) {
        self.0.turn(|face| face.synchronised = synchronised);
    }

    /// The instants that threads sleep for at this moment, the earliest first; empty when nobody sleeps. A test waits
    /// with it until its subject is asleep, and finds out how far to advance.
    pub fn sleepers(&self) -> Vec<SinceBoot> {
        let mut until: Vec<_> = self.0.face().asleep.iter().map(|asleep| asleep.until).collect();
        until.sort_unstable();
        until
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use streamer_reading::Epoch;

    use super::*;
    use crate::Clock;

    fn asleep(hand: &Hand) -> SinceBoot {
        loop {
            match hand.sleepers().first() {
                Some(until) => return *until,
                None => thread::yield_now(),
            }
        }
    }

    #[test]
    fn a_sleeper_hears_the_hand_and_the_bell() {
        let start = Moment { wall: Epoch::ZERO, boot: SinceBoot::from_micros(7) };
        let (clock, hand) = Clock::moved(start);
        let wake = Wake::new().unwrap();
        let (theirs, until) = (wake.clone(), start.boot.plus(Duration::from_secs(10)));
        let thread = thread::spawn(move || (0..4).map(|_| clock.wait_until(until, &theirs)).collect::<Vec<_>>());
        assert_eq!(asleep(&hand), until);
        hand.advance(Duration::from_secs(9));
        assert_eq!(asleep(&hand), until);
        hand.step_wall(-1_000_000);
        assert_eq!(asleep(&hand), until);
        wake.wake();
        // Woken by the bell, it sleeps again until the suspend, which passes the instant too.
        while wake.bell().is_rung() {
            thread::yield_now();
        }
        assert_eq!(asleep(&hand), until);
        hand.suspend(Duration::from_secs(60));
        assert_eq!(thread.join().unwrap(), [Woken::Stepped, Woken::Rung, Woken::Stepped, Woken::Due]);
        assert!(hand.sleepers().is_empty());
    }
}
