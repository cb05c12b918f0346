//! The real program from outside: faults, power loss, bad configurations.
