//! Words about the configuration.
