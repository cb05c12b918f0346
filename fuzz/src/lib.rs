//! What must hold whatever bytes come from outside: a spool's files, configurations, ini files, lines, answers of the
//! service, the control socket.
//!
//! Each body takes bytes and panics where a promise is broken. The targets below this crate feed them by `cargo fuzz`;
//! its own tests feed them the corpus.

mod answer;
mod configuration;
mod control;
pub mod frames;
mod ini;
mod lines;
pub mod spool;

/// A body: a name, which is also its folder in the corpus, and what it does with bytes.
pub type Body = (&'static str, fn(&[u8]));

/// All bodies.
pub const BODIES: [Body; 6] = [
    ("spool", spool::check),
    ("configuration", configuration::check),
    ("ini", ini::check),
    ("lines", lines::check),
    ("answer", answer::check),
    ("control", control::check),
];

/// Runs the body of that name.
///
/// # Panics
/// Where the bytes break a promise, and where there is no such body.
pub fn check(name: &str, bytes: &[u8]) {
    let (_, body) = BODIES.iter().find(|(known, _)| *known == name).expect("a body of that name");
    body(bytes);
}
