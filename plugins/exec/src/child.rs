//! A process of ours, from its start until it was reaped. However its owner goes, nothing of it stays.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions};
use streamer_plugin::InputError;
use streamer_plugin::clock::Clock;

use crate::command::Command;
use crate::orphans;
use crate::run::Run;
use crate::undertaker::{self, Estate};

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// By itself, with this code.
    Exited(i32),
    /// By this signal.
    Killed(i32),
}

impl Status {
    /// One number for both, as shells have it.
    pub fn code(self) -> i32 {
        match self {
            Self::Exited(code) => code,
            Self::Killed(signal) => 128 + signal,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exit code {code}"),
            Self::Killed(signal) => write!(f, "ended by signal {signal}"),
        }
    }
}

/// The reading ends of what a process says, each closed once it has nothing more; and where it listens, if it may.
#[derive(Debug, Default)]
pub struct Pipes {
    pub stdin: Option<OwnedFd>,
    pub stdout: Option<OwnedFd>,
    pub stderr: Option<OwnedFd>,
}

/// A process that was started and not reaped yet.
#[derive(Debug)]
pub struct Child {
    pub pipes: Pipes,
    pid: Pid,
    /// Readable once it has ended.
    exit: OwnedFd,
    /// What is left of it goes to the undertaker, with this; none once that happened.
    run: Option<Run>,
    grace: Duration,
    began: u64,
}

/// How /proc counts the time since boot, on every machine: 100 a second.
const TICK: u64 = 10_000;

impl Child {
    /// Starts a command; one that is `spoken` to gets a pipe as its input, which never holds up who writes into it.
    ///
    /// # Errors
    /// As [`Command::start`]; [`InputError::Again`] where this process has no descriptor left.
    pub fn start(command: &Command, grace: Duration, clock: &Clock, spoken: bool) -> Result<Self, InputError> {
        orphans::take_in();
        let pipe =
            || pipe_with(PipeFlags::CLOEXEC).map_err(|error| InputError::again(error).of("a pipe for a program"));
        let (stdout, its_stdout) = pipe()?;
        let (stderr, its_stderr) = pipe()?;
        let (its_stdin, stdin) = if spoken { pipe().map(|(its, ours)| (Some(its), Some(ours)))? } else { (None, None) };
        if let Some(stdin) = &stdin {
            rustix::fs::fcntl_setfl(stdin, OFlags::NONBLOCK).map_err(|error| InputError::again(error).of("a pipe"))?;
        }
        let run = Run::begin();
        let began = clock.boot().micros() / TICK;
        let pid = command.start(&run, its_stdin.as_ref(), its_stdout.as_fd(), its_stderr.as_fd())?;
        let exit = rustix::process::pidfd_open(pid, PidfdFlags::empty());
        let exit = match exit {
            Ok(exit) => exit,
            Err(error) => {
                undertaker::bury(Estate {
                    run,
                    leader: pid,
                    unreaped: true,
                    began,
                    grace: Duration::ZERO,
                    pipes: Pipes::default(),
                });
                return Err(InputError::again(error).of("no descriptor for a process"));
            }
        };
        Ok(Self {
            pipes: Pipes { stdin, stdout: Some(stdout), stderr: Some(stderr) },
            pid,
            exit,
            run: Some(run),
            grace,
            began,
        })
    }

    /// Becomes readable once it has ended.
    pub fn exit(&self) -> BorrowedFd<'_> {
        self.exit.as_fd()
    }

    /// Tells the process and its group to end.
    pub fn tell_to_end(&self) {
        let _ = rustix::process::kill_process_group(self.pid, Signal::TERM);
        let _ = rustix::process::kill_process_group(self.pid, Signal::CONT);
    }

    fn estate(&mut self, run: Run, unreaped: bool) -> Estate {
        let pipes = if unreaped { std::mem::take(&mut self.pipes) } else { Pipes::default() };
        Estate { run, leader: self.pid, unreaped, began: self.began, grace: self.grace, pipes }
    }

    /// Reaps the process, which has ended, and ends what it left behind.
    ///
    /// # Errors
    /// Where somebody else reaped it.
    pub fn reap(mut self) -> io::Result<Status> {
        let ended = loop {
            match rustix::process::waitid(WaitId::Pid(self.pid), WaitIdOptions::EXITED) {
                Err(rustix::io::Errno::INTR) => {}
                other => break other,
            }
        };
        if let Some(run) = self.run.take() {
            run.without_leader();
            let group = rustix::process::test_kill_process_group(self.pid) != Err(rustix::io::Errno::SRCH);
            if group || orphans::may_be() {
                undertaker::bury(self.estate(run, false));
            }
        }
        let ended = ended?.ok_or(io::ErrorKind::WouldBlock)?;
        Ok(match (ended.exit_status(), ended.terminating_signal()) {
            (Some(code), _) => Status::Exited(code),
            (None, signal) => Status::Killed(signal.unwrap_or(0)),
        })
    }
}

/// A process that was not reaped is told to end, and ended after its grace. Nobody waits for it here.
impl Drop for Child {
    fn drop(&mut self) {
        if let Some(run) = self.run.take() {
            undertaker::bury(self.estate(run, true));
        }
    }
}
