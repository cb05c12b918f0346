//! `streamer init`: a commented starter configuration, never over a file that is there.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use streamer_plugin::Plugin;

use super::{from_ini, say};
use crate::exit::{Exit, Failure};
use crate::plugins::LEFT_OUT;

/// Where to write it.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The file to make; `-` writes to stdout
    #[arg(default_value = "streamer.toml")]
    file: PathBuf,
    /// Say what this ini file of the Python client says
    #[arg(long, value_name = "INI")]
    from: Option<PathBuf>,
}

pub fn init(plugins: &[Plugin], arguments: &Arguments) -> Result<Exit, Failure> {
    let text = match &arguments.from {
        Some(ini) => from_ini::configuration(ini)?,
        None => streamer_config::starter(plugins, LEFT_OUT),
    };
    if arguments.file.as_os_str() == "-" {
        return super::print(&text);
    }
    // It may hold an access key soon: for its owner and the group alone.
    let made = OpenOptions::new().write(true).create_new(true).mode(0o640).open(&arguments.file);
    let shown = arguments.file.display();
    let mut file = made.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::failed(format!("{shown} is there already; it was left as it is")),
        _ => Failure::failed(format!("{shown}: {error}")),
    })?;
    file.write_all(text.as_bytes()).map_err(|error| Failure::failed(format!("{shown}: {error}")))?;
    if arguments.file.starts_with("/etc/streamer") {
        say(format_args!("{shown} is written. Try `streamer check`, then `systemctl restart streamer`."));
    } else {
        say(format_args!(
            "{shown} is written. Try `streamer check --config {shown}`, then `streamer run --config {shown}`."
        ));
    }
    Ok(Exit::Done)
}
