//! Runs that are under way in this process, and the mark by which all descendants of one are known.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rustix::process::Pid;

use crate::proc::{self, Stat};

/// The environment variable that a command and all that it starts inherit.
pub const MARK: &str = "STREAMER_RUN";

static LIVE: Mutex<Live> = Mutex::new(Live { next: 1, leaders: BTreeMap::new() });

struct Live {
    next: u64,
    /// The process that each run began with, once there is one.
    leaders: BTreeMap<u64, Option<Pid>>,
}

/// One run, from before its process is started until nothing of it is left.
#[derive(Debug)]
pub struct Run(u64);

fn live() -> MutexGuard<'static, Live> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Run {
    pub fn begin() -> Self {
        let mut live = live();
        let number = live.next;
        live.next += 1;
        live.leaders.insert(number, None);
        Self(number)
    }

    /// `STREAMER_RUN=...`, for the environment.
    pub fn mark(&self) -> CString {
        CString::new(format!("{MARK}={}-{}", agent(), self.0)).unwrap_or_default()
    }

    /// From now on `pid` is known to be waited for by this run.
    pub fn led_by(&self, pid: Pid) {
        live().leaders.insert(self.0, Some(pid));
    }

    /// Its first process was reaped: the number may soon be somebody else's.
    pub fn without_leader(&self) {
        live().leaders.insert(self.0, None);
    }

    /// Whether a process with that mark belongs to this run.
    pub fn is(&self, mark: &str) -> bool {
        number(mark) == Some(self.0)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        live().leaders.remove(&self.0);
    }
}

/// Whether some run waits for this process itself.
pub fn is_leader(pid: Pid) -> bool {
    live().leaders.values().any(|leader| *leader == Some(pid))
}

/// Whether the mark is that of a run of this process which is under way.
pub fn is_live(mark: &str) -> bool {
    number(mark).is_some_and(|number| live().leaders.contains_key(&number))
}

fn number(mark: &str) -> Option<u64> {
    mark.strip_prefix(agent())?.strip_prefix('-')?.parse().ok()
}

/// This process, named so that no other one ever has the name: the namespace of process numbers, number, beginning.
fn agent() -> &'static str {
    static AGENT: OnceLock<String> = OnceLock::new();
    AGENT.get_or_init(|| {
        let pid = rustix::process::getpid();
        let began = Stat::of(pid).map_or(0, |stat| stat.began);
        format!("{}-{pid}-{began}", namespace())
    })
}

fn namespace() -> String {
    let link = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    link.to_string_lossy().chars().filter(char::is_ascii_digit).collect()
}

/// Whether the mark is that of an agent in our namespace of process numbers which is no more.
pub fn is_of_the_dead(mark: &str) -> bool {
    let mut parts = mark.split('-');
    let (Some(space), Some(pid), Some(began), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let (Ok(pid), Ok(began)) = (pid.parse(), began.parse::<u64>()) else { return false };
    let agent = Pid::from_raw(pid).and_then(Stat::of);
    space == namespace() && agent.is_none_or(|stat| stat.dead || stat.began != began)
}

/// Processes that a killed agent left behind.
pub fn left_by_the_dead() -> impl Iterator<Item = Pid> {
    proc::all().filter(|pid| proc::environment(*pid, MARK).is_some_and(|mark| is_of_the_dead(&mark)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_tells_whose_it_is() {
        let (one, other) = (Run::begin(), Run::begin());
        let mark = one.mark().into_string().unwrap();
        let mark = mark.strip_prefix("STREAMER_RUN=").unwrap();
        assert!(one.is(mark) && !other.is(mark) && is_live(mark) && !is_of_the_dead(mark));
        drop(one);
        assert!(!is_live(mark));
        let mut parts: Vec<_> = mark.split('-').collect();
        parts[2] = "1";
        assert!(is_of_the_dead(&parts.join("-")), "the number was given again");
        parts[0] = "5";
        assert!(!is_of_the_dead(&parts.join("-")), "another namespace");
        assert!(!is_of_the_dead("anything"));
    }
}
