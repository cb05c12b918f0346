//! A program that keeps running and keeps talking: a line, or a few, for each reading.
//!
//! While the spool has no room its output is not read: the pipe fills, and the program waits in its own `write`. Nothing
//! of it is thrown away.

use std::io;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use serde_json::{Map, Value};
use streamer_lines::{Joiner, Reader};
use streamer_plugin::clock::{Clock, SinceBoot};
use streamer_plugin::{InputError, Listener, Outlet, Position, Readings, SendError, Stop};

use crate::child::{Child, Pipes, Status};
use crate::command::Command;
use crate::failure;
use crate::gather::{LINGER, read};
use crate::guess::Guess;
use crate::once::put;
use crate::orphans;
use crate::pause::Pauses;
use crate::said::Said;
use crate::spoken::Spoken;
use crate::talk::{Line, Talk};
use crate::text::{Lines, Stains};

/// How often dead orphans are looked for while it runs.
const SWEEP: Duration = Duration::from_secs(5);
/// How often it is tried to get rid of readings for which there is no room.
const AGAIN: Duration = Duration::from_millis(200);

/// How its lines are read.
#[derive(Debug)]
pub enum Voice {
    /// As the configuration says; a joiner where a text may hold line ends.
    Written(Box<Reader>, Option<Joiner>),
    /// As each of them looks.
    Guessed(Box<Guess>),
}

/// The input.
pub struct Stream {
    pub command: Command,
    pub voice: Voice,
    pub longest: usize,
    pub can_wait: bool,
    pub silence: Option<Duration>,
    pub exit_key: Option<String>,
    pub grace: Duration,
    pub first_pause: Duration,
    pub memory: Option<u64>,
    /// What it is told when it greets.
    pub options: Map<String, Value>,
    /// How often it is asked, where it wants to be.
    pub ask: Duration,
    /// The input's id.
    pub id: String,
}

/// Why it runs no more.
#[derive(Debug)]
enum End {
    /// The input was told to stop.
    Stopped,
    /// It ended by itself.
    Ended(Status),
    /// It cannot say anything any more, and was ended.
    Mute(&'static str),
}

impl Listener for Stream {
    fn listen(&mut self, out: &Outlet, stop: &Stop) -> Result<(), InputError> {
        let mut pauses = Pauses::new(self.first_pause);
        loop {
            let born = out.clock().boot();
            let mut said = Said::default();
            let end = self.live(&mut said, out, stop)?;
            let mut last = out.readings();
            let why = match end {
                End::Stopped => return Ok(()),
                End::Ended(status) => {
                    if let Some(key) = &self.exit_key {
                        last.put(key.as_str(), i64::from(status.code()));
                    }
                    failure::ended(&self.command.shown, status, said.last_words().as_deref(), self.memory).to_string()
                }
                End::Mute(why) => format!("{}: {why}", self.command.shown),
            };
            let pause = pauses.after(out.clock().boot().since(born));
            last.remark(
                "ended",
                format_args!("{why}; it is started again in {pause:?}, and later each time it ends soon"),
            );
            if !send(self.can_wait, &last, None, out, stop) || stop.wait(pause) {
                return Ok(());
            }
        }
    }
}

impl Stream {
    /// One life of the program, from its start to its end.
    fn live(&mut self, said: &mut Said, out: &Outlet, stop: &Stop) -> Result<End, InputError> {
        let mut child = Child::start(&self.command, self.grace, out.clock(), true)?;
        let mut talk = Talk::new(child.pipes.stdin.take(), &self.options, self.ask, out.clock().boot());
        let mut spoken = Spoken::new(&self.id);
        self.voice.begin();
        let mut lines = Lines::new(self.longest);
        let mut batch = out.readings();
        let mut bytes = Vec::new();
        let mut heard = out.clock().boot();
        let mut until = None;
        let end = loop {
            let misfit = |words| InputError::misconfigured(words).of(&self.command.shown);
            let due = talk.tend(out, lines.held()).map_err(misfit)?;
            let silence = self.silence.into_iter().chain(talk.silence()).min();
            let time = time(silence, out.clock(), heard, until).min(due);
            let ready = wait(&child, Some(stop), until.is_some(), time);
            let ready = ready.map_err(|error| InputError::again(error).of(&self.command.shown))?;
            if ready.stop {
                child.tell_to_end();
                self.last_lines(&mut child, &mut lines, out, stop);
                return Ok(End::Stopped);
            }
            if ready.said {
                bytes.clear();
                read(&mut child.pipes.stderr, &mut bytes).map_err(InputError::again)?;
                said.add(&bytes);
                if talk.stream().is_some() {
                    spoken.add(&bytes, out.clock().boot());
                }
            }
            if ready.out {
                bytes.clear();
                read(&mut child.pipes.stdout, &mut bytes).map_err(InputError::again)?;
                heard = out.clock().boot();
                batch.begin(out.clock().now(), Duration::from_secs(10));
                let mut fault = None;
                let mut open = true;
                lines.push(&bytes, &mut |line, stains| match talk.hear(line, out) {
                    Line::Readings => self.voice.hear(line, stains, &mut batch),
                    Line::Taken => {}
                    Line::At(at) => {
                        let place = talk.stream().map(|stream| Position { stream, at });
                        open &= send(self.can_wait, &batch, place, out, stop);
                        batch.begin(batch.began(), Duration::from_secs(10));
                    }
                    Line::Wrong(words) => batch.refuse("", "malformed", words),
                    Line::Fault(words) => fault = fault.take().or(Some(words)),
                });
                open &= send(self.can_wait, &batch, None, out, stop);
                if let Some(words) = fault {
                    return Err(misfit(words));
                }
                if !open {
                    child.tell_to_end();
                    return Ok(End::Stopped);
                }
            }
            if ready.exit && until.is_none() {
                until = Some(out.clock().boot().plus(LINGER));
            }
            let no_more = child.pipes.stdout.is_none();
            match until {
                Some(_) if no_more || !ready.any() => break None,
                None if no_more && !ready.any() => {
                    break Some("closed its output and stayed, so it was ended");
                }
                None if !ready.any() && silence.is_some_and(|s| out.clock().boot().since(heard) >= s) => {
                    break Some("said nothing for longer than `silence`, so it was ended");
                }
                _ => {}
            }
            if !ready.any() && orphans::may_be() {
                orphans::sweep();
            }
        };
        batch.begin(out.clock().now(), Duration::from_secs(10));
        let mut fault = None;
        lines.end(&mut |line, stains| match talk.hear(line, out) {
            Line::Fault(words) | Line::Wrong(words) => fault = Some(words),
            Line::Readings => self.voice.hear(line, stains, &mut batch),
            Line::Taken | Line::At(_) => {}
        });
        self.voice.end(&mut batch);
        if !send(self.can_wait, &batch, None, out, stop) {
            return Ok(End::Stopped);
        }
        if let Some(words) = fault {
            return Err(InputError::misconfigured(words).of(&self.command.shown));
        }
        match end {
            Some(why) => Ok(End::Mute(why)),
            None => child.reap().map(End::Ended).map_err(|error| InputError::again(error).of(&self.command.shown)),
        }
    }

    /// What it still prints after it was told to end, for no longer than its grace.
    fn last_lines(&mut self, child: &mut Child, lines: &mut Lines, out: &Outlet, stop: &Stop) {
        let mut batch = out.readings();
        let mut bytes = Vec::new();
        let until = out.clock().boot().plus(self.grace);
        let mut ended = false;
        while child.pipes.stdout.is_some() {
            let left = until.since(out.clock().boot());
            let Ok(ready) = wait(child, None, ended, left) else { break };
            bytes.clear();
            // What it says is passed over, but taken: a word that nobody takes would end it at once.
            if ready.said && read(&mut child.pipes.stderr, &mut bytes).is_err() {
                break;
            }
            bytes.clear();
            if ready.out && read(&mut child.pipes.stdout, &mut bytes).is_err() {
                break;
            }
            lines.push(&bytes, &mut |line, stains| self.voice.hear(line, stains, &mut batch));
            // Once it has ended, all that it printed is there.
            if !ready.any() || left.is_zero() || ended && !ready.out {
                break;
            }
            ended |= ready.exit;
        }
        lines.end(&mut |line, stains| self.voice.hear(line, stains, &mut batch));
        self.voice.end(&mut batch);
        send(self.can_wait, &batch, None, out, stop);
    }
}

/// How long to wait for something to happen.
fn time(silence: Option<Duration>, clock: &Clock, heard: SinceBoot, until: Option<SinceBoot>) -> Duration {
    match until {
        Some(until) => until.since(clock.boot()),
        None => silence.map_or(SWEEP, |silence| silence.saturating_sub(clock.boot().since(heard)).min(SWEEP)),
    }
}

/// Hands readings over, and with them the program's own place; false once the input must stop. Waits for room, or loses
/// them, as the input is.
fn send(can_wait: bool, batch: &Readings, place: Option<Position<'_>>, out: &Outlet, stop: &Stop) -> bool {
    if place.is_none() && batch.is_empty() && batch.refused().is_empty() && batch.remarks().is_empty() {
        return true;
    }
    loop {
        match out.send(batch, place) {
            Ok(()) => return true,
            Err(SendError::Full) if !can_wait => return true,
            Err(SendError::Full) if !stop.wait(AGAIN) => {}
            Err(_) => return false,
        }
    }
}

impl Voice {
    /// A new life: heads and open quotes of the one before are gone.
    fn begin(&mut self) {
        if let Self::Written(reader, joiner) = self {
            reader.restart();
            joiner.iter_mut().for_each(Joiner::clear);
        }
    }

    fn hear(&mut self, line: &str, stains: Stains, out: &mut Readings) {
        stains.count(out);
        match self {
            Self::Written(reader, None) => put(reader, line, out),
            Self::Written(reader, Some(joiner)) => joiner.push(line, 0, &mut |record| put(reader, record.text, out)),
            Self::Guessed(guess) => guess.read(line, out),
        }
    }

    fn end(&mut self, out: &mut Readings) {
        if let Self::Written(reader, Some(joiner)) = self {
            joiner.flush(&mut |record| put(reader, record.text, out));
        }
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, Default)]
struct Ready {
    stop: bool,
    exit: bool,
    out: bool,
    said: bool,
}

impl Ready {
    fn any(self) -> bool {
        self.stop || self.exit || self.out || self.said
    }
}

/// Waits until something happens, for at most `time`.
fn wait(child: &Child, stop: Option<&Stop>, ended: bool, time: Duration) -> io::Result<Ready> {
    let time = Timespec::try_from(time).unwrap_or_default();
    let Pipes { stdout, stderr, .. } = &child.pipes;
    let mut fds = Vec::with_capacity(4);
    fds.extend(stop.map(|stop| PollFd::new(stop, PollFlags::IN)));
    fds.extend([stdout, stderr].into_iter().flatten().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
    if !ended {
        fds.push(PollFd::from_borrowed_fd(child.exit(), PollFlags::IN));
    }
    match poll(&mut fds, Some(&time)) {
        Ok(_) => {}
        Err(Errno::INTR) => return Ok(Ready::default()),
        Err(error) => return Err(error.into()),
    }
    let mut ready = fds.iter().map(|fd| !fd.revents().is_empty());
    let mut next = |asked: bool| asked && ready.next().unwrap_or(false);
    Ok(Ready {
        stop: next(stop.is_some()),
        out: next(stdout.is_some()),
        said: next(stderr.is_some()),
        exit: next(!ended),
    })
}
