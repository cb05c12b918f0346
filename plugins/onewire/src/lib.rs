//! The DS18B20 family through the kernel's 1-Wire files.
