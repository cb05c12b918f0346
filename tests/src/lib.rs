//! The real program from outside: what its tests stand on.
//!
//! [`server`] is a scripted Events API that checks strictly what the service documents and can fail in every way that
//! a network can. [`program`] runs the real `streamer` in a home of its own. Nothing here may use a crate of ours: a type
//! shared with the client would share its mistakes.

pub mod program;
pub mod server;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since 1970 by the machine's clock.
///
/// The tests look at the program from outside, so they read the clock themselves instead of sharing the program's.
#[expect(clippy::disallowed_methods, reason = "the tests share nothing with the program, its clock included")]
pub fn unix_now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
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
