//! One row of the table: what is logged, how fast, what goes wrong, and what each side can make of it. Data only.

use super::measured::Outcome;
use crate::server::Tier;

/// How the program that logs ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum End {
    /// It closes its streamer.
    Close,
    /// It ends without closing, while another thread of it still runs.
    Leave,
    /// SIGKILL so many seconds after the last reading was accepted; ours is started again afterwards.
    Kill(f64),
}

/// A value in the middle of the others that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    /// Not a number.
    Nan,
    /// Nothing at all.
    Nothing,
    /// What JSON cannot say.
    NoJson,
    /// The same, where the program calls `flush` after each ten.
    NoJsonFlushing,
}

/// The reading that is bad, where one is.
pub const BAD_AT: u64 = 57;

/// One row.
#[derive(Debug, Clone)]
pub struct Case {
    /// What the row is called.
    pub name: &'static str,
    /// Readings that are logged.
    pub readings: u64,
    /// Readings in a second; `None` as fast as the loop runs.
    pub rate: Option<f64>,
    /// The account's plan.
    pub tier: Tier,
    /// What goes wrong; its seconds begin with the first reading.
    pub script: &'static str,
    /// Events that the service takes in a call.
    pub cap: usize,
    /// `buffer_size`.
    pub buffer: usize,
    /// `debug_level`.
    pub level: u8,
    /// `use_async`.
    pub asynchronous: bool,
    /// Whether the access key is unknown to the service; for ours it is made known in the end.
    pub wrong_key: bool,
    /// A bad value among the others.
    pub bad: Option<Bad>,
    /// How the program ends.
    pub end: End,
    /// Events that ours may send twice: a batch for each answer that was lost, and for a kill.
    pub twice: u64,
    /// Why the library cannot express the row, where it cannot.
    pub library: Option<&'static str>,
    /// Why the agent cannot.
    pub agent: Option<&'static str>,
    /// Whether the short table has it too.
    pub short: bool,
}

impl Case {
    /// A row in which nothing goes wrong.
    pub fn new(name: &'static str, readings: u64, rate: Option<f64>) -> Self {
        Self {
            name,
            readings,
            rate,
            tier: Tier::Off,
            script: "",
            cap: 10,
            buffer: 10,
            level: 0,
            asynchronous: true,
            wrong_key: false,
            bad: None,
            end: End::Close,
            twice: 0,
            library: None,
            agent: None,
            short: false,
        }
    }

    /// Goes wrong like this.
    #[must_use]
    pub fn script(self, script: &'static str) -> Self {
        Self { script, ..self }
    }

    /// With this plan.
    #[must_use]
    pub fn tier(self, tier: Tier) -> Self {
        Self { tier, ..self }
    }

    /// With the caller waiting, which only Python can.
    #[must_use]
    pub fn synchronous(self) -> Self {
        Self { asynchronous: false, agent: Some("an agent has no caller that could wait"), ..self }
    }

    /// With so many events that may come twice.
    #[must_use]
    pub fn twice(self, twice: u64) -> Self {
        Self { twice, ..self }
    }

    /// With this end.
    #[must_use]
    pub fn end(self, end: End) -> Self {
        Self { end, ..self }
    }

    /// With this bad value.
    #[must_use]
    pub fn bad(self, bad: Bad) -> Self {
        let typed = "what is no value does not compile";
        let library = matches!(bad, Bad::NoJson | Bad::NoJsonFlushing).then_some(typed);
        let agent = (bad == Bad::NoJsonFlushing).then_some("an agent has no flush");
        Self { bad: Some(bad), library, agent, ..self }
    }

    /// In the short table too.
    #[must_use]
    pub fn short(self) -> Self {
        Self { short: true, ..self }
    }

    /// Readings that ours must refuse at the door.
    pub fn refused(&self) -> u64 {
        u64::from(self.bad.is_some())
    }

    /// Readings that the service must have in the end.
    pub fn expected(&self) -> u64 {
        self.readings - self.refused()
    }

    /// The script as the server takes it.
    ///
    /// # Panics
    /// Where the row's script is none.
    pub fn parsed_script(&self) -> crate::server::Script {
        self.script.parse().unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

/// A row with what came of it.
#[derive(Debug, Clone)]
pub struct Row {
    /// The row.
    pub case: Case,
    /// The Python client.
    pub python: Outcome,
    /// The library.
    pub library: Outcome,
    /// The agent.
    pub agent: Outcome,
}

impl Row {
    /// A row of which nothing ran yet.
    pub fn of(case: Case) -> Self {
        let not_run = || Outcome::Skipped("not run".to_owned());
        Self { case, python: not_run(), library: not_run(), agent: not_run() }
    }
}
