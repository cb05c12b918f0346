//! `[agent]`

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use streamer_clock::{Mode, Zone};
use streamer_plugin::options::{Period, Table};

use super::place;
use crate::place::Findings;
use crate::plan::{AgentPlan, Log};
use crate::surroundings::Surroundings;

/// The program itself.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AgentOptions {
    /// Where all that outlives the process is kept. Left out: `$STATE_DIRECTORY`, which systemd sets, else
    /// `$XDG_STATE_HOME/streamer` or `~/.local/state/streamer`; for a configuration in /etc/streamer that is
    /// /var/lib/streamer, where there is such a folder.
    #[schemars(example = &"/var/lib/streamer")]
    state_dir: Option<PathBuf>,
    /// How often inputs are read that do not say it themselves.
    interval: Period,
    /// Whose clock `cron` and `align` go by: "UTC", "local", or a name like "Europe/Berlin".
    timezone: String,
    /// How much is said on stderr. `RUST_LOG` wins.
    log: Log,
    /// How long a clean end may deliver what is waiting; the rest stays on disk.
    shutdown_timeout: Period,
    /// Where /proc, /sys and /dev are looked for: containers, recorded trees.
    root: PathBuf,
    /// "auto" doubts the clock of a board that was not set since it started; "trust" never does.
    clock: ClockOption,
    /// How often to say that readings wait for a true clock.
    clock_hold: Period,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ClockOption {
    #[default]
    Auto,
    Trust,
}

impl Default for AgentOptions {
    fn default() -> Self {
        Self {
            state_dir: None,
            interval: Period::secs(10),
            timezone: "local".into(),
            log: Log::Info,
            shutdown_timeout: Period::secs(5),
            root: "/".into(),
            clock: ClockOption::Auto,
            clock_hold: Period::secs(600),
        }
    }
}

impl AgentOptions {
    pub(crate) fn plan(self, table: &Table<'_>, around: &Surroundings<'_>, findings: &mut Findings<'_>) -> AgentPlan {
        for (name, period) in [("interval", self.interval), ("clock_hold", self.clock_hold)] {
            if period < Period::millis(1) {
                findings.error(&place(table, name), format!("`{name}` is too short; the shortest is 1ms"));
            }
        }
        let zone = Zone::named(&self.timezone).unwrap_or_else(|error| {
            let near = if error.to_string().contains("Europe/Berlin") { None } else { Some("\"UTC\" needs no files") };
            findings.error(&place(table, "timezone"), error.to_string()).help = near.map(str::to_owned);
            Zone::utc()
        });
        AgentPlan {
            state_dir: self.state_dir(table, around, findings),
            interval: self.interval.0,
            zone,
            log: self.log,
            shutdown_timeout: self.shutdown_timeout.0,
            root: self.root,
            clock: match self.clock {
                ClockOption::Auto => Mode::Auto,
                ClockOption::Trust => Mode::Trust,
            },
            clock_hold: self.clock_hold.0,
        }
    }

    fn state_dir(&self, table: &Table<'_>, around: &Surroundings<'_>, findings: &mut Findings<'_>) -> PathBuf {
        if let Some(path) = &self.state_dir {
            if path.as_os_str().is_empty() {
                findings.error(&place(table, "state_dir"), "`state_dir` is empty");
            } else if path.starts_with("~") {
                findings.error(&place(table, "state_dir"), "`~` is not expanded here").help =
                    Some("write ${HOME} in its place".into());
            }
            if !around.simulated {
                return path.clone();
            }
            // A folder of this project's own. An absolute one may be the service's, and is not for trying things out.
            if path.is_relative() {
                return path.join("simulated");
            }
        }
        // systemd may name several, with colons between them.
        if let Some(named) = around.set("STATE_DIRECTORY").filter(|_| !around.simulated)
            && let Some(first) = named.to_string_lossy().split(':').find(|path| !path.is_empty())
        {
            return first.into();
        }
        // The specification of these folders has relative ones ignored.
        let own = around.set("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || around.set("HOME").map(|home| PathBuf::from(home).join(".local/state"));
        let folder = if around.simulated { "streamer/simulated" } else { "streamer" };
        own.or_else(home).map(|state| state.join(folder)).unwrap_or_else(|| {
            findings.error_nowhere("there is no place to keep anything: neither a `state_dir` nor $HOME is set").help =
                Some("write state_dir = \"...\" below [agent]".into());
            PathBuf::new()
        })
    }
}
