//! What the devices below the mounts do, from /proc/diskstats: rates between two reads.

use streamer_plugin::clock::SinceBoot;
use streamer_plugin::{Key, Readings, Site};

use crate::collector::text;
use crate::counter::{Counters, float, hundredths, per_second};
use crate::keys::family;
use crate::mountinfo::Mount;
use crate::scan::{lines, number, numbers, words};
use crate::source::{Buffer, Source};

const ENDINGS: [&str; 5] = ["read_bytes_per_s", "write_bytes_per_s", "reads_per_s", "writes_per_s", "busy_percent"];
/// The unit of that file, whatever the device's own is.
const SECTOR: u64 = 512;

/// The devices to watch.
pub(crate) struct DiskIo {
    source: Source,
    devices: Vec<Device>,
    round: u64,
    at: SinceBoot,
}

struct Device {
    number: (u64, u64),
    /// The kernel's name for it, for file systems whose own number belongs to no device (btrfs).
    name: Option<Vec<u8>>,
    keys: [Key; 5],
    counters: Counters<5>,
}

/// Reads, sectors read, writes, sectors written, busy milliseconds.
type Counts = [u64; 5];

impl DiskIo {
    pub(crate) fn new(site: &Site) -> Self {
        let source = Source::new(site.path("/proc/diskstats"));
        Self { source, devices: Vec::new(), round: 1, at: SinceBoot::ZERO }
    }

    /// Takes another set of mounts, and keeps the counts of devices that are still there.
    pub(crate) fn take(&mut self, mounts: &[(String, Mount)]) {
        let mut old = std::mem::take(&mut self.devices);
        for (name, mount) in mounts {
            let kept = old.iter().position(|device| device.number == mount.device).map(|place| old.swap_remove(place));
            let counters = kept.map_or_else(Counters::default, |device| device.counters);
            let below = mount.source.strip_prefix(b"/dev/").filter(|name| mount.device.0 == 0 && !name.contains(&b'/'));
            let keys = family("disk", name, ENDINGS);
            self.devices.push(Device { number: mount.device, name: below.map(<[u8]>::to_vec), keys, counters });
        }
    }

    pub(crate) fn collect(&mut self, buffer: &mut Buffer, out: &mut Readings) {
        let Some(text) = text(&mut self.source, buffer, out) else { return };
        let now = out.began().boot;
        let time = now.since(self.at);
        self.at = now;
        self.round += 1;
        for line in lines(text) {
            let mut words = words(line);
            let number = words.next().and_then(number).zip(words.next().and_then(number));
            let Some((number, name)) = number.zip(words.next()) else { continue };
            let watched = |device: &&mut Device| device.number == number || device.name.as_deref() == Some(name);
            let Some(device) = self.devices.iter_mut().find(watched) else { continue };
            let Some((counters, timed)) = counters(words) else { continue };
            let grown = device.counters.grew(counters, self.round);
            let Some([reads, read, writes, written, busy]) = grown else { continue };
            let amounts = [read.saturating_mul(SECTOR), written.saturating_mul(SECTOR), reads, writes];
            for (key, amount) in device.keys.iter().zip(amounts) {
                if let Some(rate) = per_second(amount, time) {
                    out.put(key, rate);
                }
            }
            if timed && !time.is_zero() {
                // The kernel counts in ticks of its own, so a busy second may seem a little longer than one.
                let share = float(busy) / 10.0 / time.as_secs_f64();
                out.put(&device.keys[4], hundredths(share.min(100.0)));
            }
        }
    }
}

/// Eleven columns or more; old kernels have four for a partition, without times.
fn counters<'t>(words: impl Iterator<Item = &'t [u8]>) -> Option<(Counts, bool)> {
    match numbers::<11>(words) {
        ([reads, _, read, _, writes, _, written, _, _, busy, _], 11) => {
            Some(([reads, read, writes, written, busy], true))
        }
        ([reads, read, writes, written, ..], 4) => Some(([reads, read, writes, written, 0], false)),
        _ => None,
    }
}
