//! Where a device is connected: what a path below /sys/devices says about it that does not change with the next start.

use std::path::{Path, PathBuf};

use super::first_line;

/// The folder of the device that a zone, a chip or an IIO device belongs to, by its link or by where it lies.
pub(super) fn device_of(folder: &Path) -> Option<PathBuf> {
    if let Ok(device) = folder.join("device").canonicalize() {
        return Some(device);
    }
    let own = |part: &str| {
        matches!(part, "hwmon" | "thermal" | "virtual") || numbered(part, "hwmon") || numbered(part, "iio:device")
    };
    let above = folder.ancestors().skip(1).find(|path| !path.file_name().is_some_and(|n| own(&n.to_string_lossy())))?;
    (!below_devices(above).is_empty()).then(|| above.to_owned())
}

fn numbered(part: &str, word: &str) -> bool {
    part.strip_prefix(word).is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
}

/// The parts of a path behind `sys/devices`; none where it does not lead through there.
fn below_devices(path: &Path) -> Vec<String> {
    let parts: Vec<String> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let start = parts.windows(2).rposition(|pair| pair[0] == "sys" && pair[1] == "devices");
    start.map(|at| parts[at + 2..].to_vec()).unwrap_or_default()
}

/// What stays the same about a device: a serial of its own, its place on a bus, or its whole path.
pub(super) fn address(device: &Path) -> String {
    let parts = below_devices(device);
    let serial = || first_line(&device.join("wwid")).or_else(|| first_line(&device.join("serial")));
    let place = || parts.iter().rev().find(|part| on_a_bus(part).is_some()).cloned();
    serial().or_else(place).unwrap_or_else(|| parts.join("_"))
}

/// The name that the device tree has for it, as the kernel wrote it into `uevent`. Recorded trees keep that file where
/// they lose the links.
pub(super) fn in_device_tree(folder: &Path) -> Option<String> {
    let name = |file: &str| {
        let text = std::fs::read_to_string(folder.join(file)).ok()?;
        text.lines().find_map(|line| line.strip_prefix("OF_FULLNAME=")).map(|name| name.trim().to_owned())
    };
    name("uevent").or_else(|| name("device/uevent")).filter(|name| !name.is_empty())
}

/// Whether `part` of a path is a place on a bus; `Some(true)` where it is one that sensors are plugged into.
pub(super) fn on_a_bus(part: &str) -> Option<bool> {
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

    #[test]
    fn where_a_tree_was_recorded_is_no_part_of_an_address() {
        assert_eq!(address(Path::new("/home/pi/1-1/case.7/sys/devices/virtual/thermal")), "virtual_thermal");
        assert_eq!(address(Path::new("/sys/devices/platform/soc/i2c-1/1-0048/iio:device0")), "1-0048");
        assert!(below_devices(Path::new("/sys/bus/iio/devices/iio:device0")).is_empty());
    }
}
