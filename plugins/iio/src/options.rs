//! What a person can say about this input.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use streamer_plugin::options::Glob;
use streamer_plugin::reading::word;
use streamer_plugin::{Input, InputError, Kind, Lane, Options, Simulated, Site};

use crate::devices::Bus;
use crate::sampler::Iio;

/// Devices of Linux IIO and hwmon drivers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IioOptions {
    /// Which device: its driver's name such as "bme280", its label, its place such as "1-0076", or a glob over these. Default: all.
    #[schemars(example = &"bme280")]
    pub(crate) device: Option<Glob>,
    /// Where to look for it: "iio", "hwmon" or "both".
    #[serde(default)]
    pub(crate) bus: Bus,
    /// Only channels that fit one of these globs, by key or as the kernel calls them: "in_voltage*", "temp1", "*_alarm". Default: all.
    #[serde(default)]
    pub(crate) include: Vec<Glob>,
    /// Without channels that fit one of these globs, such as "*_alarm".
    #[serde(default)]
    pub(crate) exclude: Vec<Glob>,
    /// The folder below which this input looks for /sys. Default: the agent's root.
    pub(crate) root: Option<PathBuf>,
}

impl Options for IioOptions {
    fn build(&self, site: &Site) -> Result<Input, InputError> {
        let site = site.below(self.root.as_deref());
        if !site.path("/sys").is_dir() {
            let root = site.root().display();
            return Err(InputError::misconfigured(format_args!("no sys in {root}: is `root` right?")));
        }
        // Many a driver measures while it is read, and some take their time.
        Ok(Input::sampler(Iio::new(site, self)).in_lane(Lane::Own))
    }

    fn simulated(&self, _: &Kind, _: &Site) -> Result<Input, InputError> {
        // What most devices have; which one it will be only the kernel knows.
        let (device, quantities) = match self.bus {
            Bus::Hwmon => ("chip", [("temp1", "temperature", "°C"), ("in0", "voltage", "V")]),
            Bus::Iio | Bus::Both => {
                ("device", [("in_temp", "temperature", "°C"), ("in_humidityrelative", "humidity", "%")])
            }
        };
        let named = self.device.as_ref().map(|device| device.to_string().replace(['*', '?'], ""));
        let named = named.filter(|name| !name.is_empty()).unwrap_or_else(|| device.into());
        let choice = Choice::of(self);
        let keys = quantities.map(|(kernels, what, unit)| (word(&format!("{named}_{what}")), kernels, unit));
        let wanted = keys.into_iter().filter(|(key, kernels, _)| choice.takes(key, kernels));
        Ok(Input::sampler(Simulated::new(wanted.map(|(key, _, unit)| (key, unit)))))
    }

    fn natural_key(&self) -> String {
        self.device.as_ref().map(|device| word(&device.to_string())).unwrap_or_default()
    }
}

/// Which channels are wanted.
pub(crate) struct Choice {
    include: Vec<Glob>,
    exclude: Vec<Glob>,
}

impl Choice {
    pub(crate) fn of(options: &IioOptions) -> Self {
        Self { include: options.include.clone(), exclude: options.exclude.clone() }
    }

    /// Whether a channel is wanted that has this key and that name in the kernel.
    pub(crate) fn takes(&self, key: &str, name: &str) -> bool {
        let fits = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(key) || glob.matches(name));
        !fits(&self.exclude) && (self.include.is_empty() || fits(&self.include))
    }
}
