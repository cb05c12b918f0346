//! Words for people, on stderr: what changed, once, without the time where journald adds its own.

use std::io::IsTerminal;

use streamer_config::Log;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
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
    let journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let layer = fmt::layer().with_writer(std::io::stderr).with_ansi(colours).with_target(false);
    let registry = tracing_subscriber::registry();
    // A second call is a test's or a library user's affair: the first one stays.
    let _ = if journal {
        registry.with(layer.without_time().with_filter(filter)).try_init()
    } else {
        registry.with(layer.with_timer(fmt::time::uptime()).with_filter(filter)).try_init()
    };
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
