//! What every command needs first: the configuration, the state folder, and a running agent if there is one.

use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Gid, Uid, geteuid};
use rustix::thread::{set_thread_gid, set_thread_groups, set_thread_uid};
use streamer_clock::Clock;
use streamer_config::{IniSettings, Mistakes, Plan, Severity, Style, Surroundings, find_and_load};
use streamer_plugin::Plugin;
use streamer_spool::{Places, RealDisk};

use super::{Sources, say};
use crate::control::{Answer, Client, ClientError, Question, SOCKET};
use crate::doctor::Read;
use crate::exit::{Exit, Failure};
use crate::outflow::Outflow;
use crate::plugins::LEFT_OUT;
use crate::runtime_folder;
use crate::simulated::simulated;

/// How often a command asks whether all was delivered.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// How often a held state folder is tried.
const REACH_TRIES: u32 = 60;

/// Reads the configuration, or the built-in quickstart where there is none; whether it was that.
///
/// # Errors
/// [`Exit::Configuration`] with every mistake in it.
pub fn load_or_quickstart(plugins: &'static [Plugin], sources: &Sources) -> Result<(Plan, bool), Failure> {
    match read(plugins, sources) {
        Read::Plan(_, plan) => Ok((*plan, false)),
        Read::Quickstart(plan) => Ok((*plan, true)),
        Read::Wrong(mistakes) => Err(wrong(&mistakes)),
    }
}

/// The same for whoever has something to say about mistakes.
pub fn read(plugins: &'static [Plugin], sources: &Sources) -> Read {
    let process = Surroundings::of_process(plugins, &read_ini);
    let around = Surroundings { left_out: LEFT_OUT, simulated: sources.simulate, ..process };
    match find_and_load(&sources.config, &around) {
        Ok((found, plan)) if found.quickstart => Read::Quickstart(Box::new(simulated(plan, plugins))),
        Ok((found, plan)) => {
            Read::Plan(found.files.paths().map(Path::to_owned).collect(), Box::new(simulated(plan, plugins)))
        }
        Err(mistakes) => Read::Wrong(mistakes),
    }
}

/// Says what somebody should look at although it works.
pub fn warn(plan: &Plan) {
    if plan.simulated {
        say(format_args!("simulated: no reading is a device's, and nothing leaves this machine"));
    }
    for warning in &plan.warnings {
        crate::logging::say(&warning.render(style()), tracing::Level::WARN);
    }
}

/// As [`load_or_quickstart`], for those who do not care which.
pub fn load(plugins: &'static [Plugin], sources: &Sources) -> Result<Plan, Failure> {
    load_or_quickstart(plugins, sources).map(|(plan, _)| plan)
}

fn wrong(mistakes: &Mistakes) -> Failure {
    let count = mistakes.0.iter().filter(|mistake| mistake.severity == Severity::Error).count();
    let total = if count > 1 { format!("\n{count} mistakes; nothing was started") } else { String::new() };
    Failure::new(Exit::Configuration, format!("{}{total}", mistakes.render(style()).trim_end()))
}

/// Colours only on a terminal.
pub fn style() -> Style {
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if colours { Style::Coloured } else { Style::Plain }
}

fn read_ini(path: &Path) -> Result<IniSettings, String> {
    let file = streamer::ini::read(path).map_err(|error| error.to_string())?;
    Ok(IniSettings { access_key: file.access_key, api_base: file.api_base, warnings: file.warnings })
}

/// What a new user reads first.
pub fn welcome(plan: &Plan) {
    let folder = plan.agent.state_dir.display();
    say(format_args!(
        "No configuration found: the quickstart collects this system's own metrics into a local bucket.\n\
         The data lies in {folder}. Stop with Ctrl-C. Then try:\n\
         \x20 streamer export quickstart     the readings as CSV\n\
         \x20 streamer init                  a commented configuration to start from\n\
         \x20 streamer inputs                what else can be read\n"
    ));
}

/// What a command found to work with.
pub enum Reached {
    /// A running agent.
    Agent(Client),
    /// The state folder, for this command alone.
    Folder(Box<Outflow>),
}

/// The configuration of a command, and where its agent would be.
pub struct Place {
    plan: Plan,
    places: Places,
    quickstart: bool,
}

/// The configuration for a command that works on a state folder.
///
/// # Errors
/// See [`load_or_quickstart`].
pub fn load_for_command(plugins: &'static [Plugin], sources: &Sources) -> Result<Place, Failure> {
    let (plan, quickstart) = load_or_quickstart(plugins, sources)?;
    crate::logging::start(streamer_config::Log::Warn);
    Ok(Place::of(plan, quickstart))
}

impl Place {
    /// The place of this plan.
    pub fn of(plan: Plan, quickstart: bool) -> Self {
        let places = Places { state: plan.agent.state_dir.clone(), runtime: runtime_folder::base() };
        Self { plan, places, quickstart }
    }

    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// As [`Place::reach`], for a command that hands readings over: without an agent there must be a configuration of this
    /// user's own, for what is accepted must have somewhere to go.
    ///
    /// # Errors
    /// [`Exit::Configuration`] where there is none, else as [`Place::reach`].
    pub async fn reach_to_log(&self) -> Result<Reached, Failure> {
        if self.quickstart && matches!(self.call(), Err(ClientError::NotRunning)) {
            let words = "no agent is running and no configuration was found: give one with --config";
            return Err(Failure::new(Exit::Configuration, words));
        }
        self.reach().await
    }

    /// Calls the agent of this state folder.
    ///
    /// # Errors
    /// [`ClientError::NotRunning`] where nobody answers.
    pub fn call(&self) -> Result<Client, ClientError> {
        let mut trouble = ClientError::NotRunning;
        for socket in self.sockets() {
            match Client::call(&socket) {
                Ok(client) => return Ok(client),
                Err(ClientError::NotRunning) => {}
                Err(error) => trouble = error,
            }
        }
        Err(trouble)
    }

    /// The agent of this state folder, or the folder itself where none runs. A folder that somebody holds who does not
    /// answer is tried again for a while: an agent that starts holds it before it answers.
    ///
    /// # Errors
    /// [`Exit::InUse`] where neither works.
    pub async fn reach(&self) -> Result<Reached, Failure> {
        let mut tries = 0;
        loop {
            match self.call() {
                Ok(client) => return Ok(Reached::Agent(client)),
                Err(ClientError::NotRunning) => {}
                Err(error) => return Err(Failure::failed(error)),
            }
            self.as_its_owner()?;
            match Outflow::open_once(&self.plan, Clock::system()) {
                Err(failure) if failure.exit == Exit::InUse && tries < REACH_TRIES => tries += 1,
                opened => return opened.map(|outflow| Reached::Folder(Box::new(outflow))),
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    /// Root that opens the folder of a service goes on as its user: what root made there would be closed to the service.
    /// It concerns this thread and those that it starts.
    fn as_its_owner(&self) -> Result<(), Failure> {
        let Ok(folder) = std::fs::metadata(&self.places.state) else { return Ok(()) };
        if folder.uid() == 0 || !geteuid().is_root() {
            return Ok(());
        }
        let (user, group) = (Uid::from_raw(folder.uid()), Gid::from_raw(folder.gid()));
        set_thread_groups(&[]).and_then(|()| set_thread_gid(group)).and_then(|()| set_thread_uid(user)).map_err(
            |error| {
                let folder = self.places.state.display();
                Failure::failed(format!("{folder} belongs to user {}: {error}; run this as that user", user.as_raw()))
            },
        )
    }

    /// Where its socket can be: in its runtime folder, in that of the service, or in the state folder itself.
    fn sockets(&self) -> Vec<PathBuf> {
        let service = Places { runtime: Some(runtime_folder::SERVICE.into()), ..self.places.clone() };
        let folders =
            [self.places.runtime_folder(&RealDisk), service.runtime_folder(&RealDisk), Some(self.places.state.clone())];
        folders.into_iter().flatten().map(|folder| folder.join(SOCKET)).collect()
    }
}

/// Waits until a running agent has delivered all that it accepted.
///
/// # Errors
/// [`Exit::Undelivered`] when it has not within `time`.
pub fn wait_until_delivered(client: &mut Client, time: Duration) -> Result<(), Failure> {
    match wait_for(client, None, time)? {
        None => Ok(()),
        Some(why) => {
            Err(Failure::new(Exit::Undelivered, format!("accepted, not delivered yet; it is in the spool: {why}")))
        }
    }
}

/// Waits until an output, or every one, has all; afterwards why not.
pub fn wait_for(client: &mut Client, output: Option<&str>, time: Duration) -> Result<Option<String>, Failure> {
    let asks = time.as_millis() / ASK_EVERY.as_millis();
    let mut reason = String::new();
    for _ in 0..=asks {
        client.ask(&Question::Commit).map_err(Failure::failed)?;
        let question = Question::Delivered { output: output.map(str::to_owned) };
        match client.ask(&question).map_err(Failure::failed)? {
            Answer::Delivered { waiting: 0, .. } => return Ok(None),
            Answer::Delivered { waiting, why } => {
                reason = why.unwrap_or_else(|| format!("{waiting} readings wait"));
            }
            other => return Err(unexpected(other)),
        }
        std::thread::sleep(ASK_EVERY);
    }
    Ok(Some(reason))
}

/// An answer to another question than the one that was asked, or a refusal in the agent's own words.
pub fn unexpected(answer: Answer) -> Failure {
    match answer {
        Answer::Refused(words) => Failure::failed(words),
        other => Failure::failed(format!("the agent answered {other:?}")),
    }
}
