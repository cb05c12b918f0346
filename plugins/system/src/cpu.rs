//! Processor time, from /proc/stat: shares of the time between two reads.
//!
//! Three traps are in that file: the time of guests is inside the time of programs, the time of waiting for disks may go
//! back, and on some virtual machines the stolen time leaps about by millions of seconds. So guests are not added, and a
//! column that fell, or grew by what no machine can spend, counts as standing still.

use streamer_plugin::clock::SinceBoot;
use streamer_plugin::{Key, Readings, Site};

use crate::collector::Collector;
use crate::counter::{grown, percent};
use crate::keys::key;
use crate::scan::{lines, number, numbers, words};
use crate::source::{Buffer, Source, Told};

/// user, nice, system, idle, iowait, irq, softirq, steal. The two columns of guests behind them are part of the first two.
const COLUMNS: usize = 8;
const USER: [usize; 2] = [0, 1];
const SYSTEM: [usize; 3] = [2, 5, 6];
const IOWAIT: [usize; 1] = [4];
const STEAL: [usize; 1] = [7];
const BUSY: [usize; 6] = [0, 1, 2, 5, 6, 7];
/// No machine has more cores; a larger number in the file is none of a core.
const MOST_CORES: u64 = 8192;

/// A core spends a hundred ticks a second. What is a hundred thousand times as much is a leap, whatever the clocks do.
const LEAP: u64 = 100 * 100_000;

pub(crate) struct Cpu {
    source: Source,
    all: Parts,
    /// By the core's number, for that is what it is called: one that goes offline leaves its place empty.
    cores: Vec<Option<Core>>,
    per_core: bool,
    /// Counts the reads; the first is 2, so that 0 is never the one before.
    round: u64,
    at: SinceBoot,
    /// The most that a core can have spent since the last read.
    most: u64,
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
    /// What it spent since the read before this one, where it was there both times.
    spent: Option<Times>,
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

    fn since(&self, last: &Self, most: u64) -> Self {
        let mut columns = self.columns;
        for (now, last) in columns.iter_mut().zip(last.columns) {
            *now = grown(last, *now).filter(|grown| *grown <= most).unwrap_or(0);
        }
        Self { columns, ..*self }
    }

    fn plus(&self, other: &Self) -> Self {
        let mut columns = self.columns;
        for (sum, other) in columns.iter_mut().zip(other.columns) {
            *sum = sum.saturating_add(other);
        }
        Self { columns, count: self.count.min(other.count) }
    }

    fn share(&self, places: &[usize]) -> Option<f64> {
        let part = places.iter().map(|place| self.columns[*place]).fold(0, u64::saturating_add);
        percent(part, self.columns.into_iter().fold(0, u64::saturating_add))
    }

    fn busy(&self) -> Option<f64> {
        self.share(&BUSY)
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
        let source = Source::new(site.path("/proc/stat"));
        Self { source, all, cores: Vec::new(), per_core, round: 1, at: SinceBoot::ZERO, most: LEAP }
    }

    fn core(&mut self, number: u64, now: Times) {
        let Ok(place) = usize::try_from(number) else { return };
        if self.cores.len() <= place {
            self.cores.resize_with(place + 1, || None);
        }
        let Some(slot) = self.cores.get_mut(place) else { return };
        let core = slot.get_or_insert_with(|| Core {
            key: key(format!("cpu_core{number}_percent")),
            last: now,
            seen: 0,
            spent: None,
        });
        // A share needs the core in this round and in the one before.
        core.spent = (core.seen + 1 == self.round).then(|| now.since(&core.last, self.most));
        core.last = now;
        core.seen = self.round;
    }

    /// What all cores together spent. As long as the same cores are there the kernel's own sum says it. When one came or
    /// went, that sum leaps by all that this core ever counted, and those that stayed are added up instead.
    fn spent(&mut self, now: Option<Times>) -> Option<Times> {
        let last = std::mem::replace(&mut self.all.last, now);
        let (round, cores) = (self.round, || self.cores.iter().flatten());
        let came_or_went = |core: &Core| match core.seen == round {
            true => core.spent.is_none(),
            false => core.seen + 1 == round,
        };
        if cores().any(came_or_went) {
            let stayed = cores().filter(|core| core.seen == round).filter_map(|core| core.spent.as_ref());
            return stayed.copied().reduce(|sum, one| sum.plus(&one));
        }
        let most = self.most.saturating_mul(self.cores.len().max(1) as u64);
        Some(now?.since(&last?, most))
    }
}

impl Parts {
    fn put(&self, spent: &Times, out: &mut Readings) {
        let parts = [
            (&self.busy, spent.busy(), 4),
            (&self.user, spent.share(&USER), 4),
            (&self.system, spent.share(&SYSTEM), 4),
            (&self.iowait, spent.share(&IOWAIT), 5),
            (&self.steal, spent.share(&STEAL), 8),
        ];
        for (key, share, columns) in parts {
            if let Some(share) = share.filter(|_| spent.count >= columns) {
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
        let time = out.began().boot.since(std::mem::replace(&mut self.at, out.began().boot));
        self.most = time.as_secs().max(1).saturating_mul(LEAP);
        let mut all = None;
        for line in lines(buffer.text()) {
            let mut words = words(line);
            let Some(core) = words.next().and_then(|name| name.strip_prefix(b"cpu")) else { continue };
            let Some(now) = Times::read(words) else { continue };
            if core.is_empty() {
                all = Some(now);
            } else if let Some(number) = number(core).filter(|n| *n < MOST_CORES) {
                self.core(number, now);
            }
        }
        if let Some(spent) = self.spent(all) {
            self.all.put(&spent, out);
        }
        for core in self.cores.iter().flatten().filter(|core| self.per_core && core.seen == self.round) {
            if let Some(busy) = core.spent.as_ref().and_then(Times::busy) {
                out.put(&core.key, busy);
            }
        }
    }
}
