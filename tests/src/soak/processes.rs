//! The processes of a soak, found in /proc by what only they have: a variable in their environment, or a sleep of a length
//! of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// A process that cannot be taken for another one with the same number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    began: u64,
    /// Its command line.
    pub command: String,
}

/// Every process with this mark that is not this one.
pub fn marked(mark: &str) -> BTreeSet<Process> {
    let has = |pid: u32, file: &str| {
        let bytes = fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        bytes.windows(mark.len()).any(|part| part == mark.as_bytes())
    };
    let found = numbers().filter(|pid| *pid != std::process::id() && (has(*pid, "environ") || has(*pid, "cmdline")));
    found.filter_map(process).collect()
}

fn numbers() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// State, parent and beginning of a process.
fn stat(pid: u32) -> Option<(char, u32, u64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    Some((fields.first()?.chars().next()?, fields.get(1)?.parse().ok()?, fields.get(19)?.parse().ok()?))
}

fn process(pid: u32) -> Option<Process> {
    let (state, _, began) = stat(pid)?;
    let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let command = String::from_utf8_lossy(&command).replace('\0', " ").trim().to_owned();
    (state != 'Z').then_some(Process { pid, began, command })
}

/// Children of an agent that are dead and not yet reaped, each with how often it was seen in a row.
#[derive(Debug, Default)]
pub struct Zombies {
    seen: BTreeMap<(u32, u64), u32>,
    /// The most that were there at once.
    pub most: usize,
    /// The longest that one was seen in a row.
    pub longest: u32,
}

impl Zombies {
    /// Looks once more.
    pub fn look(&mut self, agent: u32) {
        let dead = numbers().filter_map(|pid| stat(pid).map(|stat| (pid, stat)));
        let dead = dead.filter(|(_, (state, parent, _))| *state == 'Z' && *parent == agent);
        let before = std::mem::take(&mut self.seen);
        for (pid, (_, _, began)) in dead {
            let times = before.get(&(pid, began)).copied().unwrap_or(0) + 1;
            self.longest = self.longest.max(times);
            self.seen.insert((pid, began), times);
        }
        self.most = self.most.max(self.seen.len());
    }
}

/// What an agent takes: resident memory in kB, threads, open files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Takes {
    /// Resident memory in kB.
    pub resident: u64,
    /// Threads.
    pub threads: u64,
    /// Open files.
    pub files: u64,
}

impl Takes {
    /// Of this process now.
    pub fn of(pid: u32) -> Self {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
        };
        let files = fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, |folder| folder.count() as u64);
        Self { resident: number("VmRSS:"), threads: number("Threads:"), files }
    }

    /// The larger of each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            resident: self.resident.max(other.resident),
            threads: self.threads.max(other.threads),
            files: self.files.max(other.files),
        }
    }
}
