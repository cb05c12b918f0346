//! Load averages, from /proc/loadavg.

use streamer_plugin::{Key, Readings, Site};

use crate::collector::{Collector, text};
use crate::keys::key;
use crate::scan::{decimal, words};
use crate::source::{Buffer, Source};

pub(crate) struct Load {
    source: Source,
    averages: [Key; 3],
}

impl Load {
    pub(crate) fn new(site: &Site) -> Self {
        Self { source: Source::new(site.path("/proc/loadavg")), averages: ["load1", "load5", "load15"].map(key) }
    }
}

impl Collector for Load {
    fn collect(&mut self, buffer: &mut Buffer, out: &mut Readings) {
        let Some(text) = text(&mut self.source, buffer, out) else { return };
        for (key, word) in self.averages.iter().zip(words(text)) {
            match decimal(word) {
                Some(load) if load >= 0.0 => out.put(key, load),
                _ => out.refuse(key.as_str(), "number", "what stands in /proc/loadavg is no load"),
            }
        }
    }
}
