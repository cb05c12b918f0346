//! Schema, samples and reference: made from the option types, and right.

use streamer_config::{every_key, reference, schema, starter};

use crate::fakes::PLUGINS;

#[test]
fn show() {
    println!("{}\n=====\n{}\n=====\n{}\n====={}", every_key(), starter(&PLUGINS), PLUGINS.iter().map(reference).collect::<Vec<_>>().join("\n-----\n"), serde_json::to_string_pretty(&schema(&PLUGINS)).unwrap().len());
}
