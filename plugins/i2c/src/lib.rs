//! Sensors on an I2C bus.
