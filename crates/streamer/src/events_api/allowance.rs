//! How many calls the account may still make. It is learned from the answers, never assumed.
//!
//! A pure state machine: it neither sleeps nor asks for the time. Before the first answer it knows nothing and lets one
//! call through; calls of an account follow one another, so that each answer is known before the next call.

use std::time::Duration;

use streamer_clock::SinceBoot;

/// What one answer said about the window that its call was counted in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    /// Calls that one window allows.
    pub limit: u32,
    /// Calls left in it, for all devices of the account together.
    pub remaining: u32,
    /// Names the window: the service's own time at which it ends, in microseconds.
    pub ends: i64,
    /// How long after the answer that is.
    pub ends_in: Duration,
}

/// For so many windows after another device of the account was noticed, calls are spread over the window.
const NOTICED: u32 = 6;

#[derive(Debug, Default)]
pub(super) struct Allowance {
    present: Option<Present>,
    /// Calls that other devices of the account made in the window before.
    others_before: u32,
    /// For so many windows the account is taken to be shared.
    sharing: u32,
    /// Our calls since the last that told us its window.
    untold: u32,
}

#[derive(Debug)]
struct Present {
    window: Window,
    until: SinceBoot,
    ours: u32,
    told: SinceBoot,
}

impl Present {
    fn others(&self) -> u32 {
        (self.window.limit.saturating_sub(self.window.remaining)).saturating_sub(self.ours)
    }
}

impl Allowance {
    /// Takes in what the answer to one of our calls said.
    pub fn learn(&mut self, window: Window, now: SinceBoot) {
        let until = now.plus(window.ends_in);
        let ours = 1 + std::mem::take(&mut self.untold);
        let present = match self.present.take() {
            Some(present) if present.window.ends == window.ends => {
                // Each answer's date is cut to a second, so each gives a bound from above: the lowest is the nearest.
                Present { window, until: present.until.min(until), ours: present.ours + ours, told: now }
            }
            gone => {
                // Only the window just before this one says what to expect of the others.
                let next_to = |p: &Present| window.ends - p.window.ends <= 20_000_000;
                self.others_before = gone.filter(next_to).map_or(0, |p| p.others());
                self.sharing = self.sharing.saturating_sub(1);
                Present { window, until, ours, told: now }
            }
        };
        if present.others() > 0 {
            self.sharing = NOTICED;
        }
        self.present = Some(present);
    }

    /// One of our calls had an answer that told nothing of a window, or none; it may have been counted all the same.
    pub fn not_told(&mut self) {
        self.untold = self.untold.saturating_add(1);
    }

    /// When the next call may be made: not before this. `None` means now.
    pub fn wait(&self, now: SinceBoot) -> Option<SinceBoot> {
        let present = self.present.as_ref()?;
        if now >= present.until {
            return None;
        }
        // What others are known to need stays for them, but never more than half.
        let expected = self.others_before.saturating_sub(present.others());
        let kept = expected.min(present.window.limit / 2);
        let ours = present.window.remaining.saturating_sub(kept);
        if ours == 0 {
            return Some(present.until);
        }
        if self.sharing == 0 {
            return None;
        }
        // Spread: each answer tells what the others have used meanwhile.
        let next = present.told.plus(present.until.since(present.told) / (ours + 1));
        (now < next).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(ms: u64) -> SinceBoot {
        SinceBoot::from_micros(ms * 1000)
    }

    /// A service with clock-aligned windows of 10 s, whose `Date` is cut to a second and whose answers take 20 ms.
    struct Service {
        limit: u32,
        used: u32,
        window: u64,
        refused: u32,
    }

    impl Service {
        fn call(&mut self, ms: u64) -> (Window, bool) {
            if ms / 10_000 != self.window {
                (self.window, self.used) = (ms / 10_000, 0);
            }
            let fits = self.used < self.limit;
            if fits {
                self.used += 1;
            } else {
                self.refused += 1;
            }
            let ends = (self.window + 1) * 10;
            let window = Window {
                limit: self.limit,
                remaining: self.limit - self.used,
                ends: i64::try_from(ends * 1_000_000).unwrap(),
                ends_in: Duration::from_secs(ends - ms / 1000),
            };
            (window, fits)
        }
    }

    /// Sends as fast as allowed from `from` to `to`, while another device makes `others` calls in each window.
    fn run(limit: u32, others: u32, from: u64, to: u64) -> (u32, u32, u32) {
        let mut service = Service { limit, used: 0, window: 0, refused: 0 };
        let mut allowance = Allowance::default();
        let (mut sent, mut theirs, mut ms) = (0, 0, from);
        let mut due = |ms: u64, service: &mut Service| {
            // The other device spreads its calls over the window.
            let share = u32::try_from((ms % 10_000) * u64::from(others) / 10_000).unwrap();
            while theirs < u32::try_from(ms / 10_000).unwrap() * others + share {
                theirs += 1;
                service.call(ms);
            }
        };
        while ms < to {
            due(ms, &mut service);
            match allowance.wait(at(ms)) {
                Some(_) => ms += 1,
                None => {
                    let (window, fits) = service.call(ms);
                    sent += u32::from(fits);
                    ms += 20;
                    allowance.learn(window, at(ms));
                }
            }
        }
        (sent, service.refused, service.limit)
    }

    #[test]
    fn every_tier_is_used_whole_and_never_exceeded() {
        for limit in [1, 10, 30, 60] {
            for from in [0, 3_333, 9_990] {
                let (sent, refused, _) = run(limit, 0, from, 100_000);
                assert_eq!(refused, 0, "{limit} from {from}");
                // At 20 ms a call, not every first window has time for all of them.
                let first = u32::try_from((10_000_u64 - from).div_ceil(20)).unwrap().min(limit);
                assert_eq!(sent, first + limit * 9, "{limit} from {from}");
            }
        }
    }

    #[test]
    fn other_devices_keep_their_room() {
        let (sent, refused, limit) = run(30, 10, 0, 200_000);
        // The first window passes before they are noticed; from then on both have what they need.
        assert!(refused <= limit / 3, "{refused}");
        assert!((20 * 17..=20 * 22).contains(&sent), "{sent}");
    }

    #[test]
    fn the_first_call_is_a_question() {
        let mut allowance = Allowance::default();
        assert_eq!(allowance.wait(at(0)), None);
        allowance
            .learn(Window { limit: 10, remaining: 0, ends: 10_000_000, ends_in: Duration::from_secs(4) }, at(6_000));
        assert_eq!(allowance.wait(at(9_999)), Some(at(10_000)));
        assert_eq!(allowance.wait(at(10_000)), None);
    }
}
