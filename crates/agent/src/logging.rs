//! Words for people, on stderr: what changed, once, without the time where journald adds its own, and there each line with
//! its priority: `journalctl -p warning` has what somebody should look at.

use std::io::{self, IsTerminal, Write};
use std::os::unix::ffi::OsStrExt;

use streamer_config::Log;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::prelude::*;

/// Starts logging at `level`; `$RUST_LOG` wins.
///
/// The HTTP and TLS libraries speak only when they are asked by name: at their most talkative they show headers.
pub fn start(level: Log) {
    let asked = std::env::var("RUST_LOG").ok();
    let filter = asked
        .as_deref()
        .and_then(|asked| asked.parse::<Targets>().ok())
        .unwrap_or_else(|| Targets::new().with_default(threshold(level)));
    let quiet = ["hyper", "hyper_util", "reqwest", "rustls", "h2", "want", "mio"];
    let filter = quiet.iter().fold(filter, |filter, target| filter.with_target(*target, Level::WARN));
    // Seconds since the start stay true while the clock is suspect.
    let journal = into_journal();
    let colours = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let layer = fmt::layer().with_writer(Stderr { journal }).with_ansi(colours).with_target(false);
    let registry = tracing_subscriber::registry();
    // A second call is a test's or a library user's affair: the first one stays.
    let _ = if journal {
        registry.with(layer.without_time().with_filter(filter)).try_init()
    } else {
        registry.with(layer.with_timer(fmt::time::uptime()).with_filter(filter)).try_init()
    };
}

/// Whether stderr leads into the journal, and not somewhere else since.
fn into_journal() -> bool {
    let Some(stream) = std::env::var_os("JOURNAL_STREAM") else { return false };
    rustix::fs::fstat(io::stderr())
        .is_ok_and(|about| format!("{}:{}", about.st_dev, about.st_ino).as_bytes() == stream.as_bytes())
}

/// Each line with the priority by which the journal sorts it.
fn with_priority(text: &str, level: Level) -> String {
    let priority = match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        _ => 7,
    };
    text.split_inclusive('\n').map(|line| format!("<{priority}>{line}")).collect()
}

/// Words of a command, which the journal sorts as a message of this level.
#[expect(clippy::print_stderr, reason = "the command line speaks to people through here")]
pub fn say(words: &str, level: Level) {
    if into_journal() { eprintln!("{}", with_priority(words, level)) } else { eprintln!("{words}") }
}

/// Where the words go.
struct Stderr {
    journal: bool,
}

/// One message, of this level where the journal is told.
struct Message(Option<Level>);

impl<'w> MakeWriter<'w> for Stderr {
    type Writer = Message;

    fn make_writer(&'w self) -> Message {
        Message(None)
    }

    fn make_writer_for(&'w self, about: &Metadata<'_>) -> Message {
        Message(self.journal.then_some(*about.level()))
    }
}

impl Write for Message {
    /// A whole message at once, as the layer hands it over.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0 {
            Some(level) => {
                io::stderr().write_all(with_priority(&String::from_utf8_lossy(bytes), level).as_bytes())?;
                Ok(bytes.len())
            }
            None => io::stderr().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

fn threshold(level: Log) -> Level {
    match level {
        Log::Error => Level::ERROR,
        Log::Warn => Level::WARN,
        Log::Info => Level::INFO,
        Log::Debug => Level::DEBUG,
        Log::Trace => Level::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_message_has_its_priority() {
        assert_eq!(with_priority("a\n b\n", Level::WARN), "<4>a\n<4> b\n");
        assert_eq!(with_priority("a", Level::ERROR), "<3>a");
    }
}
