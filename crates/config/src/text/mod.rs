//! What is written about the configuration, made from the option types and their doc comments: schema, samples, reference.

mod reference;
mod sample;
mod schema;

use std::fmt::Write;

use serde_json::Value;
use streamer_plugin::options::Property;

pub use reference::reference;
pub use sample::{every_key, starter};
pub use schema::schema;

/// The longest line.
const WIDTH: usize = 100;

/// The doc comment of an options type.
fn about(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}

/// The default of an option that is worth a line: not an empty text or list.
fn default<'s>(option: &Property<'s>) -> Option<&'s Value> {
    let empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty) || value.as_str() == Some("");
    option.default().filter(|value| !empty(value))
}

/// Words in lines that a terminal holds: the first begins with `first`, those behind it with `next`.
fn wrapped(text: &mut String, first: &str, next: &str, words: &str) {
    let mut line = first.to_owned();
    let mut has_words = false;
    for word in words.split_whitespace() {
        if has_words && line.chars().count() + 1 + word.chars().count() > WIDTH {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{line}");
            line = next.to_owned();
            has_words = false;
        }
        if has_words {
            line.push(' ');
        }
        line.push_str(word);
        has_words = true;
    }
    if has_words {
        let _ = writeln!(text, "{line}");
    }
}
