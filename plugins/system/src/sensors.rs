//! Which temperature sensors there are, and what they are called: as their devices are, and by label or number within
//! one device.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use streamer_plugin::Site;
use streamer_plugin::reading::word;
use streamer_plugin::sysfs::{Device, alone, entries, first_line, itself, tell_apart};

/// One sensor that was found.
#[derive(Debug)]
pub(crate) struct Found {
    /// What it is called in a key.
    pub(crate) name: String,
    /// The file with thousandths of a degree.
    pub(crate) file: PathBuf,
    /// The file that says whether it works: `mode` of a zone, `tempN_fault` of a chip's sensor.
    pub(crate) state: Option<PathBuf>,
}

struct Sensor {
    number: u32,
    label: Option<String>,
    file: PathBuf,
    state: Option<PathBuf>,
}

/// All sensors, each with a name of its own, and the names that several bear whom nothing tells apart: those are left
/// out together, for which of them came first is chance.
pub(crate) fn find(site: &Site) -> (Vec<Found>, Vec<String>) {
    let mut devices = zones(&site.path("/sys/class/thermal"));
    let zones: HashSet<PathBuf> =
        devices.iter().flat_map(|(_, sensors)| sensors).filter_map(|s| s.file.parent().map(Path::to_owned)).collect();
    devices.extend(chips(&site.path("/sys/class/hwmon"), &zones));
    let (devices, mut doubtful) = tell_apart(devices);
    let found = devices.into_iter().flat_map(|(name, sensors)| sensors_of(&name, sensors)).collect();
    let (found, more) = alone(found, |found: &Found| &found.name);
    doubtful.extend(more);
    (found, doubtful)
}

fn zones(class: &Path) -> Vec<(Device, Vec<Sensor>)> {
    let zones = entries(class).into_iter().filter(|(name, _)| name.starts_with("thermal_zone"));
    let zone = |(_, path): (String, PathBuf)| {
        // The kernel makes a hwmon chip of most zones, with `_` for every `-`: one spelling for both.
        let name = first_line(&path.join("type"))?.replace('-', "_");
        let folder = itself(&path);
        let sensor = Sensor { number: 1, label: None, file: folder.join("temp"), state: Some(folder.join("mode")) };
        let zone = Device { plugged: false, ..Device::named(name, &folder) };
        Some((Device { address: zone.address.or_else(|| trips(&folder)), ..zone }, vec![sensor]))
    };
    zones.filter_map(zone).collect()
}

/// Zones without a device differ at least in the temperatures at which they act.
fn trips(zone: &Path) -> Option<String> {
    let files =
        entries(zone).into_iter().filter(|(name, _)| name.starts_with("trip_point_") && name.ends_with("_temp"));
    let temperatures: Vec<String> = files.filter_map(|(_, path)| first_line(&path)).collect();
    (!temperatures.is_empty()).then(|| format!("trips_{}", temperatures.join("_")))
}

fn chips(class: &Path, zones: &HashSet<PathBuf>) -> Vec<(Device, Vec<Sensor>)> {
    let chip = |(_, path): (String, PathBuf)| {
        let folder = itself(&path);
        // A zone's own chip shows the same temperature once more.
        if folder.ancestors().any(|above| zones.contains(above)) {
            return None;
        }
        Some((Device::at(&folder)?, temperatures(&folder)))
    };
    entries(class).into_iter().filter_map(chip).filter(|(_, sensors)| !sensors.is_empty()).collect()
}

fn temperatures(chip: &Path) -> Vec<Sensor> {
    let number = |name: &str| name.strip_prefix("temp")?.strip_suffix("_input")?.parse::<u32>().ok();
    let mut sensors: Vec<Sensor> = entries(chip)
        .into_iter()
        .filter_map(|(name, file)| {
            let number = number(&name)?;
            let label = first_line(&chip.join(format!("temp{number}_label")));
            let fault = chip.join(format!("temp{number}_fault"));
            Some(Sensor { number, label, file, state: fault.exists().then_some(fault) })
        })
        .collect();
    sensors.sort_unstable_by_key(|sensor| sensor.number);
    sensors
}

/// One sensor without a label is called as its device is; others add their label or their number, which the driver gives.
fn sensors_of(device: &str, sensors: Vec<Sensor>) -> Vec<Found> {
    let labels: Vec<Option<String>> = sensors.iter().map(|s| s.label.as_deref().map(word)).collect();
    let alone = sensors.len() == 1;
    let name = |sensor: &Sensor, label: &Option<String>| match label {
        None if alone => device.to_owned(),
        None => format!("{device}_temp{}", sensor.number),
        Some(label) if labels.iter().flatten().filter(|other| *other == label).count() > 1 => {
            format!("{device}_{label}_temp{}", sensor.number)
        }
        Some(label) => format!("{device}_{label}"),
    };
    let names: Vec<String> = sensors.iter().zip(&labels).map(|(sensor, label)| name(sensor, label)).collect();
    let found = |(name, sensor): (String, Sensor)| Found { name, file: sensor.file, state: sensor.state };
    names.into_iter().zip(sensors).map(found).collect()
}
