//! The command line: one file a command, and this table of them.
//!
//! Output meant for programs goes to stdout, words for people to stderr.

mod build_list;
mod check;
mod deadletter;
mod doctor;
#[cfg(feature = "local")]
mod export;
mod from_ini;
mod import;
mod init;
mod inputs;
mod log;
mod new;
mod places;
mod plan;
mod run;
mod scan;
mod schema;
mod status;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use streamer_plugin::Plugin;

use crate::exit::{Exit, Failure};

/// Reads sensors, the system, files and programs on a schedule and streams the readings into buckets.
#[derive(Debug, Parser)]
#[command(name = "streamer", version, max_term_width = 100, disable_help_subcommand = true)]
struct Line {
    #[command(flatten)]
    sources: Sources,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Where the configuration is.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Sources {
    /// A configuration file, or a folder of them; may be given several times
    ///
    /// Without it: $STREAMER_CONFIG, ./streamer.toml, /etc/streamer/streamer.toml with conf.d/*.toml, and at last the
    /// built-in quickstart.
    #[arg(long, short, global = true, value_name = "PATH")]
    pub config: Vec<PathBuf>,
    /// Without any device, program or file of the inputs: readings are made up, marked, shown, and kept in a database of
    /// their own; nothing leaves this machine
    #[arg(long, global = true)]
    pub simulate: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Collect and stream until stopped (what happens without a command)
    Run(run::Arguments),
    /// Validate the configuration
    Check(check::Arguments),
    /// Say what is sent a month, and whether the account's allowance is enough
    Plan(plan::Arguments),
    /// Take readings, print them, send nothing
    Test(test::Arguments),
    /// List inputs, or the options of one with a sample
    Inputs(inputs::Arguments),
    /// Print the JSON Schema of the configuration, for editors
    Schema,
    /// Write a commented starter configuration
    Init(init::Arguments),
    /// Look for sensors on this machine's buses, and print the configuration that reads them
    Scan(scan::Arguments),
    /// Say what about this machine keeps the agent from its work, and the cure of each
    Doctor(doctor::Arguments),
    /// Accept one reading, or `key,value[,epoch]` lines from stdin
    Log(log::Arguments),
    /// Show how the agent and its spool are
    Status(status::Arguments),
    /// Write a bucket of the local store to stdout
    #[cfg(feature = "local")]
    Export(export::Arguments),
    /// Replay a missed-events file or an offline CSV of the Python client
    Import(import::Arguments),
    /// List, retry or drop readings that an output refused
    #[command(subcommand)]
    Deadletter(deadletter::Command),
    /// Print the cargo features that a configuration needs
    BuildList(build_list::Arguments),
    /// Write a crate for an input of your own
    #[command(subcommand)]
    New(new::Command),
}

/// The definition of the command line.
pub fn command_line() -> clap::Command {
    Line::command()
}

/// Parses the arguments and does what they say.
pub fn main(plugins: &'static [Plugin]) -> ExitCode {
    let line = Line::parse();
    let sources = line.sources;
    let done = match line.command.unwrap_or_else(|| Command::Run(run::Arguments::default())) {
        Command::Run(arguments) => run::run(plugins, &sources, &arguments),
        Command::Check(arguments) => check::check(plugins, &sources, &arguments),
        Command::Plan(arguments) => plan::plan(plugins, &sources, &arguments),
        Command::Test(arguments) => test::test(plugins, &sources, &arguments),
        Command::Inputs(arguments) => inputs::inputs(plugins, &arguments),
        Command::Schema => schema::schema(plugins),
        Command::Init(arguments) => init::init(plugins, &arguments),
        Command::Scan(arguments) => scan::scan(plugins, &sources, &arguments),
        Command::Doctor(arguments) => doctor::doctor(plugins, &sources, &arguments),
        Command::Log(arguments) => log::log(plugins, &sources, &arguments),
        Command::Status(arguments) => status::status(plugins, &sources, &arguments),
        #[cfg(feature = "local")]
        Command::Export(arguments) => export::export(plugins, &sources, &arguments),
        Command::Import(arguments) => import::import(plugins, &sources, &arguments),
        Command::BuildList(arguments) => build_list::build_list(plugins, &sources, &arguments),
        Command::New(command) => new::new(plugins, &command),
        Command::Deadletter(command) => deadletter::deadletter(plugins, &sources, &command),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(Failure { exit, words }) => {
            if !words.is_empty() {
                crate::logging::say(&words, tracing::Level::ERROR);
            }
            exit.into()
        }
    }
}

/// Words for people.
#[expect(clippy::print_stderr, reason = "the command line is the one place that speaks to people")]
pub fn say(words: std::fmt::Arguments<'_>) {
    eprintln!("{words}");
}

/// Output for programs. A closed pipe is the reader's way of saying that it has enough.
pub fn print(text: &str) -> Result<Exit, Failure> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::failed(error)),
        _ => Ok(Exit::Done),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_sound() {
        super::command_line().debug_assert();
    }
}
