//! Sensors on an I2C bus.
//!
//! Each sensor is one file: how it is wired, what its options are, how its registers become readings. All of them work
//! on a bus that inputs share, one transaction at a time, and that may as well be simulated.
//!
//! - What a chip cannot have measured is refused and counted, never told: a wrong checksum, a value beyond its
//!   datasheet, the contents that its registers start with, a measurement that never ends.
//! - A chip that says it is another one is refused when it is opened. One that went away is set up anew when it is back.
//! - Every error names the address and the bus, and what to look at.
//!
//! A chip is here only if its conversion was compared with another's: `oracles/README.md` says with whose.

mod any;
#[cfg(test)]
mod bench;
mod bus;
mod chip;
mod crc;
mod place;
mod quantity;
mod sensor;
mod sensors;

use streamer_plugin::{Kind, Plugin};

use sensors::{ads1115, bh1750, bme280, dps310, ina219, lm75, mcp9808, sht3x, tmp102};

/// `[[inputs.i2c]]`.
pub const PLUGIN: Plugin = Plugin::new("i2c", "sensors on an I2C bus", KINDS).selected_by("sensor", None);

const KINDS: &[Kind] = &[
    bme280::BME280,
    bme280::BMP280,
    dps310::DPS310,
    sht3x::SHT3X,
    tmp102::TMP102,
    lm75::LM75,
    lm75::TMP105,
    mcp9808::MCP9808,
    ads1115::ADS1115,
    ads1115::ADS1015,
    ina219::INA219,
    bh1750::BH1750,
    any::ANY,
];
