//! The system's own metrics: processor, memory, disks, network, temperatures.
