//! What a view shows of accepted readings, however it shows it.

use streamer_reading::{Epoch, Key, Value};

/// One line of a view.
#[derive(Debug, Clone)]
pub struct Line {
    pub key: Key,
    pub value: Value,
    pub epoch: Epoch,
    /// Its epoch is our clock's, and that is suspect.
    pub suspect: bool,
}

/// What one input brought at once.
#[derive(Debug)]
pub struct Round {
    pub input: String,
    pub lines: Vec<Line>,
}

/// What stands before every reading that no device made.
pub fn mark(simulated: bool) -> &'static str {
    if simulated { "simulated: " } else { "" }
}

/// A value on one line: a line end in a text must not look like another reading.
pub fn one_line(value: &Value) -> String {
    let text = value.to_string();
    if text.contains(char::is_control) { text.escape_debug().to_string() } else { text }
}
