//! One life of a program that keeps talking: from its start to its end, whatever ends it.

use std::time::Duration;

use streamer_plugin::clock::SinceBoot;
use streamer_plugin::{InputError, Outlet, Position, Readings, SendError, Stop};

use crate::child::{Child, Status};
use crate::gather::{LINGER, read};
use crate::orphans;
use crate::ready::{Ready, wait};
use crate::said::Said;
use crate::spoken::Spoken;
use crate::stream::Stream;
use crate::talk::{Line, Talk};
use crate::text::Lines;

/// How often dead orphans are looked for while it runs.
const SWEEP: Duration = Duration::from_secs(5);
/// How often it is tried to get rid of readings for which there is no room.
const AGAIN: Duration = Duration::from_millis(200);
/// The time that readings which come by themselves have; nobody waits for them.
const ROUND: Duration = Duration::from_secs(10);

/// Why it runs no more.
#[derive(Debug)]
pub enum End {
    /// The input was told to stop.
    Stopped,
    /// It ended by itself.
    Ended { status: Status, last_words: Option<String> },
    /// It cannot say anything any more, and was ended.
    Mute(&'static str),
}

/// A program that runs, and what is known of it.
pub struct Life<'s> {
    stream: &'s mut Stream,
    out: &'s Outlet,
    stop: &'s Stop,
    /// Its input is closed before it is told to end.
    talk: Talk,
    child: Child,
    said: Said,
    spoken: Spoken,
    lines: Lines,
    batch: Readings,
    bytes: Vec<u8>,
    /// When it printed something last.
    heard: SinceBoot,
    /// It has ended; what others still print into its pipes is read until then.
    until: Option<SinceBoot>,
}

impl<'s> Life<'s> {
    /// Starts the program.
    ///
    /// # Errors
    /// As [`Child::start`].
    pub fn begin(stream: &'s mut Stream, out: &'s Outlet, stop: &'s Stop) -> Result<Self, InputError> {
        let mut child = Child::start(&stream.command, stream.grace, out.clock(), true)?;
        stream.voice.begin();
        let now = out.clock().boot();
        Ok(Self {
            talk: Talk::new(child.pipes.stdin.take(), &stream.options, stream.ask, now),
            said: Said::default(),
            spoken: Spoken::new(&stream.id),
            lines: Lines::new(stream.longest),
            batch: out.readings(),
            bytes: Vec::new(),
            heard: now,
            until: None,
            child,
            stream,
            out,
            stop,
        })
    }

    /// Lives it to its end.
    ///
    /// # Errors
    /// Where the program does not keep to the protocol that it greeted with, or cannot be read.
    pub fn live(mut self) -> Result<End, InputError> {
        let mute = loop {
            let due = self.talk.tend(self.out, self.lines.held()).map_err(|words| self.misfit(words))?;
            let silence = self.stream.silence.into_iter().chain(self.talk.silence()).min();
            let ready = wait(&self.child, Some(self.stop), self.until.is_some(), self.patience(silence).min(due));
            let ready = ready.map_err(|error| self.of_it(InputError::again(error)))?;
            if ready.stop {
                self.child.tell_to_end();
                self.last_lines();
                return Ok(End::Stopped);
            }
            if ready.said {
                self.take_words()?;
            }
            if ready.out && !self.take_lines()? {
                self.child.tell_to_end();
                return Ok(End::Stopped);
            }
            if ready.exit && self.until.is_none() {
                self.until = Some(self.out.clock().boot().plus(LINGER));
            }
            if self.is_over(ready) {
                break None;
            }
            if let Some(why) = self.is_mute(ready, silence) {
                break Some(why);
            }
            if !ready.any() && orphans::may_be() {
                orphans::sweep();
            }
        };
        if !self.take_rest()? {
            return Ok(End::Stopped);
        }
        if let Some(why) = mute {
            return Ok(End::Mute(why));
        }
        let last_words = self.said.last_words();
        let shown = &self.stream.command.shown;
        let status = self.child.reap().map_err(|error| InputError::again(error).of(shown))?;
        Ok(End::Ended { status, last_words })
    }

    /// How long to wait for something to happen.
    fn patience(&self, silence: Option<Duration>) -> Duration {
        let now = self.out.clock().boot();
        match self.until {
            Some(until) => until.since(now),
            None => silence.map_or(SWEEP, |silence| silence.saturating_sub(now.since(self.heard)).min(SWEEP)),
        }
    }

    /// Whether it has ended, and all that it printed was read.
    fn is_over(&self, ready: Ready) -> bool {
        self.until.is_some() && (self.child.pipes.stdout.is_none() || !ready.any())
    }

    /// Why nothing more will come of it, although it runs.
    fn is_mute(&self, ready: Ready, silence: Option<Duration>) -> Option<&'static str> {
        if self.until.is_some() || ready.any() {
            return None;
        }
        if self.child.pipes.stdout.is_none() {
            return Some("closed its output and stayed, so it was ended");
        }
        let silent = self.out.clock().boot().since(self.heard);
        let words = "said nothing for longer than `silence`, so it was ended";
        silence.is_some_and(|longest| silent >= longest).then_some(words)
    }

    /// Takes what is on its stderr.
    fn take_words(&mut self) -> Result<(), InputError> {
        self.bytes.clear();
        read(&mut self.child.pipes.stderr, &mut self.bytes).map_err(InputError::again)?;
        self.said.add(&self.bytes);
        if self.talk.stream().is_some() {
            self.spoken.add(&self.bytes, self.out.clock().boot());
        }
        Ok(())
    }

    /// Takes what is on its stdout, and sends what was read; false once the input must stop.
    fn take_lines(&mut self) -> Result<bool, InputError> {
        let Self { stream, out, stop, talk, child, lines, batch, bytes, heard, .. } = self;
        bytes.clear();
        read(&mut child.pipes.stdout, bytes).map_err(InputError::again)?;
        *heard = out.clock().boot();
        batch.begin(out.clock().now(), ROUND);
        let mut fault = None;
        let mut open = true;
        lines.push(bytes, &mut |line, stains| match talk.hear(line, out) {
            Line::Readings => stream.voice.hear(line, stains, batch),
            Line::Taken => {}
            Line::At(at) => {
                let place = talk.stream().map(|stream| Position { stream, at });
                open &= send(stream.can_wait, batch, place, out, stop);
                batch.begin(batch.began(), ROUND);
            }
            Line::Wrong(words) => batch.refuse("", "malformed", words),
            Line::Fault(words) => fault = fault.take().or(Some(words)),
        });
        open &= send(stream.can_wait, batch, None, out, stop);
        match fault {
            Some(words) => Err(self.misfit(words)),
            None => Ok(open),
        }
    }

    /// The line that has no end, and what is held of the last text; false once the input must stop.
    fn take_rest(&mut self) -> Result<bool, InputError> {
        let Self { stream, out, stop, talk, lines, batch, .. } = self;
        batch.begin(out.clock().now(), ROUND);
        let mut fault = None;
        lines.end(&mut |line, stains| match talk.hear(line, out) {
            Line::Fault(words) | Line::Wrong(words) => fault = Some(words),
            Line::Readings => stream.voice.hear(line, stains, batch),
            Line::Taken | Line::At(_) => {}
        });
        stream.voice.end(batch);
        if !send(stream.can_wait, batch, None, out, stop) {
            return Ok(false);
        }
        fault.map_or(Ok(true), |words| Err(self.misfit(words)))
    }

    /// What it still prints after it was told to end, for no longer than its grace.
    fn last_lines(&mut self) {
        let Self { stream, out, stop, child, lines, bytes, .. } = self;
        let mut batch = out.readings();
        let until = out.clock().boot().plus(stream.grace);
        let mut ended = false;
        while child.pipes.stdout.is_some() {
            let left = until.since(out.clock().boot());
            let Ok(ready) = wait(child, None, ended, left) else { break };
            bytes.clear();
            // What it says is passed over, but taken: a word that nobody takes would end it at once.
            if ready.said && read(&mut child.pipes.stderr, bytes).is_err() {
                break;
            }
            bytes.clear();
            if ready.out && read(&mut child.pipes.stdout, bytes).is_err() {
                break;
            }
            lines.push(bytes, &mut |line, stains| stream.voice.hear(line, stains, &mut batch));
            // Once it has ended, all that it printed is there.
            if !ready.any() || left.is_zero() || ended && !ready.out {
                break;
            }
            ended |= ready.exit;
        }
        lines.end(&mut |line, stains| stream.voice.hear(line, stains, &mut batch));
        stream.voice.end(&mut batch);
        send(stream.can_wait, &batch, None, out, stop);
    }

    /// What only a person can mend, of this program.
    fn misfit(&self, words: String) -> InputError {
        self.of_it(InputError::misconfigured(words))
    }

    fn of_it(&self, error: InputError) -> InputError {
        error.of(&self.stream.command.shown)
    }
}

/// Hands readings over, and with them the program's own place; false once the input must stop. Waits for room, or loses
/// them, as the input is.
pub fn send(can_wait: bool, batch: &Readings, place: Option<Position<'_>>, out: &Outlet, stop: &Stop) -> bool {
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
