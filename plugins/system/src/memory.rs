//! Memory, from /proc/meminfo. What the kernel does not say is left out: old kernels have no `MemAvailable`, and some
//! show it as 0, which no running machine has.

use streamer_plugin::{Key, Readings, Site};

use crate::collector::Collector;
use crate::counter::percent;
use crate::keys::key;
use crate::meminfo;
use crate::source::{Buffer, Source};

pub(crate) struct Memory {
    source: Source,
    total: Key,
    available: Key,
    used: Key,
    used_percent: Key,
    free: Key,
    cached: Key,
}

impl Memory {
    pub(crate) fn new(site: &Site) -> Self {
        Self {
            source: Source::new(site.path("/proc/meminfo")),
            total: key("memory_total_bytes"),
            available: key("memory_available_bytes"),
            used: key("memory_used_bytes"),
            used_percent: key("memory_used_percent"),
            free: key("memory_free_bytes"),
            cached: key("memory_cached_bytes"),
        }
    }
}

impl Collector for Memory {
    fn collect(&mut self, buffer: &mut Buffer, out: &mut Readings) {
        const NAMES: [&[u8]; 6] = [b"MemTotal", b"MemFree", b"MemAvailable", b"Buffers", b"Cached", b"SReclaimable"];
        let Some([total, free, available, buffers, cached, slabs]) =
            meminfo::bytes(&mut self.source, NAMES, buffer, out)
        else {
            return;
        };
        let Some(total) = total.filter(|total| *total > 0) else { return };
        out.put(&self.total, total);
        if let Some(available) = available.filter(|available| *available > 0) {
            if available > total {
                let words = format_args!("{available} bytes available of {total} in all cannot be");
                out.refuse(self.available.as_str(), "range", words);
            } else {
                out.put(&self.available, available);
                out.put(&self.used, total - available);
                if let Some(share) = percent(total - available, total) {
                    out.put(&self.used_percent, share);
                }
            }
        }
        if let Some(free) = free {
            out.put(&self.free, free);
        }
        if let Some(cached) = cached {
            out.put(&self.cached, cached.saturating_add(buffers.unwrap_or(0)).saturating_add(slabs.unwrap_or(0)));
        }
    }
}
