//! Which temperature sensors there are, and what they are called. The kernel numbers zones and chips as it finds them, so
//! those numbers name nothing: the type, the chip, the label and, where two are alike, the device's own address do.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use streamer_plugin::Site;
use streamer_plugin::reading::word;

use crate::source::{entries, first_line};

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

/// A thermal zone, or a hwmon chip with its temperatures.
struct Device {
    name: String,
    /// What tells it from others of its name, the same after every start.
    address: Option<String>,
    /// Whether more of its kind can be plugged in: then the address always belongs to the name, so that a key does not
    /// change when a second one comes.
    plugged: bool,
    sensors: Vec<Sensor>,
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
        devices.iter().flat_map(|zone| &zone.sensors).filter_map(|s| s.file.parent().map(Path::to_owned)).collect();
    devices.extend(chips(&site.path("/sys/class/hwmon"), &zones));
    let (devices, mut doubtful) = alone(tell_apart(devices), |(name, _)| name);
    let found = devices.into_iter().flat_map(|(name, sensors)| sensors_of(&name, sensors)).collect();
    let (found, more) = alone(found, |found: &Found| &found.name);
    doubtful.extend(more);
    (found, doubtful)
}

/// Those whose name nobody else has, and the names that are left.
fn alone<T>(all: Vec<T>, name: impl Fn(&T) -> &String) -> (Vec<T>, Vec<String>) {
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    for one in &all {
        *met.entry(name(one).clone()).or_default() += 1;
    }
    let alone = all.into_iter().filter(|one| met.get(name(one)) == Some(&1)).collect();
    (alone, met.into_iter().filter(|(_, count)| *count > 1).map(|(name, _)| name).collect())
}

/// The folder itself instead of the link to it, whose name may be another's after the next start.
fn itself(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn zones(class: &Path) -> Vec<Device> {
    let zones = entries(class).into_iter().filter(|(name, _)| name.starts_with("thermal_zone"));
    let zone = |(_, path): (String, PathBuf)| {
        // The kernel makes a hwmon chip of most zones, with `_` for every `-`: one spelling for both.
        let name = first_line(&path.join("type"))?.replace('-', "_");
        let folder = itself(&path);
        let sensor = Sensor { number: 1, label: None, file: folder.join("temp"), state: Some(folder.join("mode")) };
        let address = device_of(&folder).map(|device| address(&device)).or_else(|| trips(&folder));
        Some(Device { name, address, plugged: false, sensors: vec![sensor] })
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

fn chips(class: &Path, zones: &HashSet<PathBuf>) -> Vec<Device> {
    let chip = |(_, path): (String, PathBuf)| {
        let folder = itself(&path);
        // A zone's own chip shows the same temperature once more.
        if folder.ancestors().any(|above| zones.contains(above)) {
            return None;
        }
        let name = first_line(&folder.join("name")).or_else(|| first_line(&folder.join("device/name")))?;
        let address = device_of(&folder).map(|device| address(&device));
        let plugged = address.as_deref().is_some_and(|address| on_a_bus(address) == Some(true));
        Some(Device { name, address, plugged, sensors: temperatures(&folder) })
    };
    entries(class).into_iter().filter_map(chip).filter(|chip| !chip.sensors.is_empty()).collect()
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
    sensors.sort_by_key(|sensor| sensor.number);
    sensors
}

/// The folder of the device that a zone or chip belongs to, by its link or by where it lies.
fn device_of(folder: &Path) -> Option<PathBuf> {
    if let Ok(device) = folder.join("device").canonicalize() {
        return Some(device);
    }
    let own = |part: &str| part == "hwmon" || part == "thermal" || part == "virtual" || numbered(part, "hwmon");
    let above = folder.ancestors().skip(1).find(|path| !path.file_name().is_some_and(|n| own(&n.to_string_lossy())))?;
    let devices = above.iter().any(|part| part == "devices") && above.file_name().is_some_and(|n| n != "devices");
    (devices && folder.starts_with(above)).then(|| above.to_owned())
}

fn numbered(part: &str, word: &str) -> bool {
    part.strip_prefix(word).is_some_and(|digits| digits.chars().all(|c| c.is_ascii_digit()))
}

/// What stays the same about a device: a serial of its own, its place on a bus, or its whole path.
fn address(device: &Path) -> String {
    let place =
        || device.iter().rev().map(|part| part.to_string_lossy().into_owned()).find(|part| on_a_bus(part).is_some());
    let serial = || first_line(&device.join("wwid")).or_else(|| first_line(&device.join("serial")));
    let path = || {
        let below: Vec<_> = device.iter().skip_while(|part| *part != "devices").skip(1).collect();
        below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("_")
    };
    serial().or_else(place).unwrap_or_else(path)
}

/// Whether `part` of a path is a place on a bus; `Some(true)` where it is one that sensors are plugged into.
fn on_a_bus(part: &str) -> Option<bool> {
    let hexadecimal = |text: &str, len: usize| text.len() == len && text.bytes().all(|b| b.is_ascii_hexdigit());
    let decimal = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if let Some((left, right)) = part.split_once('-') {
        let onewire = hexadecimal(left, 2) && hexadecimal(right, 12);
        let i2c = decimal(left) && hexadecimal(right, 4);
        let usb = decimal(left) && right.starts_with(|c: char| c.is_ascii_digit()) && !hexadecimal(right, 4);
        return (onewire || i2c || usb).then_some(true);
    }
    if part.strip_prefix("spi").and_then(|rest| rest.split_once('.')).is_some_and(|(a, b)| decimal(a) && decimal(b)) {
        return Some(true);
    }
    // PCI: domain, bus, device, function. Platform: the number behind a dot is the driver's own count.
    let colons: Vec<&str> = part.split(':').collect();
    if let [domain, bus, slot] = colons[..] {
        let pci = hexadecimal(domain, 4)
            && hexadecimal(bus, 2)
            && slot.split_once('.').is_some_and(|(s, _)| hexadecimal(s, 2));
        return pci.then_some(false);
    }
    part.rsplit_once('.').is_some_and(|(name, count)| !name.is_empty() && decimal(count)).then_some(false)
}

/// A name for each device, and its sensors.
fn tell_apart(devices: Vec<Device>) -> Vec<(String, Vec<Sensor>)> {
    let mut alike: HashMap<String, usize> = HashMap::new();
    for device in &devices {
        *alike.entry(word(&device.name)).or_default() += 1;
    }
    let named = |device: Device| {
        let plain = word(&device.name);
        let name = match device.address {
            Some(address) if device.plugged || alike.get(&plain) != Some(&1) => {
                word(&format!("{}_{address}", device.name))
            }
            _ => plain,
        };
        (name, device.sensors)
    };
    devices.into_iter().map(named).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_on_a_bus_are_told_from_counted_names() {
        for plugged in ["28-0000000d000a", "1-0048", "1-1.4:1.0", "1-1", "spi0.1"] {
            assert_eq!(on_a_bus(plugged), Some(true), "{plugged}");
        }
        for built_in in ["0000:01:00.0", "coretemp.0", "1f000d0000.adc.0"] {
            assert_eq!(on_a_bus(built_in), Some(false), "{built_in}");
        }
        for counted in ["hwmon3", "nvme0", "thermal_zone0", "soc-firmware", "raspberrypi-hwmon", "w1_bus_master1"] {
            assert_eq!(on_a_bus(counted), None, "{counted}");
        }
    }
}
