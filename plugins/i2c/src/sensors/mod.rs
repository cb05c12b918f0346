//! One file for each chip or family: wiring, example, conversion, tests.

pub(crate) mod ads1115;
pub(crate) mod aht20;
pub(crate) mod bh1750;
pub(crate) mod bme280;
pub(crate) mod bmp180;
pub(crate) mod bmp388;
pub(crate) mod ccs811;
pub(crate) mod dps310;
pub(crate) mod ds3231;
pub(crate) mod expander;
pub(crate) mod hdc1080;
pub(crate) mod ina219;
pub(crate) mod ina226;
pub(crate) mod ina260;
pub(crate) mod lis3dh;
pub(crate) mod lm75;
pub(crate) mod lsm303dlhc;
pub(crate) mod max17048;
pub(crate) mod mcp9808;
pub(crate) mod mpu6050;
pub(crate) mod pcf8591;
pub(crate) mod scd4x;
pub(crate) mod sgp30;
pub(crate) mod sht3x;
pub(crate) mod sht4x;
pub(crate) mod si7021;
pub(crate) mod tmp102;
pub(crate) mod tmp117;
pub(crate) mod tsl2561;
pub(crate) mod tsl2591;
pub(crate) mod veml7700;

mod motion;
mod oversampling;
mod power;
mod ti;
