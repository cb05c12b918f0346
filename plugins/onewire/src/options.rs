//! What a person can say about this input.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use streamer_plugin::options::Faults;
use streamer_plugin::{Input, InputError, Key, Kind, Lane, Options, Simulated, Site};

use crate::bus;
use crate::id::SensorId;
use crate::sampler::OneWire;

/// Temperature sensors of the families 10, 22, 28, 3b and 42 (DS18S20, DS1822, DS18B20, DS1825 and MAX31850, DS28EA00).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OneWireOptions {
    /// Only these sensors, by id. Default: all that the kernel finds, those too that are plugged in later.
    #[serde(default)]
    pub(crate) sensors: Vec<SensorId>,
    /// Keys for certain sensors, such as { "28-0000000a0002" = "freezer" }. The others are called temperature_ID.
    #[serde(default)]
    pub(crate) names: BTreeMap<SensorId, String>,
    /// How many bits a sensor measures, 9 to 12: half a degree in 94 ms to a sixteenth in 750 ms. It is set where it differs, for as
    /// long as the sensor has power. Default: as the sensor was delivered, mostly 12. The DS18S20 has no choice.
    #[schemars(range(min = 9, max = 12), example = 12)]
    pub(crate) resolution: Option<u8>,
    /// Whether all sensors of a bus measure at the same time, where the kernel (5.8 and later) offers it: ten sensors then take as long as one.
    #[serde(default = "yes")]
    pub(crate) bulk_read: bool,
    /// The folder below which this input looks for /sys. Default: the agent's root.
    pub(crate) root: Option<PathBuf>,
}

fn yes() -> bool {
    true
}

impl OneWireOptions {
    /// The key of a sensor's readings.
    pub(crate) fn key(&self, id: SensorId) -> String {
        self.names.get(&id).cloned().unwrap_or_else(|| format!("temperature_{id}"))
    }

    /// The sensors that are named, each once.
    pub(crate) fn wanted(&self) -> BTreeSet<SensorId> {
        let mut wanted = BTreeSet::new();
        wanted.extend(&self.sensors);
        wanted
    }
}

impl Options for OneWireOptions {
    fn build(&self, site: &Site) -> Result<Input, InputError> {
        let site = site.below(self.root.as_deref());
        let folder = bus::folder(&site);
        if !folder.is_dir() {
            return Err(InputError::gone(format_args!(
                "no {}: the kernel has no 1-Wire bus (on a Raspberry Pi: dtoverlay=w1-gpio in /boot/firmware/config.txt, then \
                 restart)",
                folder.display()
            )));
        }
        // The kernel lets one sensor of a bus speak at a time, and each of them takes most of a second.
        Ok(Input::sampler(OneWire::new(folder, self)).in_lane(Lane::Shared("onewire".into())))
    }

    fn simulated(&self, _: &Kind, _: &Site) -> Result<Input, InputError> {
        let mut ids: BTreeSet<SensorId> = self.sensors.iter().chain(self.names.keys()).copied().collect();
        if ids.is_empty() {
            ids.extend(SensorId::parse("28-000000000001"));
        }
        Ok(Input::sampler(Simulated::new(ids.into_iter().map(|id| (self.key(id), "°C")))))
    }

    fn check(&self, faults: &mut Faults) {
        if self.resolution.is_some_and(|bits| !(9..=12).contains(&bits)) {
            faults.add("resolution", "a sensor measures with 9, 10, 11 or 12 bits");
        }
        let wanted = self.wanted();
        if wanted.len() < self.sensors.len() {
            faults.add("sensors", "one of the ids stands there twice");
        }
        for (id, name) in &self.names {
            if let Err(refusal) = Key::new(name) {
                faults.add("names", format!("{name:?} is no key: {refusal}"));
            }
            if !wanted.is_empty() && !wanted.contains(id) {
                faults.add("names", format!("{id} has a name but is not among `sensors`"));
            }
        }
        let mut keys: Vec<String> = self.names.values().cloned().collect();
        keys.extend(wanted.iter().filter(|id| !self.names.contains_key(id)).map(|id| self.key(*id)));
        keys.sort_unstable();
        if let Some(twice) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
            faults.add("names", format!("two sensors would have the key {:?}", twice[0]));
        }
    }

    fn natural_key(&self) -> String {
        match self.sensors[..] {
            [id] => id.to_string(),
            _ => String::new(),
        }
    }
}
