//! One TOML file to a plan, or to located diagnostics.
