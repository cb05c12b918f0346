//! Processor time, from /proc/stat: shares of the time between two reads.
//!
//! Two traps are in that file: the time of guests is inside the time of programs, and the time of waiting for disks may
//! go back. So guests are not added, and a column that fell counts as standing still.

use streamer_plugin::{Key, Readings, Site};

use crate::collector::Collector;
use crate::counter::{grown, percent};
use crate::keys::key;
use crate::scan::{lines, number, numbers, words};
use crate::source::{Buffer, Source, Told};

/// user, nice, system, idle, iowait, irq, softirq, steal. The two columns of guests behind them are part of the first two.
const COLUMNS: usize = 8;
/// No machine has more cores; a larger number in the file is none of a core.
const MOST_CORES: u64 = 8192;

pub(crate) struct Cpu {
    source: Source,
    all: Parts,
    /// By the core's number, for that is what it is called: one that goes offline leaves its place empty.
    cores: Vec<Option<Core>>,
    per_core: bool,
    round: u64,
}

struct Parts {
    last: Option<Times>,
    busy: Key,
    user: Key,
    system: Key,
    iowait: Key,
    steal: Key,
}

struct Core {
    key: Key,
    last: Times,
    seen: u64,
}

#[derive(Clone, Copy)]
struct Times {
    columns: [u64; COLUMNS],
    count: usize,
}

impl Times {
    /// Old kernels have four columns, or seven.
    fn read<'t>(words: impl Iterator<Item = &'t [u8]>) -> Option<Self> {
        let (columns, count) = numbers(words);
        (count >= 4).then_some(Self { columns, count })
    }

    fn since(&self, last: &Self) -> Self {
        let mut columns = self.columns;
        for (now, last) in columns.iter_mut().zip(last.columns) {
            *now = grown(last, *now).unwrap_or(0);
        }
        Self { columns, ..*self }
    }

    fn total(&self) -> u64 {
        self.columns.iter().sum()
    }

    fn busy(&self) -> Option<f64> {
        let [_, _, _, idle, iowait, ..] = self.columns;
        percent(self.total() - idle - iowait, self.total())
    }
}

impl Cpu {
    pub(crate) fn new(site: &Site, per_core: bool) -> Self {
        let all = Parts {
            last: None,
            busy: key("cpu_percent"),
            user: key("cpu_user_percent"),
            system: key("cpu_system_percent"),
            iowait: key("cpu_iowait_percent"),
            steal: key("cpu_steal_percent"),
        };
        Self { source: Source::new(site.path("/proc/stat")), all, cores: Vec::new(), per_core, round: 0 }
    }

    fn core(&mut self, number: u64, now: Times, out: &mut Readings) {
        let Ok(place) = usize::try_from(number) else { return };
        if self.cores.len() <= place {
            self.cores.resize_with(place + 1, || None);
        }
        let Some(slot) = self.cores.get_mut(place) else { return };
        let Some(core) = slot else {
            *slot = Some(Core { key: key(format!("cpu_core{number}_percent")), last: now, seen: self.round });
            return;
        };
        // A share needs the core in this round and in the one before.
        if core.seen + 1 == self.round
            && let Some(busy) = now.since(&core.last).busy()
        {
            out.put(&core.key, busy);
        }
        core.last = now;
        core.seen = self.round;
    }
}

impl Parts {
    fn put(&mut self, now: Times, out: &mut Readings) {
        let Some(last) = self.last.replace(now) else { return };
        let spent = now.since(&last);
        let [user, nice, system, _, iowait, irq, softirq, steal] = spent.columns;
        let parts = [
            (&self.busy, spent.busy(), 4),
            (&self.user, percent(user + nice, spent.total()), 4),
            (&self.system, percent(system + irq + softirq, spent.total()), 4),
            (&self.iowait, percent(iowait, spent.total()), 5),
            (&self.steal, percent(steal, spent.total()), 8),
        ];
        for (key, share, columns) in parts {
            if let Some(share) = share.filter(|_| now.count >= columns) {
                out.put(key, share);
            }
        }
    }
}

/// The processors stand first; behind them come the counts of interrupts, which may be very long. They end where a line,
/// whole or not, begins with something else.
fn still_processors(text: &[u8]) -> bool {
    let last = text.rsplit(|b| *b == b'\n').find(|line| line.len() >= 3);
    last.is_none_or(|line| line.starts_with(b"cpu"))
}

impl Collector for Cpu {
    fn collect(&mut self, buffer: &mut Buffer, out: &mut Readings) {
        match self.source.read_while(buffer, still_processors) {
            Told::Text => {}
            Told::Nothing => return,
            Told::Unreadable(error) => return out.remark("cpu", format_args!("/proc/stat cannot be read ({error})")),
        }
        self.round += 1;
        for line in lines(buffer.text()) {
            let mut words = words(line);
            let Some(core) = words.next().and_then(|name| name.strip_prefix(b"cpu")) else { continue };
            let Some(now) = Times::read(words) else { continue };
            if core.is_empty() {
                self.all.put(now, out);
            } else if let Some(number) = number(core).filter(|n| self.per_core && *n < MOST_CORES) {
                self.core(number, now, out);
            }
        }
    }
}
