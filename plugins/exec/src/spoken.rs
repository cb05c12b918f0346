//! What a program that greeted says on stderr: lines of the log, each with the level that it begins with.

use streamer_plugin::clock::SinceBoot;

use crate::said::last_words;

/// Lines of one minute that are logged; of the others their number.
const MOST: u32 = 60;
const MINUTE: u64 = 60_000_000;
/// The longest line that is kept whole.
const LONGEST: usize = 4096;

/// How important a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    Info,
    Debug,
}

/// The log of a program.
#[derive(Debug)]
pub struct Spoken {
    id: String,
    held: Vec<u8>,
    minute: u64,
    lines: u32,
}

impl Spoken {
    pub fn new(id: &str) -> Self {
        Self { id: id.into(), held: Vec::new(), minute: 0, lines: 0 }
    }

    /// Takes what it said, and logs the lines that are whole with it.
    pub fn add(&mut self, bytes: &[u8], now: SinceBoot) {
        for &byte in bytes {
            if byte != b'\n' {
                if self.held.len() < LONGEST {
                    self.held.push(byte);
                }
                continue;
            }
            let line = last_words(&std::mem::take(&mut self.held));
            line.into_iter().for_each(|line| self.log(&line, now));
        }
    }

    fn log(&mut self, line: &str, now: SinceBoot) {
        let minute = now.micros() / MINUTE;
        if minute != self.minute {
            if self.lines > MOST {
                tracing::warn!(input = self.id, "{} more lines of its log were left out", self.lines - MOST);
            }
            (self.minute, self.lines) = (minute, 0);
        }
        self.lines += 1;
        if self.lines > MOST {
            return;
        }
        let input = &self.id;
        match level(line) {
            (Level::Error, words) => tracing::error!(input, "{words}"),
            (Level::Warning, words) => tracing::warn!(input, "{words}"),
            (Level::Info, words) => tracing::info!(input, "{words}"),
            (Level::Debug, words) => tracing::debug!(input, "{words}"),
        }
    }
}

/// The level that a line begins with, and the rest. Without one it is information.
fn level(line: &str) -> (Level, &str) {
    let Some((word, rest)) = line.split_once(':') else { return (Level::Info, line) };
    let level = match word.trim_matches(['[', ']']).to_ascii_lowercase().as_str() {
        "error" | "critical" | "fatal" => Level::Error,
        "warning" | "warn" => Level::Warning,
        "info" | "notice" => Level::Info,
        "debug" | "trace" => Level::Debug,
        _ => return (Level::Info, line),
    };
    (level, rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_with_its_level() {
        for (line, expected) in [
            ("error: no bus", (Level::Error, "no bus")),
            ("WARNING: hot", (Level::Warning, "hot")),
            ("[debug]: 5", (Level::Debug, "5")),
            ("info: started", (Level::Info, "started")),
            ("just words", (Level::Info, "just words")),
            ("10:20 it is", (Level::Info, "10:20 it is")),
        ] {
            assert_eq!(level(line), expected);
        }
    }

    #[test]
    fn a_flood_is_bounded() {
        let mut spoken = Spoken::new("x");
        spoken.add("error: a\n".repeat(1000).as_bytes(), SinceBoot::from_micros(1));
        assert_eq!((spoken.lines, spoken.held.len()), (1000, 0));
        spoken.add(&[b'x'; 2 * LONGEST], SinceBoot::from_micros(1));
        assert_eq!(spoken.held.len(), LONGEST);
    }
}
