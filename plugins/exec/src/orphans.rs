//! Descendants of commands that lost their parent: this process takes them in, knows them, and reaps them.
//!
//! The kernel gives them to our first thread. A child in our own session was started by somebody else in this program,
//! who waits for it: it is never touched. A command begins a session of its own, so whatever is ours and in another
//! session came from one.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use crate::proc::{self, Stat};
use crate::run;

/// Held while a process is started and becomes known as somebody's, so that it is never taken for an orphan.
static STARTING: RwLock<()> = RwLock::new(());

/// An orphan that lives.
#[derive(Debug, Clone)]
pub struct Orphan {
    pub pid: Pid,
    pub began: u64,
    /// The run that it comes from; none where it cleared its environment.
    pub mark: Option<String>,
}

/// Keeps orphans from being looked at while a process is started.
pub fn starting() -> RwLockReadGuard<'static, ()> {
    STARTING.read().unwrap_or_else(PoisonError::into_inner)
}

/// From now on orphans come to this process. What an agent that was killed left behind is ended, once.
pub fn take_in() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        // Kernels before 3.4 refuse; then orphans go to the first process, as they always did.
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
        for pid in run::left_by_the_dead() {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
    });
}

/// Whether there may be orphans; cheap enough to be asked after every run.
pub fn may_be() -> bool {
    children().into_iter().any(|pid| !run::is_leader(pid))
}

/// Reaps orphans that are dead, and tells of those that live.
pub fn sweep() -> Vec<Orphan> {
    let _nobody_starts = STARTING.write().unwrap_or_else(PoisonError::into_inner);
    // Asked of /proc: in a container the session may have begun outside, and then its number is 0, which is no number
    // of a process.
    let ours = Stat::of(rustix::process::getpid()).map_or(0, |stat| stat.session);
    let mut alive = Vec::new();
    for pid in children() {
        let Some(stat) = Stat::of(pid).filter(|stat| stat.session != ours) else { continue };
        if run::is_leader(pid) {
            continue;
        }
        if stat.dead {
            let _ = rustix::process::waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOHANG);
        } else {
            alive.push(Orphan { pid, began: stat.began, mark: proc::environment(pid, run::MARK) });
        }
    }
    alive
}

/// The children of our first thread; of all threads where the kernel keeps no such list.
fn children() -> Vec<Pid> {
    static LIST: OnceLock<Option<File>> = OnceLock::new();
    let me = rustix::process::getpid();
    let list = LIST.get_or_init(|| File::open(format!("/proc/{me}/task/{me}/children")).ok());
    let Some(list) = list else {
        return proc::all().filter(|pid| Stat::of(*pid).is_some_and(|s| s.parent == me.as_raw_pid())).collect();
    };
    let mut pids = Vec::new();
    let mut text = String::new();
    let mut bytes = [0; 1024];
    let mut at = 0;
    while let Ok(count @ 1..) = list.read_at(&mut bytes, at) {
        at += count as u64;
        text.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    pids.extend(text.split_ascii_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)));
    pids
}
