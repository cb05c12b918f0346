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
mod chip;
mod crc;
mod part;
mod place;
mod quantity;
mod recorded;
mod scan;
mod sensor;
mod sensors;

use streamer_plugin::{Kind, Plugin};

use part::Part;
use sensors::{
    ads1115, aht20, bh1750, bme280, bmp180, bmp388, ccs811, dps310, ds3231, expander, hdc1080, ina219, ina226, ina260,
    lis3dh, lm75, lsm303dlhc, max17048, mcp9808, mpu6050, pcf8591, scd4x, sgp30, sht3x, sht4x, si7021, tmp102, tmp117,
    tsl2561, tsl2591, veml7700,
};

/// `[[inputs.i2c]]`.
pub const PLUGIN: Plugin =
    Plugin::new("i2c", "sensors on an I2C bus", &KINDS).selected_by("sensor", None).scanned_by(scan::scan);

/// All sensors, and at last the description of any other.
const KINDS: [Kind; PARTS.len() + 1] = {
    let mut kinds = [any::ANY; PARTS.len() + 1];
    let mut at = 0;
    while at < PARTS.len() {
        kinds[at] = PARTS[at].kind;
        at += 1;
    }
    kinds
};

const PARTS: &[Part] = &[
    // Weather.
    bme280::BME280,
    bme280::BMP280,
    bmp180::BMP180,
    bmp388::BMP388,
    bmp388::BMP390,
    dps310::DPS310,
    sht3x::SHT3X,
    sht4x::SHT4X,
    aht20::AHT20,
    hdc1080::HDC1080,
    si7021::SI7021,
    // Temperature alone.
    tmp102::TMP102,
    lm75::TMP105,
    lm75::LM75,
    tmp117::TMP117,
    mcp9808::MCP9808,
    // Voltages and currents.
    ads1115::ADS1115,
    ads1115::ADS1015,
    pcf8591::PCF8591,
    ina219::INA219,
    ina226::INA226,
    ina260::INA260,
    max17048::MAX17048,
    // Light.
    tsl2561::TSL2561,
    tsl2591::TSL2591,
    bh1750::BH1750,
    veml7700::VEML7700,
    // Air.
    scd4x::SCD4X,
    sgp30::SGP30,
    sgp30::SGP40,
    ccs811::CCS811,
    // Motion.
    lis3dh::LIS3DH,
    lsm303dlhc::LSM303DLHC,
    mpu6050::MPU6050,
    // Clocks and lines.
    ds3231::DS3231,
    ds3231::DS1307,
    expander::MCP23017,
    expander::PCF8574,
];
