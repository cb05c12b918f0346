//! The listener: round after round, it looks what is there, takes up what is new, reads on, and leaves what is gone.

use std::time::Duration;

use streamer_lines::Format;
use streamer_plugin::{InputError, Listener, Outlet, Site, State, Stop};

use crate::hints::Hints;
use crate::options::Following;
use crate::rounds::Rounds;

/// `[[inputs.tail]]` at work.
pub struct Tail {
    following: Following,
    format: Format,
    state: State,
}

impl Tail {
    pub fn new(following: Following, format: Format, site: &Site) -> Self {
        Self { following, format, state: site.state().clone() }
    }
}

impl Listener for Tail {
    fn listen(&mut self, out: &Outlet, stop: &Stop) -> Result<(), InputError> {
        /// Hints come in swarms; waiting for the swarm costs nobody anything.
        const SWARM: Duration = Duration::from_millis(50);
        /// A round that takes long, because there are thousands of files, is paid for with a pause this many times longer.
        const PAYBACK: u32 = 20;

        let mut hints = Hints::new();
        let mut rounds = Rounds::new(&self.following, &self.format, &self.state, out, stop);
        while !stop.asked() {
            hints.take();
            let began = out.clock().boot();
            let Ok(busy) = rounds.go(&mut hints) else {
                break;
            };
            if busy {
                continue;
            }
            let cost = out.clock().boot().since(began);
            stop.wait((cost * PAYBACK).max(SWARM).min(self.following.poll.max(cost)));
            hints.wait(self.following.poll, stop);
        }
        rounds.end();
        Ok(())
    }
}
