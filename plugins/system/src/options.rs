//! What a person can say about this input.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use streamer_plugin::options::{Faults, Glob, Period};
use streamer_plugin::{Input, InputError, Kind, Lane, Options, Simulated, Site};

use crate::sampler::System;

/// The system's own metrics. Keys and units are in the table of this input.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemOptions {
    /// What to read. `disk` is `disk_space` and `disk_io` together.
    #[serde(default = "usual")]
    pub(crate) collect: Vec<Collect>,
    /// The folder below which this input looks for /proc and /sys, such as "/host" in a container. Default: the agent's root.
    pub(crate) root: Option<PathBuf>,
    /// Whether every core of the processor is told, too.
    #[serde(default = "yes")]
    pub(crate) per_core: bool,
    /// Only mounts that fit one of these globs, such as "/" and "/media/*", whatever their kind. Default: every file system
    /// that holds something, without those in memory, of the kernel, of containers and of packages.
    #[serde(default)]
    pub(crate) include_mounts: Vec<Glob>,
    /// Without mounts that fit one of these globs, such as "/boot*". A `*` also goes over `/`.
    #[serde(default)]
    pub(crate) exclude_mounts: Vec<Glob>,
    /// How long a mount behind a network, or behind another program, may take to tell its size before it is left out.
    #[serde(default = "patience")]
    pub(crate) mount_timeout: Period,
    /// Only interfaces that fit one of these globs, such as "eth*", whatever their kind. Default: all but loopback and those made of
    /// software, such as bridges and tunnels.
    #[serde(default)]
    pub(crate) include_interfaces: Vec<Glob>,
    /// Without interfaces that fit one of these globs.
    #[serde(default)]
    pub(crate) exclude_interfaces: Vec<Glob>,
    /// Processes, which are dear to read: the busiest ones, or those of certain names. Give it an interval of 30 s or more.
    #[schemars(example = Processes { top: Some(5), names: vec!["nginx".into()] })]
    pub(crate) processes: Option<Processes>,
}

/// One part of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Collect {
    /// Processor time, in all and of each core.
    Cpu,
    /// Memory that is there, in use, and available to programs.
    Memory,
    /// Swap space, and how much of it is in use.
    Swap,
    /// Load averages.
    Load,
    /// Space and traffic of each mount.
    Disk,
    /// Space of each mount.
    DiskSpace,
    /// Traffic of the device below each mount.
    DiskIo,
    /// Traffic of each interface.
    Network,
    /// Thermal zones and hwmon sensors.
    Temperature,
    /// Time since the machine started.
    Uptime,
    /// Pressure stall information.
    Pressure,
    /// Under-voltage and throttling of a Raspberry Pi.
    Throttle,
    /// Signal of wireless interfaces.
    Wifi,
    /// Clock of the processor.
    Frequency,
    /// The five busiest processes, unless `processes` says which.
    Processes,
}

/// Which processes to tell about.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Processes {
    /// How many of the busiest to tell, by name and share of a core.
    #[schemars(range(max = 50))]
    pub(crate) top: Option<u8>,
    /// Names of processes to count and to add up, as `ps -o comm` shows them.
    #[serde(default)]
    pub(crate) names: Vec<String>,
}

fn usual() -> Vec<Collect> {
    use Collect::{Cpu, Disk, Load, Memory, Network, Temperature};
    vec![Cpu, Memory, Disk, Network, Load, Temperature]
}

fn yes() -> bool {
    true
}

fn patience() -> Period {
    Period::millis(500)
}

impl SystemOptions {
    pub(crate) fn asks_for(&self, what: Collect) -> bool {
        self.collect.contains(&what)
    }

    /// Whether a key of the table is one of those that are asked for.
    fn makes(&self, key: &str) -> bool {
        use Collect::*;
        let of = |family: &[Collect]| family.iter().any(|what| self.asks_for(*what));
        let disk_io = ["_per_s", "_busy_percent"].iter().any(|end| key.ends_with(end));
        match key.split('_').next().unwrap_or_default() {
            "cpu" if key.ends_with("frequency_mhz") => of(&[Frequency]),
            "cpu" => of(&[Cpu]) && (self.per_core || !key.contains("coreN")),
            "memory" => of(&[Memory]),
            "swap" => of(&[Swap]),
            "load1" | "load5" | "load15" => of(&[Load]),
            "uptime" => of(&[Uptime]),
            "pressure" => of(&[Pressure]),
            "disk" => of(&[Disk, if disk_io { DiskIo } else { DiskSpace }]),
            "net" => of(&[Network]),
            "wifi" => of(&[Wifi]),
            "temperature" => of(&[Temperature]),
            "throttle" => of(&[Throttle]),
            _ => self.processes().is_some(),
        }
    }

    /// Whether some of it is a difference of two reads.
    pub(crate) fn makes_rates(&self) -> bool {
        use Collect::{Cpu, Disk, DiskIo, Network};
        [Cpu, Disk, DiskIo, Network].iter().any(|what| self.asks_for(*what)) || self.processes().is_some()
    }

    /// The processes to tell about, by the table or by the word in `collect`.
    pub(crate) fn processes(&self) -> Option<Processes> {
        let by_word = self.asks_for(Collect::Processes).then(|| Processes { top: Some(5), names: Vec::new() });
        self.processes.clone().or(by_word)
    }
}

impl Options for SystemOptions {
    fn build(&self, site: &Site) -> Result<Input, InputError> {
        let site = site.below(self.root.as_deref());
        let found = ["/proc", "/sys"].iter().any(|folder| site.path(folder).is_dir());
        if !found {
            let root = site.root().display();
            return Err(InputError::misconfigured(format_args!("no proc and no sys in {root}: is `root` right?")));
        }
        // Going through all processes takes longer than the others may be kept waiting.
        let lane = if self.processes().is_some() { Lane::Own } else { Lane::Quick };
        Ok(Input::sampler(System::new(&site, self)).in_lane(lane))
    }

    fn simulated(&self, kind: &Kind, _: &Site) -> Result<Input, InputError> {
        let keys = kind.makes.iter().filter(|made| self.makes(made.key));
        let found = [
            ("coreN", "core0"),
            ("topN", "top1"),
            ("MOUNT", "root"),
            ("INTERFACE", "eth0"),
            ("wifi_eth0", "wifi_wlan0"),
        ];
        let named =
            |key: &str| found.iter().fold(key.to_owned(), |key, (any, one)| key.replace(any, one)).to_lowercase();
        Ok(Input::sampler(Simulated::new(
            keys.map(|made| (named(made.key), if made.key.ends_with("_name") { "text" } else { made.unit })),
        )))
    }

    fn check(&self, faults: &mut Faults) {
        if self.collect.is_empty() && self.processes.is_none() {
            faults.add("collect", "the list is empty, so there is nothing to read");
        }
        if let Some(processes) = &self.processes {
            if processes.top.unwrap_or(0) == 0 && processes.names.is_empty() {
                faults.add("processes", "neither `top` nor `names` says which processes are meant");
            }
            if processes.top.is_some_and(|top| top > 50) {
                faults.add("processes.top", "at most 50 processes can be told");
            }
        }
    }
}

/// Which of the things found are wanted.
pub(crate) struct Choice {
    include: Vec<Glob>,
    exclude: Vec<Glob>,
}

impl Choice {
    pub(crate) fn new(include: &[Glob], exclude: &[Glob]) -> Self {
        Self { include: include.to_vec(), exclude: exclude.to_vec() }
    }

    /// Whether `name` is wanted; `usual` decides where nothing was included by name.
    pub(crate) fn takes(&self, name: &str, usual: impl FnOnce() -> bool) -> bool {
        let fits = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(name));
        !fits(&self.exclude) && if self.include.is_empty() { usual() } else { fits(&self.include) }
    }
}
