//! What the service remembers of one account: its rate window, and how well its senders behave.
//!
//! Windows are ten seconds long and aligned to the clock. It judges; the answers are made elsewhere.

/// The length of a rate window in seconds.
const WINDOW: f64 = 10.0;
/// A request this soon after a final refusal is bad manners.
const SOON: f64 = 5.0;

/// The plan of an account: how many calls it may make in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tier {
    /// 10 calls in ten seconds.
    Student,
    /// 30 calls in ten seconds.
    Individual,
    /// 60 calls in ten seconds.
    Enterprise,
    /// No limit, and no headers that speak of one.
    #[default]
    Off,
}

impl Tier {
    /// Calls in a window; `None` without a limit.
    pub fn limit(self) -> Option<u32> {
        match self {
            Self::Student => Some(10),
            Self::Individual => Some(30),
            Self::Enterprise => Some(60),
            Self::Off => None,
        }
    }
}

impl std::str::FromStr for Tier {
    type Err = String;
    fn from_str(name: &str) -> Result<Self, String> {
        Ok(match name {
            "student" => Self::Student,
            "individual" => Self::Individual,
            "enterprise" => Self::Enterprise,
            "off" => Self::Off,
            _ => return Err(format!("{name:?} is no tier; there are student, individual, enterprise and off")),
        })
    }
}

/// One account.
#[derive(Debug, Default)]
pub struct Account {
    window: f64,
    used: u32,
    wait_until: f64,
    refused_at: Option<f64>,
}

/// What was bad about the moment at which a request came.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Manners {
    /// It had been told to wait.
    pub told_to_wait: bool,
    /// It had just been refused for good.
    pub soon_after_refusal: bool,
}

impl Account {
    /// Judges a request that comes now.
    pub fn manners(&self, now: f64) -> Manners {
        Manners {
            told_to_wait: now < self.wait_until,
            soon_after_refusal: self.refused_at.is_some_and(|at| now - at < SOON),
        }
    }

    /// Takes one call from the window's allowance; `false` when there is none left.
    pub fn spend(&mut self, tier: Tier, now: f64) -> bool {
        let Some(limit) = tier.limit() else { return true };
        self.turn(now);
        let left = self.used < limit;
        self.used += u32::from(left);
        left
    }

    /// Calls left in the present window, and when it is renewed.
    pub fn allowance(&mut self, tier: Tier, now: f64) -> Option<(u32, u32, f64)> {
        self.turn(now);
        tier.limit().map(|limit| (limit, limit - self.used, self.window + WINDOW))
    }

    fn turn(&mut self, now: f64) {
        let window = (now / WINDOW).floor() * WINDOW;
        if window > self.window {
            (self.window, self.used) = (window, 0);
        }
    }

    /// Remembers that the account was told to come back at `until`.
    pub fn told_to_wait(&mut self, until: f64) {
        self.wait_until = self.wait_until.max(until);
    }

    /// Remembers a final refusal.
    pub fn refused(&mut self, now: f64) {
        self.refused_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_may_be_spent_at_once_and_is_renewed_on_the_clock() {
        let mut account = Account::default();
        let spent = (0..40).filter(|_| account.spend(Tier::Individual, 1009.0)).count();
        assert_eq!(spent, 30);
        assert_eq!(account.allowance(Tier::Individual, 1009.9), Some((30, 0, 1010.0)));
        assert!(account.spend(Tier::Individual, 1010.0));
        assert_eq!(account.allowance(Tier::Individual, 1010.0), Some((30, 29, 1020.0)));
    }

    #[test]
    fn manners_are_judged_by_what_was_said() {
        let mut account = Account::default();
        account.told_to_wait(105.0);
        assert!(account.manners(104.9).told_to_wait);
        assert!(!account.manners(105.0).told_to_wait);
        account.refused(200.0);
        assert!(account.manners(204.0).soon_after_refusal);
        assert!(!account.manners(205.0).soon_after_refusal);
    }
}
