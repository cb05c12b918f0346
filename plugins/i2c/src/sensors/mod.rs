//! One file for each chip or family: wiring, example, conversion, tests.

pub(crate) mod ads1115;
pub(crate) mod bh1750;
pub(crate) mod bme280;
pub(crate) mod dps310;
pub(crate) mod ina219;
pub(crate) mod lm75;
pub(crate) mod mcp9808;
pub(crate) mod sht3x;
pub(crate) mod tmp102;

mod oversampling;
mod power;
