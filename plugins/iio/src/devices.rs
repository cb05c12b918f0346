//! Which devices there are, and the channels of each.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use streamer_plugin::Site;
use streamer_plugin::sysfs::{Device, entries, itself, tell_apart};

use crate::channel::Channel;
use crate::{hwmon, iio};

/// Where to look for devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum Bus {
    /// Industrial I/O: converters, and sensors of the world around.
    Iio,
    /// Hardware monitoring: boards, processors, disks, and sensors of the world around, too.
    Hwmon,
    /// Both.
    #[default]
    Both,
}

/// A device with a name of its own.
pub(crate) struct Found {
    /// How it is called in keys.
    pub(crate) name: String,
    /// What is known of it.
    pub(crate) device: Device,
    pub(crate) channels: Vec<Channel>,
}

impl Bus {
    /// The folders that list its devices, below the root.
    pub(crate) fn folders(self) -> &'static [&'static str] {
        match self {
            Self::Iio => &["/sys/bus/iio/devices"],
            Self::Hwmon => &["/sys/class/hwmon"],
            Self::Both => &["/sys/bus/iio/devices", "/sys/class/hwmon"],
        }
    }
}

/// All devices with a name of their own, and the names that several bear whom nothing tells apart.
///
/// It is looked anew in every round: a number that was one device's may be another's now.
pub(crate) fn find(site: &Site, bus: Bus) -> (Vec<Found>, Vec<String>) {
    let folders = bus.folders().iter().flat_map(|folder| entries(&site.path(folder)));
    let all: Vec<(Device, (Device, Vec<Channel>))> = folders
        .filter_map(|(number, path)| {
            let folder = itself(&path);
            let device = Device::at(&folder)?;
            let channels = channels(&number, &folder)?;
            Some((device.clone(), (device, channels)))
        })
        .collect();
    let (named, doubtful) = tell_apart(all);
    let found = named.into_iter().map(|(name, (device, channels))| Found { name, device, channels });
    (found.collect(), doubtful)
}

/// The channels of a device; none where it is no device of ours, such as a trigger.
fn channels(number: &str, folder: &Path) -> Option<Vec<Channel>> {
    if number.starts_with("iio:device") {
        return Some(iio::channels(folder, &files(folder)));
    }
    if !number.starts_with("hwmon") {
        return None;
    }
    let own = hwmon::channels(folder, &files(folder));
    // Old drivers put everything into the folder of the device.
    let device: PathBuf = folder.join("device");
    if own.is_empty() && !folder.join("name").exists() && device.join("name").exists() {
        return Some(hwmon::channels(&device, &files(&device)));
    }
    Some(own)
}

fn files(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    names.extend(entries(folder).into_iter().map(|(name, _)| name));
    names
}
