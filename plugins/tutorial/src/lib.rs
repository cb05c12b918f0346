//! The inputs of `plugins/README.md`: each file here is a block there, letter by letter, which a test compares.

pub mod attic;
pub mod button;
pub mod climate;
pub mod rack;
pub mod thermocouple;
