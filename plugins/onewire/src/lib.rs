//! The DS18B20 family through the kernel's 1-Wire files.
//!
//! The kernel's driver speaks to the sensors; this input reads `w1_slave`, which shows the nine bytes that a sensor
//! sent, and believes a temperature only when those bytes do:
//!
//! - The checksum must be right, and the temperature must be the one that the bytes make.
//! - Nine zero bytes have a right checksum and are no sensor's: a line held low, as when somebody pulls a plug.
//! - 85 °C is what a sensor says that lost its supply before it had measured. It counts only close to the reading before.
//! - What is beyond −55 to 125 °C is none of their readings; −127 °C is what programs say that lost a sensor.
//!
//! Whatever is wrong is tried once more in the same round, then refused by a named cause and counted. Nothing is ever a 0
//! that no sensor measured. The bus itself is never touched from here.
//!
//! ```toml
//! [[inputs.onewire]]
//! interval = "30s"
//! names = { "28-0000000a0002" = "freezer" }
//! ```
//!
//! On a Raspberry Pi the bus is switched on by `dtoverlay=w1-gpio` in /boot/firmware/config.txt; the data wire is GPIO4
//! (pin 7 of the header) unless `gpiopin` says otherwise, with 4.7 kΩ between it and 3.3 V.

mod bus;
mod id;
mod options;
mod sampler;
mod scan;
mod scratchpad;
mod sensor;
mod wrong;

use streamer_plugin::{Kind, Made, Plugin};

pub use id::SensorId;
pub use options::OneWireOptions;

/// The keys of this input.
pub const MADE: &[Made] = &[
    Made { key: "temperature_ID", unit: "°C", about: "of the sensor with that id, as in temperature_28-0000000a0002" },
    Made { key: "NAME", unit: "°C", about: "the same where `names` has a name for the id" },
];

/// `[[inputs.onewire]]`.
pub const PLUGIN: Plugin = Plugin::new(
    "onewire",
    "temperatures of the DS18B20 family on a 1-Wire bus",
    &[Kind::of::<OneWireOptions>("").makes(MADE)],
)
.scanned_by(scan::scan);
