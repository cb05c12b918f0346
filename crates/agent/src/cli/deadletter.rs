//! `streamer deadletter`: readings that an output refused for their content, through the running agent where there is
//! one, else in the state folder.

use streamer_plugin::Plugin;
use streamer_spool::{DeadLetters, LetterError};

use super::places::{Reached, load_for_command, unexpected};
use super::{Sources, print, run, say};
use crate::control::{Answer, Client, Question};
use crate::exit::{Exit, Failure};
use crate::letters;

/// What to do with them.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Show them, oldest first
    List,
    /// Let them be tried once more, after the next reading of their bucket was accepted
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
        match place.reach().await? {
            Reached::Agent(client) => act(&mut Letters::Agent(client), command),
            Reached::Folder(outflow) => {
                let done = act(&mut Letters::Folder(outflow.spool.dead_letters().clone()), command);
                // Nothing was accepted, so nothing is lost.
                let _ = outflow.close().await;
                done
            }
        }
    });
    runtime.shutdown_background();
    print(&done?)
}

/// Where the letters are.
enum Letters {
    Agent(Client),
    Folder(DeadLetters),
}

fn act(letters: &mut Letters, command: &Command) -> Result<String, Failure> {
    match command {
        Command::List => Ok(letters.list()?.into_iter().map(|(_, line)| line + "\n").collect()),
        Command::Retry { ids } => {
            let all = if ids.is_empty() { letters.list()?.into_iter().map(|(id, _)| id).collect() } else { Vec::new() };
            let chosen = if ids.is_empty() { all } else { ids.clone() };
            let count = letters
                .change(Question::RetryLetters { ids: chosen.clone() }, |all| all.retry(&letters::ids(&chosen)))?;
            say(format_args!("{count} are tried once more after the next reading of their bucket"));
            Ok(String::new())
        }
        Command::Drop { ids } => {
            let count =
                letters.change(Question::DropLetters { ids: ids.clone() }, |all| all.take(&letters::ids(ids)))?;
            say(format_args!("{count} dropped"));
            Ok(String::new())
        }
    }
}

impl Letters {
    /// All of them, page by page.
    fn list(&mut self) -> Result<Vec<(u64, String)>, Failure> {
        let mut all: Vec<(u64, String)> = Vec::new();
        loop {
            let after = all.last().map_or(0, |(id, _)| *id);
            let page = match self {
                Self::Folder(letters) => letters::page(letters, after),
                Self::Agent(client) => match client.ask(&Question::Letters { after }).map_err(Failure::failed)? {
                    Answer::Letters(page) => page,
                    other => return Err(unexpected(other)),
                },
            };
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    /// How many were changed.
    fn change(
        &mut self,
        ask: Question,
        here: impl FnOnce(&DeadLetters) -> Result<u64, LetterError>,
    ) -> Result<u64, Failure> {
        match self {
            Self::Folder(letters) => here(letters).map_err(Failure::failed),
            Self::Agent(client) => match client.ask(&ask).map_err(Failure::failed)? {
                Answer::Count(count) => Ok(count),
                other => Err(unexpected(other)),
            },
        }
    }
}
