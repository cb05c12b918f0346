//! What every sensor in this crate is made of: options with a place, a chip, and a way to read it.

use std::time::Duration;

use streamer_plugin::options::Faults;
use streamer_plugin::{Input, InputError, Lane, Readings, Sampler, Site};

use crate::chip::Chip;
use crate::place::Place;

/// A chip's own part of the work.
pub(crate) trait Sensor: Send {
    /// Checks who is there, reads what never changes, and sets the chip up. Asked again after every failure, for a chip
    /// that was away has forgotten everything.
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError>;

    /// Takes one set of readings.
    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError>;
}

/// What options do beyond saying where the sensor is.
pub(crate) trait Wired {
    /// The chip as these options want it.
    fn sensor(&self) -> Box<dyn Sensor>;

    /// Checks what types cannot say.
    fn judge(&self, _faults: &mut Faults) {}

    /// Further addresses of the same part.
    fn also_at(&self) -> &'static [u8] {
        &[]
    }
}

/// Defines the options of a sensor: a bus and an address, then its own.
macro_rules! wired {
    ($(#[doc = $about:literal])* $name:ident at $usual:literal, $address:literal {}) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, serde::Deserialize)]
        #[serde(transparent)]
        pub(crate) struct $name(crate::place::PlaceAlone);

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                crate::place::PlaceAlone::schema_for(generator, concat!($($about, "\n"),*), $usual, $address)
            }
        }

        impl $name {
            fn place(&self) -> crate::place::Place {
                self.0.or_at($usual)
            }
        }

        crate::sensor::wired!($name);
    };
    ($(#[$about:meta])* $name:ident at $usual:literal, $address:literal { $($options:tt)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            /// Number of the I2C bus: 1 is `/dev/i2c-1`, on pins 3 (SDA) and 5 (SCL) of a Raspberry Pi's header.
            #[serde(default = "crate::place::first_bus")]
            bus: u8,
            #[doc = $address]
            #[serde(default)]
            address: crate::place::At<$usual>,
            $($options)*
        }

        impl $name {
            fn place(&self) -> crate::place::Place {
                crate::place::Place { bus: self.bus, address: self.address.get() }
            }
        }

        crate::sensor::wired!($name);
    };
    ($name:ident) => {
        impl streamer_plugin::Options for $name {
            fn build(
                &self,
                site: &streamer_plugin::Site,
            ) -> Result<streamer_plugin::Input, streamer_plugin::InputError> {
                crate::sensor::build(site, self.place(), crate::sensor::Wired::sensor(self))
            }

            fn simulated(
                &self,
                kind: &streamer_plugin::Kind,
                site: &streamer_plugin::Site,
            ) -> Result<streamer_plugin::Input, streamer_plugin::InputError> {
                self.build(&crate::recorded::with_sensor(site, kind.name, self.place())?)
            }

            fn check(&self, faults: &mut streamer_plugin::options::Faults) {
                crate::sensor::Wired::judge(self, faults);
            }

            fn claims(&self) -> Vec<streamer_plugin::Claim> {
                crate::sensor::claims(self.place(), crate::sensor::Wired::also_at(self))
            }

            fn natural_key(&self) -> String {
                let crate::place::Place { bus, address } = self.place();
                format!("{bus}-{address:02x}")
            }
        }
    };
}
pub(crate) use wired;

/// How long setting a chip up may take when the input is built. A chip that needs longer is set up in its first round.
const START_TIME: Duration = Duration::from_millis(800);

/// An input that reads `sensor` at `place`, in the lane of its bus.
pub(crate) fn build(site: &Site, place: Place, mut sensor: Box<dyn Sensor>) -> Result<Input, InputError> {
    let mut chip = Chip::new(site.i2c(place.bus)?.device(site.clock()), place);
    chip.until(site.clock().boot().plus(START_TIME));
    if let Err(error) = sensor.start(&mut chip) {
        return Err(match error {
            InputError::Misconfigured(_) => error,
            other => InputError::gone(other),
        });
    }
    let sampled = Sampled { sensor, chip, started: true };
    Ok(Input::sampler(sampled).in_lane(Lane::Shared(format!("i2c-{}", place.bus))))
}

pub(crate) fn claims(place: Place, also_at: &[u8]) -> Vec<streamer_plugin::Claim> {
    let Place { bus, address } = place;
    let also = also_at.iter().copied();
    std::iter::once(address).chain(also).map(|address| streamer_plugin::Claim::I2c { bus, address }).collect()
}

struct Sampled {
    sensor: Box<dyn Sensor>,
    chip: Chip,
    started: bool,
}

impl Sampled {
    fn round(&mut self, out: &mut Readings) -> Result<(), InputError> {
        if !self.started {
            self.sensor.start(&mut self.chip)?;
            self.started = true;
        }
        self.sensor.read(&mut self.chip, out)
    }
}

impl Sampler for Sampled {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        self.chip.until(out.deadline());
        let done = self.round(out);
        if matches!(done, Err(InputError::Again(_))) {
            self.started = false;
        }
        done
    }
}
