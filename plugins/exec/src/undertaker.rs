//! Ends what commands leave behind, and sees to it that nothing dead stays unreaped.
//!
//! It works on a thread of its own, which is there only while there is something to do: a sampler that is past its time
//! must return, and cannot wait for a process that takes its time to die.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use crate::child::Pipes;
use crate::orphans::{self, Orphan};
use crate::run::{self, Run};

/// How often it looks, and how often at something that does not die.
const ROUND: Duration = Duration::from_millis(10);
const LATER: Duration = Duration::from_millis(500);
/// After so many looks it is taken for immortal: a dead disk holds it, or it belongs to another user.
const GIVE_UP: u32 = 200;
const STACK: usize = 128 * 1024;

static WORK: Mutex<Work> = Mutex::new(Work { waiting: Vec::new(), at_work: false });

struct Work {
    waiting: Vec<Estate>,
    at_work: bool,
}

/// What is left of a run.
#[derive(Debug)]
pub struct Estate {
    pub run: Run,
    /// The first process of the run, whose number is that of its group and session, too.
    pub leader: Pid,
    /// Whether the first process was not reaped yet.
    pub unreaped: bool,
    /// When it began, in ticks since boot.
    pub began: u64,
    /// How long it may take to end by itself.
    pub grace: Duration,
    /// Nobody reads there any more. They stay open, so that a last word does not end it before it has tidied up.
    #[expect(dead_code, reason = "held, not read")]
    pub pipes: Pipes,
}

/// An estate at work.
#[derive(Debug)]
struct Open {
    estate: Estate,
    rounds: u32,
}

fn work() -> MutexGuard<'static, Work> {
    WORK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends everything that belongs to the run; returns at once.
pub fn bury(estate: Estate) {
    estate.signal(Signal::TERM, estate.unreaped || estate.has_group(), &[]);
    let mut work = work();
    work.waiting.push(estate);
    if !work.at_work {
        let thread = std::thread::Builder::new().name("exec-undertaker".into()).stack_size(STACK);
        // Without a thread it stays on the list, for the next time there is one.
        work.at_work = thread.spawn(attend).is_ok();
    }
}

fn attend() {
    let mut open: Vec<Open> = Vec::new();
    loop {
        {
            let mut work = work();
            open.extend(work.waiting.drain(..).map(|estate| Open { estate, rounds: 0 }));
            if open.is_empty() {
                work.at_work = false;
                return;
            }
        }
        // Groups first: what leaves one by dying makes orphans before it can be reaped.
        let alive: Vec<bool> = open.iter_mut().map(|open| open.estate.is_alive()).collect();
        let orphans = orphans::sweep();
        let mut alive = alive.into_iter();
        open.retain_mut(|open| open.goes_on(alive.next().unwrap_or(false), &orphans));
        if let Some(youngest) = open.iter().map(|open| open.rounds).min() {
            std::thread::sleep(if youngest < 100 { ROUND } else { LATER });
        }
    }
}

impl Open {
    /// Looks at the estate once; whether it is still to be looked at.
    fn goes_on(&mut self, alive: bool, orphans: &[Orphan]) -> bool {
        let mine: Vec<Pid> = orphans.iter().filter(|orphan| self.estate.owns(orphan)).map(|o| o.pid).collect();
        if !alive && mine.is_empty() {
            return false;
        }
        let over = ROUND.saturating_mul(self.rounds) >= self.estate.grace;
        self.estate.signal(if over { Signal::KILL } else { Signal::TERM }, alive, &mine);
        self.rounds += 1;
        self.rounds < GIVE_UP + u32::try_from(self.estate.grace.as_millis() / ROUND.as_millis()).unwrap_or(0)
    }
}

impl Estate {
    /// Whether anything of its group lives. Reaps what is dead of it.
    fn is_alive(&mut self) -> bool {
        let gone = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        if self.unreaped {
            match rustix::process::waitid(WaitId::Pid(self.leader), gone) {
                Ok(None) => return true,
                _ => self.unreaped = false,
            }
            self.run.without_leader();
        }
        while let Ok(Some(_)) = rustix::process::waitid(WaitId::Pgid(Some(self.leader)), gone) {}
        self.has_group()
    }

    /// Whether somebody is in its group. As long as somebody is, the number is nobody else's.
    fn has_group(&self) -> bool {
        rustix::process::test_kill_process_group(self.leader) != Err(Errno::SRCH)
    }

    fn owns(&self, orphan: &Orphan) -> bool {
        match &orphan.mark {
            Some(mark) => self.run.is(mark) || !run::is_live(mark),
            // It hid where it comes from; it came after this run began, so it goes with it.
            None => orphan.began >= self.began,
        }
    }

    /// Signals what there is. What is stopped hears nothing before it goes on.
    fn signal(&self, signal: Signal, group: bool, orphans: &[Pid]) {
        if group {
            let _ = rustix::process::kill_process_group(self.leader, signal);
            let _ = rustix::process::kill_process_group(self.leader, Signal::CONT);
        }
        for orphan in orphans {
            let _ = rustix::process::kill_process(*orphan, signal);
            let _ = rustix::process::kill_process(*orphan, Signal::CONT);
        }
    }
}
