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

/// The options of a sensor that has none but its place. All such sensors share this one type, and so its code.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceAlone {
    /// Number of the I2C bus: 1 is `/dev/i2c-1`, on pins 3 (SDA) and 5 (SCL) of a Raspberry Pi's header.
    #[serde(default = "first_bus")]
    bus: u8,
    /// Address.
    #[serde(default)]
    #[schemars(with = "At<0x10>")]
    address: Option<Address>,
}

impl PlaceAlone {
    /// The place, at the chip's usual address where none is given.
    pub(crate) fn or_at(self, usual: u8) -> Place {
        Place { bus: self.bus, address: self.address.map_or(usual, Address::get) }
    }

    /// The schema for a chip: what it is, its usual address, and which ones it can have.
    pub(crate) fn schema_for(generator: &mut SchemaGenerator, about: &str, usual: u8, addresses: &str) -> Schema {
        let mut schema = Self::json_schema(generator);
        schema.insert("description".into(), about.trim().into());
        let place = schema.get_mut("properties").and_then(|all| all.get_mut("address"));
        if let Some(address) = place.and_then(serde_json::Value::as_object_mut) {
            address.insert("description".into(), addresses.into());
            address.insert("default".into(), serde_json::json!(Address::new(usual)));
        }
        schema
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
