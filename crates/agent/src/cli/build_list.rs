//! `streamer build-list`: the cargo features that a configuration needs, for a program with nothing else in it.

use super::{Sources, places, print, say};
use crate::exit::{Exit, Failure};
use streamer_config::OutputKind;
use streamer_plugin::Plugin;

/// Which configuration.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The configuration; without it the one that would be run
    file: Option<std::path::PathBuf>,
}

pub fn build_list(plugins: &'static [Plugin], sources: &Sources, arguments: &Arguments) -> Result<Exit, Failure> {
    let mut sources = sources.clone();
    sources.config.extend(arguments.file.clone());
    let plan = places::load(plugins, &sources)?;
    // Every input is a feature of its own name, but for the one that is always there.
    let plugins = plan.inputs.iter().map(|input| input.plugin);
    let mut features: Vec<&str> = plugins.filter(|name| *name != crate::own::PLUGIN.name).collect();
    features.extend(plan.outputs.iter().map(|output| match &output.kind {
        OutputKind::InitialState(_) => "initial_state",
        OutputKind::Local(_) => "local",
        OutputKind::Csv(_) => "csv",
    }));
    features.sort_unstable();
    features.dedup();
    let all = features.join(",");
    say(format_args!(
        "Build it with: cargo build --release --package streamer-agent --no-default-features --features {all:?}"
    ));
    print(&features.iter().map(|feature| format!("{feature}\n")).collect::<String>())
}
