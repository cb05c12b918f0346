//! Any sensor that a Linux IIO or hwmon driver reads.
//!
//! The kernel has drivers for most sensor chips; they show their measurements as small files. This input finds the devices,
//! names them so that a key stays the same after the next start, and turns what the files hold into units that people use:
//!
//! - IIO: `in_*_input` where there is one, else (raw + offset) × scale. A channel's own offset and scale go before those
//!   that it shares with its kind, those before what the whole device shares. Without any scale it is counts, under a key
//!   that ends in `_raw`.
//! - hwmon: `*_input`, and each `*_alarm` as a boolean. An alarm makes no measurement: a chip that shows nothing but
//!   "voltage too low" has no voltage.
//! - A file that cannot be read is refused and counted. It is not the same as one that is missing, and never a 0.
//! - What the kind of measurement, or the chip where it is known, rules out is refused and counted.
//!
//! It reads and never writes. Sensors that a driver cannot read without faults (DHT11 and DHT22: `dtoverlay=dht11,gpiopin=4`)
//! are asked again within the round. For DS18B20 sensors the input `onewire` is the better one: it sees the bytes that prove
//! a temperature.
//!
//! ```toml
//! [[inputs.iio]]
//! device = "bme280"
//! interval = "30s"
//! ```

mod attribute;
mod channel;
mod devices;
mod hwmon;
mod iio;
mod naming;
mod number;
mod options;
mod quantity;
mod sampler;
mod scan;

use streamer_plugin::{Kind, Plugin};

pub use options::IioOptions;
pub use quantity::MADE;

/// `[[inputs.iio]]`.
pub const PLUGIN: Plugin = Plugin::new(
    "iio",
    "sensors that a Linux IIO or hwmon driver reads, DHT11 and DHT22 among them",
    &[Kind::of::<IioOptions>("").makes(MADE)],
)
.scanned_by(scan::scan);
