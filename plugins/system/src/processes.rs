//! Processes: the busiest ones, and those of certain names. Going through all of them is dear (25 ms for a hundred), so
//! it is only done when it is asked for.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use streamer_plugin::clock::SinceBoot;
use streamer_plugin::reading::Namer;
use streamer_plugin::{Key, Readings, Site};
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

use crate::collector::Collector;
use crate::counter::hundredths;
use crate::keys::{family, key};
use crate::options::Processes;
use crate::source::Buffer;

/// Below this a person should think again.
const SHORT: Duration = Duration::from_secs(30);

pub(crate) struct Busiest {
    /// None below another root, for the library that is used reads the running machine and nothing else.
    system: Option<System>,
    count: Key,
    top: Vec<[Key; 3]>,
    named: Vec<(String, [Key; 3])>,
    last: Option<SinceBoot>,
    short: bool,
}

#[derive(Default, Clone, Copy)]
struct Sum {
    count: u64,
    cpu: f64,
    memory: u64,
}

impl Busiest {
    pub(crate) fn new(site: &Site, which: Processes) -> Self {
        let endings = ["count", "cpu_percent", "memory_bytes"];
        let namer = Namer::new(which.names.iter().map(String::as_str));
        let top = |rank: u8| family("process", &format!("top{rank}"), ["name", "cpu_percent", "memory_bytes"]);
        let named = |name: &String| (name.clone(), family("process", &namer.word(name), endings));
        Self {
            system: if site.root() == Path::new("/") { System::new().ok() } else { None },
            count: key("processes_count"),
            top: (1..=which.top.unwrap_or(0)).map(top).collect(),
            named: which.names.iter().map(named).collect(),
            last: None,
            short: false,
        }
    }
}

impl Collector for Busiest {
    fn collect(&mut self, _: &mut Buffer, out: &mut Readings) {
        let Some(system) = &mut self.system else {
            let words = "processes are only read from the running machine, not below another `root`; they are left out";
            return out.remark("processes", words);
        };
        let now = out.began().boot;
        let since = self.last.replace(now).map(|last| now.since(last));
        // Said while it lasts, and only of a true interval: a single run reads twice on purpose.
        self.short = since.is_some_and(|since| since < SHORT && (self.short || since > Duration::from_millis(1500)));
        if self.short {
            let words = "reading all processes is dear; give this input an interval of 30 s or more, or one of its own";
            out.remark("processes", words);
        }
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
        let mut sums: HashMap<&str, Sum> = HashMap::new();
        for process in system.processes().values() {
            let Some(name) = process.name().to_str() else { continue };
            let sum = sums.entry(name).or_default();
            sum.count += 1;
            sum.cpu += f64::from(process.cpu_usage());
            sum.memory += process.memory();
        }
        out.put(&self.count, system.processes().len());
        for (name, [count, cpu, memory]) in &self.named {
            let sum = sums.get(name.as_str()).copied().unwrap_or_default();
            out.put(count, sum.count);
            out.put(memory, sum.memory);
            if since.is_some() {
                out.put(cpu, hundredths(sum.cpu));
            }
        }
        // Busy is a difference: the first round knows none.
        if since.is_none() {
            return;
        }
        let mut busiest: Vec<(&str, Sum)> = sums.into_iter().collect();
        busiest.sort_unstable_by(|(a, x), (b, y)| y.cpu.total_cmp(&x.cpu).then(y.memory.cmp(&x.memory)).then(a.cmp(b)));
        for ([name, cpu, memory], (called, sum)) in self.top.iter().zip(busiest) {
            out.put(name, called);
            out.put(cpu, hundredths(sum.cpu));
            out.put(memory, sum.memory);
        }
    }
}
