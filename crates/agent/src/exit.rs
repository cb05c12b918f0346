//! How a command ends, for the program that called it.

use std::process::ExitCode;

/// The exit codes; the same for every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done. An agent that a signal stopped has done its work, too.
    Done = 0,
    /// Something failed that is none of the below.
    Failed = 1,
    /// The configuration is wrong, or cannot be read.
    Configuration = 2,
    /// Collected but not delivered: it is in the spool.
    Undelivered = 3,
    /// Another agent holds the state folder.
    InUse = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what it was asked: the words for a person, and the exit code.
#[derive(Debug)]
pub struct Failure {
    /// How to end.
    pub exit: Exit,
    /// What to say on stderr; empty where everything was said already.
    pub words: String,
}

impl Failure {
    /// A failure of the kind `exit`.
    pub fn new(exit: Exit, words: impl Into<String>) -> Self {
        Self { exit, words: words.into() }
    }

    /// Failed, for a reason that is not the configuration's.
    pub fn failed(words: impl std::fmt::Display) -> Self {
        Self::new(Exit::Failed, words.to_string())
    }
}
