//! `streamer schema`: the JSON Schema of the whole configuration, on stdout.

use streamer_plugin::Plugin;

use crate::exit::{Exit, Failure};

pub fn schema(plugins: &[Plugin]) -> Result<Exit, Failure> {
    let schema = streamer_config::schema(plugins, crate::plugins::LEFT_OUT);
    let mut text = serde_json::to_string_pretty(&schema).map_err(Failure::failed)?;
    text.push('\n');
    super::print(&text)
}
