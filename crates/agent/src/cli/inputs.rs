//! `streamer inputs [PLUGIN]`: what can be an input, and the options of one with a sample that can be pasted.

use std::fmt::Write;

use streamer_plugin::Plugin;
use streamer_plugin::options::nearest;

use crate::exit::{Exit, Failure};

/// Which one.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// An input's name, as it stands behind `inputs.`
    plugin: Option<String>,
}

pub fn inputs(plugins: &[Plugin], arguments: &Arguments) -> Result<Exit, Failure> {
    let mut text = String::new();
    match &arguments.plugin {
        None => {
            let width = plugins.iter().map(|plugin| plugin.name.len()).max().unwrap_or(0);
            for plugin in plugins {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{:width$}  {}", plugin.name, plugin.about);
            }
        }
        Some(name) => {
            let plugin = plugins.iter().find(|plugin| plugin.name == name).ok_or_else(|| unknown(plugins, name))?;
            text = streamer_config::reference(plugin);
        }
    }
    super::print(&text)
}

fn unknown(plugins: &[Plugin], name: &str) -> Failure {
    let near = nearest(name, plugins.iter().map(|plugin| plugin.name));
    let help = near.map_or_else(|| "`streamer inputs` lists them".to_owned(), |near| format!("did you mean `{near}`?"));
    Failure::failed(format!("there is no input `{name}` in this build; {help}"))
}
