//! Names for a set of devices. What one is called depends on what it is, where it is and which others there are, never
//! on the order in which they were found.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use streamer_reading::word;

use super::place::{address, device_of, in_device_tree, on_a_bus};
use super::{first_line, itself};

/// What is known of a device, from which its name is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// What its driver calls it; devices of one kind are called alike.
    pub name: String,
    /// What a person called it, in the device tree or the firmware.
    pub label: Option<String>,
    /// What tells it from others of its name, the same after every start: `1-0048`, `28-0000000d000a`, a path.
    pub address: Option<String>,
    /// Whether more of its kind can be plugged in: then the address always belongs to the name, so that a key does not
    /// change when a second one comes.
    pub plugged: bool,
}

impl Device {
    /// The device that a folder of /sys/class/hwmon or /sys/bus/iio/devices shows: by its `name`, else by its device's,
    /// else by where it is. None where it has none of these.
    pub fn at(folder: &Path) -> Option<Self> {
        let folder = itself(folder);
        let name = first_line(&folder.join("name")).or_else(|| first_line(&folder.join("device/name")));
        match name {
            Some(name) => Some(Self::named(name, &folder)),
            None => {
                let nameless = Self::named(String::new(), &folder);
                let name = nameless.label.clone().or(nameless.address)?;
                // The name is its place already.
                Some(Self { name, address: None, plugged: false, label: None })
            }
        }
    }

    /// The device behind `folder` under a name that is known.
    pub fn named(name: impl Into<String>, folder: &Path) -> Self {
        let place = device_of(folder).map(|device| address(&device));
        let plugged = place.as_deref().is_some_and(|place| on_a_bus(place) == Some(true));
        let label = first_line(&folder.join("label"));
        Self { name: name.into(), label, address: place.or_else(|| in_device_tree(folder)), plugged }
    }

    /// Everything that a person may call it by.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [Some(&self.name), self.label.as_ref(), self.address.as_ref()].into_iter().flatten().map(String::as_str)
    }

    /// The shortest name first, then those that say more; each is the same after every start.
    fn words(&self) -> Vec<String> {
        let with = |more: &String| word(&format!("{}_{more}", self.name));
        let plain = (!self.plugged).then(|| word(&self.name));
        let labelled = if self.plugged { None } else { self.label.as_ref().map(with) };
        plain.into_iter().chain(labelled).chain(self.address.as_ref().map(with)).collect()
    }
}

/// A name of its own for each device, and the names that several bear whom nothing tells apart: those are left out
/// together, for which of them came first is chance.
///
/// ```
/// use streamer_plugin::sysfs::{Device, tell_apart};
///
/// let chip = |address: &str| Device {
///     name: "lm75".into(), label: None, address: Some(address.into()), plugged: true,
/// };
/// let (named, doubtful) = tell_apart(vec![(chip("1-0048"), 'a'), (chip("1-0049"), 'b')]);
/// assert_eq!(named, [("lm75_1-0048".to_owned(), 'a'), ("lm75_1-0049".to_owned(), 'b')]);
/// assert!(doubtful.is_empty());
/// ```
pub fn tell_apart<T>(devices: Vec<(Device, T)>) -> (Vec<(String, T)>, Vec<String>) {
    // How many devices could be called so, each counted once: a name counts only if it is nobody else's at any length.
    let words: Vec<Vec<String>> = devices.iter().map(|(device, _)| device.words()).collect();
    let mut bearers: HashMap<&String, usize> = HashMap::new();
    for word in words.iter().flatten() {
        *bearers.entry(word).or_default() += 1;
    }
    let name = |words: &Vec<String>| {
        let own = words.iter().find(|word| bearers.get(word) == Some(&1));
        own.or(words.last()).cloned().unwrap_or_default()
    };
    let named: Vec<String> = words.iter().map(name).collect();
    alone(named.into_iter().zip(devices.into_iter().map(|(_, rest)| rest)).collect(), |(name, _)| name)
}

/// Those whose name nobody else has, and the names that are left.
pub fn alone<T>(all: Vec<T>, name: impl Fn(&T) -> &String) -> (Vec<T>, Vec<String>) {
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    for one in &all {
        *met.entry(name(one).clone()).or_default() += 1;
    }
    let alone = all.into_iter().filter(|one| met.get(name(one)) == Some(&1)).collect();
    (alone, met.into_iter().filter(|(_, count)| *count > 1).map(|(name, _)| name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(name: &str, label: Option<&str>, address: Option<&str>, plugged: bool) -> (Device, ()) {
        let device =
            Device { name: name.into(), label: label.map(Into::into), address: address.map(Into::into), plugged };
        (device, ())
    }

    fn names(devices: Vec<(Device, ())>) -> (Vec<String>, Vec<String>) {
        let (named, doubtful) = tell_apart(devices);
        (named.into_iter().map(|(name, ())| name).collect(), doubtful)
    }

    #[test]
    fn devices_are_told_apart_by_label_then_by_place() {
        let twins = vec![
            device("adc", Some("battery"), Some("platform_a"), false),
            device("adc", Some("solar"), Some("platform_b"), false),
        ];
        assert_eq!(names(twins).0, ["adc_battery", "adc_solar"]);
        let same_label = vec![
            device("adc", Some("x"), Some("platform_a"), false),
            device("adc", Some("x"), Some("platform_b"), false),
        ];
        assert_eq!(names(same_label).0, ["adc_platform_a", "adc_platform_b"]);
        assert_eq!(names(vec![device("lm75", None, Some("1-0048"), true)]).0, ["lm75_1-0048"]);
    }

    #[test]
    fn what_nothing_tells_apart_is_left_out_together() {
        let (named, doubtful) = names(vec![
            device("adc", None, None, false),
            device("adc", None, None, false),
            device("other", None, None, false),
        ]);
        assert_eq!((named, doubtful), (vec!["other".to_owned()], vec!["adc".to_owned()]));
    }
}
