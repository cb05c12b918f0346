//! A program that keeps running and keeps talking: a line, or a few, for each reading. When it ends, it is started again.
//!
//! While the spool has no room its output is not read: the pipe fills, and the program waits in its own `write`. Nothing
//! of it is thrown away.

use std::time::Duration;

use serde_json::{Map, Value};
use streamer_plugin::{InputError, Listener, Outlet, Stop};

use crate::command::Command;
use crate::failure;
use crate::life::{End, Life, send};
use crate::pause::Pauses;
use crate::voice::Voice;

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

impl Listener for Stream {
    fn listen(&mut self, out: &Outlet, stop: &Stop) -> Result<(), InputError> {
        let mut pauses = Pauses::new(self.first_pause);
        loop {
            let born = out.clock().boot();
            let end = Life::begin(self, out, stop)?.live()?;
            let mut last = out.readings();
            let why = match end {
                End::Stopped => return Ok(()),
                End::Ended { status, last_words } => {
                    if let Some(key) = &self.exit_key {
                        last.put(key.as_str(), i64::from(status.code()));
                    }
                    failure::ended(&self.command.shown, status, last_words.as_deref(), self.memory).to_string()
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
