//! How the lines of a program that keeps talking are read: as the configuration says, or as each of them looks.

use streamer_lines::{Joiner, Reader};
use streamer_plugin::Readings;

use crate::guess::Guess;
use crate::once::put;
use crate::text::Stains;

/// How its lines are read.
#[derive(Debug)]
pub enum Voice {
    /// As the configuration says; a joiner where a text may hold line ends.
    Written(Box<Reader>, Option<Joiner>),
    /// As each of them looks.
    Guessed(Box<Guess>),
}

impl Voice {
    /// A new life: heads and open quotes of the one before are gone.
    pub fn begin(&mut self) {
        if let Self::Written(reader, joiner) = self {
            reader.restart();
            joiner.iter_mut().for_each(Joiner::clear);
        }
    }

    /// Reads one line.
    pub fn hear(&mut self, line: &str, stains: Stains, out: &mut Readings) {
        stains.count(out);
        match self {
            Self::Written(reader, None) => put(reader, line, out),
            Self::Written(reader, Some(joiner)) => joiner.push(line, 0, &mut |record| put(reader, record.text, out)),
            Self::Guessed(guess) => guess.read(line, out),
        }
    }

    /// What is still held of the last text is all of it.
    pub fn end(&mut self, out: &mut Readings) {
        if let Self::Written(reader, Some(joiner)) = self {
            joiner.flush(&mut |record| put(reader, record.text, out));
        }
    }
}
