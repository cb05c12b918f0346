//! Where a sensor sits, and how that is written in a configuration.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use streamer_plugin::options::Address;

/// An address option whose default is the chip's usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct At<const USUAL: u8>(Address);

impl<const USUAL: u8> At<USUAL> {
    const DEFAULT: Self = match Address::new(USUAL) {
        Some(address) => Self(address),
        None => panic!("no device can have this address"),
    };

    pub(crate) fn get(self) -> u8 {
        self.0.get()
    }
}

impl<const USUAL: u8> Default for At<USUAL> {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl<const USUAL: u8> JsonSchema for At<USUAL> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        Address::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Address::json_schema(generator)
    }
}

/// A bus and an address on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) bus: u8,
    pub(crate) address: u8,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:02x} on I2C bus {}", self.address, self.bus)
    }
}

/// The bus on the header of every Raspberry Pi but the first.
pub(crate) fn first_bus() -> u8 {
    1
}
