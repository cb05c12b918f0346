//! What is written about the configuration, made from the option types and their doc comments: schema, samples, reference.

mod reference;
mod sample;
mod schema;

use serde_json::Value;
use streamer_plugin::options::Property;

pub use reference::reference;
pub use sample::{every_key, starter};
pub use schema::schema;

/// The doc comment of an options type.
fn about(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}

/// The default of an option that is worth a line: not an empty text or list.
fn default<'s>(option: &Property<'s>) -> Option<&'s Value> {
    let empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty) || value.as_str() == Some("");
    option.default().filter(|value| !empty(value))
}
