//! A round: every sensor once, those that failed once more, as far as the time goes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use streamer_plugin::{InputError, Readings, Sampler};

use crate::bus;
use crate::id::SensorId;
use crate::options::OneWireOptions;
use crate::sensor::Sensor;
use crate::wrong::Wrong;

pub(crate) struct OneWire {
    folder: PathBuf,
    wanted: BTreeSet<SensorId>,
    keys: BTreeMap<SensorId, String>,
    resolution: Option<u8>,
    bulk_read: bool,
    sensors: BTreeMap<SensorId, Sensor>,
    /// The first one that the time did not reach: the next round begins with it.
    first: Option<SensorId>,
    /// How long the slowest read of the last round took.
    took: Duration,
}

impl OneWire {
    pub(crate) fn new(folder: PathBuf, options: &OneWireOptions) -> Self {
        let wanted = options.wanted();
        let mut keys = BTreeMap::new();
        keys.extend(wanted.iter().chain(options.names.keys()).map(|id| (*id, options.key(*id))));
        Self {
            keys,
            wanted,
            folder,
            resolution: options.resolution,
            bulk_read: options.bulk_read,
            sensors: BTreeMap::new(),
            first: None,
            took: Duration::ZERO,
        }
    }

    fn key(&self, id: SensorId) -> String {
        self.keys.get(&id).cloned().unwrap_or_else(|| format!("temperature_{id}"))
    }

    fn refuse(&self, id: SensorId, wrong: &Wrong, out: &mut Readings) {
        out.refuse(&self.key(id), wrong.cause(), format_args!("sensor {id}: {wrong}"));
    }

    /// One try. The longest time it took is kept, for it tells whether there is time for another.
    fn read(&mut self, id: SensorId, folder: &Path, out: &mut Readings) -> Result<(), Wrong> {
        let began = out.clock().boot();
        let sensor = self.sensors.entry(id).or_default();
        let said = sensor.read(id, folder);
        let set = match (self.resolution, &said) {
            (Some(bits), Ok(said)) => sensor.resolve(bits, *said, folder),
            _ => Ok(()),
        };
        if let Err(error) = set {
            let words =
                format_args!("the resolution of sensor {id} cannot be set ({error}): let this program write it");
            out.remark(format!("resolution {id}"), words);
        }
        self.took = self.took.max(out.clock().boot().since(began));
        let said = said?;
        #[expect(clippy::cast_precision_loss, reason = "below two million")]
        out.put(self.key(id).as_str(), said.millidegrees as f64 / 1000.0);
        Ok(())
    }

    /// Sensors that were there and are not any more; nobody asked for them by id, so it is only said.
    fn tell_gone(&mut self, found: &BTreeMap<SensorId, PathBuf>, out: &mut Readings) {
        for id in self.sensors.keys().filter(|id| !found.contains_key(id) && !self.wanted.contains(id)) {
            out.remark(format!("gone {id}"), format_args!("sensor {id} ({}) is gone from its bus", self.key(*id)));
        }
    }
}

impl Sampler for OneWire {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        let mut found = bus::sensors(&self.folder);
        if found.is_empty() && self.wanted.is_empty() {
            return Err(InputError::gone(format_args!(
                "no temperature sensor in {}: look at the data wire (GPIO4 unless set otherwise) and at the 4.7 kΩ pull-up",
                self.folder.display()
            )));
        }
        if !self.wanted.is_empty() {
            found.retain(|id, _| self.wanted.contains(id));
            for id in self.wanted.iter().filter(|id| !found.contains_key(id)) {
                self.refuse(*id, &Wrong::Missing, out);
            }
        }
        self.tell_gone(&found, out);
        if self.bulk_read {
            bus::measure_together(&self.folder, &found, out);
        }
        // Those that the time did not reach last time come first.
        let split = self.first.take();
        let (late, early): (Vec<_>, Vec<_>) = found.iter().partition(|(id, _)| split.is_some_and(|first| **id < first));
        let (expected, mut failed) = (std::mem::take(&mut self.took), Vec::new());
        for (place, (id, folder)) in early.into_iter().chain(late).enumerate() {
            if place > 0 && out.remaining() < expected.max(self.took) {
                self.first.get_or_insert(*id);
                self.refuse(*id, &Wrong::NoTime, out);
            } else if let Err(wrong) = self.read(*id, folder, out) {
                failed.push((*id, folder, wrong));
            }
        }
        for (id, folder, wrong) in failed {
            // A bulk measurement is used up: another one takes its whole time.
            let again = wrong.may_pass() && out.remaining() > expected.max(self.took);
            let outcome = if again { self.read(id, folder, out) } else { Err(wrong) };
            if let Err(wrong) = outcome {
                self.refuse(id, &wrong, out);
            }
        }
        Ok(())
    }
}
