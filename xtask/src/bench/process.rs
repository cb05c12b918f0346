//! What the kernel tells about a process from outside: CPU to the nanosecond, memory, threads, wake-ups.

use std::fs;

/// A process by its number.
#[derive(Clone, Copy)]
pub struct Process(pub u32);

impl Process {
    /// CPU seconds of all its threads so far. Threads that ended meanwhile are not in it.
    pub fn cpu_seconds(self) -> f64 {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.0)).into_iter().flatten().flatten();
        tasks.filter_map(|task| schedstat(&task.path().join("schedstat").to_string_lossy())).sum()
    }

    /// Resident memory in MB.
    pub fn resident_megabytes(self) -> f64 {
        self.status("VmRSS:") * 1024.0 / 1e6
    }

    /// The most resident memory that it ever had, in MB.
    pub fn peak_megabytes(self) -> f64 {
        self.status("VmHWM:") * 1024.0 / 1e6
    }

    /// How many of its children are dead and not reaped.
    pub fn dead_children(self) -> usize {
        let all = fs::read_dir("/proc").into_iter().flatten().flatten();
        let stats = all.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
        let dead = stats.filter(|stat| {
            let mut fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_ascii_whitespace();
            fields.next() == Some("Z") && fields.next().is_some_and(|parent| parent.parse() == Ok(self.0))
        });
        dead.count()
    }

    /// Private memory in MB, of what is shared nothing.
    pub fn unshared_megabytes(self) -> f64 {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.0)).unwrap_or_default();
        ["Private_Clean:", "Private_Dirty:"].iter().map(|name| after(&rollup, name)).sum::<f64>() * 1024.0 / 1e6
    }

    /// How many threads it has.
    pub fn threads(self) -> f64 {
        self.status("Threads:")
    }

    /// How often its threads gave up the processor by themselves.
    pub fn voluntary_switches(self) -> f64 {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.0)).into_iter().flatten().flatten();
        let of = |path: std::path::PathBuf| {
            after(&fs::read_to_string(path.join("status")).unwrap_or_default(), "voluntary_ctxt_switches:")
        };
        tasks.map(|task| of(task.path())).sum()
    }

    fn status(self, name: &str) -> f64 {
        after(&fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap_or_default(), name)
    }
}

/// CPU seconds of the thread that asks.
pub fn own_cpu_seconds() -> f64 {
    schedstat("/proc/thread-self/schedstat").unwrap_or(0.0)
}

fn schedstat(path: &str) -> Option<f64> {
    let nanoseconds: f64 = fs::read_to_string(path).ok()?.split(' ').next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}

/// The number behind a line's name.
fn after(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
}
