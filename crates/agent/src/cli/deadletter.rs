//! `streamer deadletter`: readings that an output refused for their content. Works while no agent runs.

use std::fmt::Write;

use streamer_clock::Clock;
use streamer_plugin::Plugin;
use streamer_spool::{DeadLetters, LetterId, LetterState};

use super::places::load_for_command;
use super::{Sources, print, run, say};
use crate::exit::{Exit, Failure};
use crate::outflow::Outflow;

/// What to do with them.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Show them, oldest first
    List,
    /// Let them be tried once more at the next start
    Retry {
        /// Their numbers; all if none is given
        ids: Vec<u64>,
    },
    /// Discard them for good
    Drop {
        /// Their numbers
        #[arg(required = true)]
        ids: Vec<u64>,
    },
}

pub fn deadletter(plugins: &'static [Plugin], sources: &Sources, command: &Command) -> Result<Exit, Failure> {
    let place = load_for_command(plugins, sources)?;
    let runtime = run::runtime()?;
    let done = runtime.block_on(async {
        let outflow = Outflow::open(place.plan(), Clock::system()).await?;
        let done = act(outflow.spool.dead_letters(), command);
        outflow.close().await;
        done
    });
    runtime.shutdown_background();
    print(&done?)
}

fn act(letters: &DeadLetters, command: &Command) -> Result<String, Failure> {
    let ids = |ids: &[u64]| ids.iter().copied().map(LetterId).collect::<Vec<_>>();
    match command {
        Command::List => Ok(list(letters)),
        Command::Retry { ids: given } => {
            let all = || letters.list().into_iter().map(|letter| letter.id).collect();
            let chosen = if given.is_empty() { all() } else { ids(given) };
            let count = letters.retry(&chosen).map_err(Failure::failed)?;
            say(format_args!("{count} are tried once more at the next start"));
            Ok(String::new())
        }
        Command::Drop { ids: given } => {
            let count = letters.take(&ids(given)).map_err(Failure::failed)?;
            say(format_args!("{count} dropped"));
            Ok(String::new())
        }
    }
}

fn list(letters: &DeadLetters) -> String {
    let mut text = String::new();
    for letter in letters.list() {
        let state = match letter.state {
            LetterState::OnTrial => "on trial",
            LetterState::SetAside => "set aside",
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{} {state} {} to {}: {} ({})",
            letter.id.0, letter.bucket, letter.output, letter.record.reading, letter.reason
        );
    }
    text
}
