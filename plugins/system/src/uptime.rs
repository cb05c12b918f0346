//! How long the machine has been running, from /proc/uptime.

use streamer_plugin::{Key, Readings, Site};

use crate::collector::{Collector, text};
use crate::keys::key;
use crate::scan::{first, number};
use crate::source::{Buffer, Source};

/// A hundred years: what is longer is no uptime.
const LONGEST: u64 = 100 * 366 * 86_400;

pub(crate) struct Uptime {
    source: Source,
    key: Key,
}

impl Uptime {
    pub(crate) fn new(site: &Site) -> Self {
        Self { source: Source::new(site.path("/proc/uptime")), key: key("uptime_seconds") }
    }
}

impl Collector for Uptime {
    fn collect(&mut self, buffer: &mut Buffer, out: &mut Readings) {
        let Some(text) = text(&mut self.source, buffer, out) else { return };
        let whole = first(text).split(|b| *b == b'.').next().unwrap_or_default();
        match number(whole) {
            Some(secs) if secs <= LONGEST => out.put(&self.key, secs),
            Some(secs) => out.refuse(self.key.as_str(), "range", format_args!("{secs} s is over a hundred years")),
            None => out.refuse(self.key.as_str(), "number", "what stands in /proc/uptime is no time"),
        }
    }
}
