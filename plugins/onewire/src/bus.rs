//! The kernel's folders: which sensors there are, on which bus, and how all of a bus measure at once.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use streamer_plugin::sysfs::{entries, itself};
use streamer_plugin::{Readings, Site};

use crate::id::SensorId;

/// How often it is looked whether a bus has measured.
const LOOK: Duration = Duration::from_millis(20);

/// The folder of all 1-Wire devices.
pub(crate) fn folder(site: &Site) -> PathBuf {
    site.path("/sys/bus/w1/devices")
}

/// The temperature sensors that the kernel lists, each with its own folder.
pub(crate) fn sensors(folder: &Path) -> BTreeMap<SensorId, PathBuf> {
    let mut sensors = BTreeMap::new();
    for (name, path) in entries(folder) {
        if let Some(id) = SensorId::parse(&name) {
            sensors.insert(id, itself(&path));
        }
    }
    sensors
}

/// The buses that can let all their sensors measure at once, with the sensors of each.
fn masters(folder: &Path, sensors: &BTreeMap<SensorId, PathBuf>) -> Vec<(PathBuf, Vec<SensorId>)> {
    let buses = entries(folder).into_iter().filter(|(name, _)| name.starts_with("w1_bus_master"));
    let offered = buses.map(|(_, path)| itself(&path)).filter(|path| path.join("therm_bulk_read").exists());
    let of = |bus: PathBuf| {
        // A sensor lies in its bus's folder, or, in a tree that lost its links, stands in its list.
        let list = std::fs::read_to_string(bus.join("w1_master_slaves")).unwrap_or_default();
        let listed: Vec<SensorId> = list.lines().filter_map(|line| SensorId::parse(line.trim())).collect();
        let on_it = |(id, path): &(&SensorId, &PathBuf)| path.starts_with(&bus) || listed.contains(id);
        let sensors = sensors.iter().filter(on_it).map(|(id, _)| *id).collect();
        (bus, sensors)
    };
    offered.map(of).collect()
}

/// Lets all sensors of a bus measure at the same time, on every bus with at least two of `sensors`. What that makes wrong is
/// no loss: a sensor that has no measurement waiting measures when it is read.
pub(crate) fn measure_together(folder: &Path, sensors: &BTreeMap<SensorId, PathBuf>, out: &mut Readings) {
    for (bus, on_it) in masters(folder, sensors) {
        if on_it.len() < 2 {
            continue;
        }
        let file = bus.join("therm_bulk_read");
        if let Err(error) = OpenOptions::new().write(true).open(&file).and_then(|mut f| f.write_all(b"trigger\n")) {
            let cure = match error.kind() {
                io::ErrorKind::PermissionDenied => ": let this program write it, or set bulk_read = false",
                _ => "",
            };
            let words = format_args!("{}: {error}; its sensors measure one after the other{cure}", file.display());
            out.remark(format!("bulk {}", bus.display()), words);
            continue;
        }
        // The kernel mostly answers when all have measured; -1 means that they have not.
        while std::fs::read_to_string(&file).is_ok_and(|text| text.trim() == "-1") && out.pause(LOOK) {}
    }
}
