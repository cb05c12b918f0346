//! Swap, from /proc/meminfo. A machine without any has a total of 0, and no share of it in use.

use streamer_plugin::{Key, Readings, Site};

use crate::collector::Collector;
use crate::counter::percent;
use crate::keys::key;
use crate::meminfo;
use crate::source::{Buffer, Source};

pub(crate) struct Swap {
    source: Source,
    total: Key,
    used: Key,
    used_percent: Key,
}

impl Swap {
    pub(crate) fn new(site: &Site) -> Self {
        Self {
            source: Source::new(site.path("/proc/meminfo")),
            total: key("swap_total_bytes"),
            used: key("swap_used_bytes"),
            used_percent: key("swap_used_percent"),
        }
    }
}

impl Collector for Swap {
    fn collect(&mut self, buffer: &mut Buffer, out: &mut Readings) {
        let read = meminfo::bytes(&mut self.source, [b"SwapTotal", b"SwapFree"], buffer, out);
        let Some([Some(total), Some(free)]) = read else { return };
        let used = total.saturating_sub(free);
        out.put(&self.total, total);
        out.put(&self.used, used);
        if let Some(share) = percent(used, total) {
            out.put(&self.used_percent, share);
        }
    }
}
