//! The real program from outside: what its tests stand on.
//!
//! [`server`] is a scripted Events API that checks strictly what the service documents and can fail in every way that
//! a network can. [`program`] runs the real `streamer` in a home of its own, [`guest`] in an emulated machine; [`shim`] sets its
//! clock and slows its disk. [`books`] holds
//! the counts of both against each other, and [`faults`] is the table that compares the Python client with ours. Nothing here
//! may use a crate of ours: a type shared with the client would share its mistakes.
//!
//! From the environment: `STREAMER_BIN` (another program to test), `STREAMER_KILLS` and `STREAMER_SEED` (how often to kill,
//! and the seed that a failed run printed), `STREAMER_TIER_SECONDS` (how long to stream under a tier), `STREAMER_READINGS` and
//! `STREAMER_OUTAGE_SECONDS` (how long an outage lasts), `UPDATE_EXPECTED` (write the expected texts anew).

pub mod books;
pub mod faults;
pub mod guest;
pub mod held_thread;
pub mod mount;
pub mod program;
pub mod server;
pub mod shim;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since 1970 by the machine's clock.
///
/// The tests look at the program from outside, so they read the clock themselves instead of sharing the program's.
#[expect(clippy::disallowed_methods, reason = "the tests share nothing with the program, its clock included")]
pub fn unix_now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// A configuration with one bucket, `test`, that is streamed to this server under [`ACCESS_KEY`].
pub fn streaming_to(server: &server::Server) -> String {
    format!(
        r#"
[outputs.initial_state]
access_key = "{ACCESS_KEY}"
api_base = "{}"

[buckets.test]
name = "Test bench"
key = "test"
"#,
        server.url()
    )
}

/// The access key of every test; nothing that the program shows or keeps may hold it.
pub const ACCESS_KEY: &str = "ist_Xq7nEverSeen93";

/// Says that a check could not be made here, and why: it did not pass.
#[expect(clippy::print_stdout, reason = "a test that passes silently without its check would be a lie")]
pub fn skipped(why: &str) {
    println!("skipped: {why}");
}

/// A number from the environment, for runs that are longer or shorter than the usual.
pub fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Asks `question` every 20 ms until it has an answer, for at most `patience`.
///
/// The patience is there to end a hopeless test, not to measure: give it generously.
pub fn eventually<T>(patience: Duration, mut question: impl FnMut() -> Option<T>) -> Option<T> {
    let began = tokio::time::Instant::now();
    loop {
        if let Some(answer) = question() {
            return Some(answer);
        }
        if began.elapsed() > patience {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
