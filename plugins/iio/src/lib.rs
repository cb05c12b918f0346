//! Any sensor that a Linux IIO or hwmon driver reads.
