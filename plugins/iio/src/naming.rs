//! Keys of channels: the device's name, a label where there is one, and what is measured.

use std::collections::HashMap;

use streamer_plugin::reading::word;
use streamer_plugin::sysfs::alone;

use crate::channel::Source;
use crate::devices::Found;

/// A channel under the key by which it is told.
pub(crate) struct Keyed {
    pub(crate) key: String,
    /// How the kernel calls it.
    pub(crate) name: String,
    pub(crate) source: Source,
}

/// The channels of all devices, and the keys that several would have: those are left out together.
pub(crate) fn keyed(devices: Vec<Found>) -> (Vec<Keyed>, Vec<String>) {
    let all = devices.into_iter().flat_map(of_device).collect();
    alone(all, |channel: &Keyed| &channel.key)
}

fn of_device(found: Found) -> Vec<Keyed> {
    let Found { name: device, device: known, channels } = found;
    let short = |label: &str, plain: &str| word(&format!("{label}_{plain}"));
    let mut meeting: HashMap<String, usize> = HashMap::new();
    for channel in &channels {
        if let Some(label) = &channel.label {
            *meeting.entry(short(label, &channel.plain)).or_default() += 1;
        }
    }
    let keyed = |channel: crate::channel::Channel| {
        let called = match &channel.label {
            None => channel.word,
            Some(label) if meeting.get(&short(label, &channel.plain)) == Some(&1) => short(label, &channel.plain),
            Some(label) => format!("{label}_{}", channel.word),
        };
        let key = word(&format!("{device}_{called}"));
        Keyed { key, name: channel.name, source: channel.source.of_chip(&known.name) }
    };
    channels.into_iter().map(keyed).collect()
}
