//! Where a device is: an I2C address, a GPIO line.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// A seven-bit I2C address: `0x76`, `118`, or either as text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(u8);

impl Address {
    /// What the JSON Schema calls it: such numbers are shown in hexadecimal, as every datasheet writes them.
    pub const FORMAT: &str = "i2c-address";

    /// An address that a device can have: 0x03 to 0x77. The others are reserved by the bus.
    pub const fn new(address: u8) -> Option<Self> {
        if address >= 0x03 && address <= 0x77 { Some(Self(address)) } else { None }
    }

    /// The address as a number.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:02x}", self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Address;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an I2C address from 0x03 to 0x77")
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Address, E> {
                u8::try_from(number)
                    .ok()
                    .and_then(Address::new)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Signed(number), &self))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Address, E> {
                self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Address, E> {
                let number = match text.strip_prefix("0x") {
                    Some(digits) => i64::from_str_radix(digits, 16),
                    None => text.parse(),
                };
                match number {
                    Ok(number) => self.visit_i64(number),
                    Err(_) => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl serde::Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.0)
    }
}

impl JsonSchema for Address {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Address".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["integer", "string"], "format": Self::FORMAT, "minimum": 3, "maximum": 119, "examples": [118] })
    }
}

/// A GPIO line: BCM number `17`, name `"GPIO17"`, or place on the 40-pin header `"P11"`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Pin {
    /// A line's number; on a Pi's header the BCM number.
    Number(u32),
    /// A line's name as the kernel knows it.
    Name(String),
    /// A place on the 40-pin header.
    Header(u8),
}

/// BCM numbers of the 40-pin header's places 1 to 40; none where there is power or ground.
/// Source: the pinout that is the same on every Raspberry Pi with 40 pins.
const HEADER: [Option<u32>; 40] = {
    let mut pins = [None; 40];
    let map: [(usize, u32); 28] = [
        (3, 2),
        (5, 3),
        (7, 4),
        (8, 14),
        (10, 15),
        (11, 17),
        (12, 18),
        (13, 27),
        (15, 22),
        (16, 23),
        (18, 24),
        (19, 10),
        (21, 9),
        (22, 25),
        (23, 11),
        (24, 8),
        (26, 7),
        (27, 0),
        (28, 1),
        (29, 5),
        (31, 6),
        (32, 12),
        (33, 13),
        (35, 19),
        (36, 16),
        (37, 26),
        (38, 20),
        (40, 21),
    ];
    let mut i = 0;
    while i < map.len() {
        pins[map[i].0 - 1] = Some(map[i].1);
        i += 1;
    }
    pins
};

impl Pin {
    /// The BCM number, where the pin says it by itself; a name has to be looked up in the kernel.
    pub fn number(&self) -> Option<u32> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Header(place) => HEADER.get(usize::from(*place).wrapping_sub(1)).copied().flatten(),
            Self::Name(name) => name.strip_prefix("GPIO").and_then(|digits| digits.parse().ok()),
        }
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
            Self::Header(place) => write!(f, "P{place}"),
        }
    }
}

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Pin;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a BCM number such as 17, a name such as \"GPIO17\", or a place on the header such as \"P11\"",
                )
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Pin, E> {
                u32::try_from(number)
                    .map(Pin::Number)
                    .map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Pin, E> {
                self.visit_i64(i64::try_from(number).unwrap_or(-1))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Pin, E> {
                if let Some(Ok(place)) = text.strip_prefix('P').map(str::parse::<u8>) {
                    let pin = Pin::Header(place);
                    return if pin.number().is_some() {
                        Ok(pin)
                    } else {
                        Err(E::custom(format!(
                            "{text} is no GPIO: that place of the header is power, ground or not there"
                        )))
                    };
                }
                match text.parse() {
                    Ok(number) => Ok(Pin::Number(number)),
                    Err(_) if text.is_empty() => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                    Err(_) => Ok(Pin::Name(text.to_owned())),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Pin {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Pin".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["integer", "string"], "minimum": 0, "examples": [17, "GPIO17", "P11"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Both {
        address: Option<Address>,
        pin: Option<Pin>,
    }

    fn read(text: &str) -> Result<Both, String> {
        let table = crate::options::Table::parse(text).map_err(|faults| format!("{faults:?}"))?;
        table.read().map_err(|faults| faults.iter().map(|f| f.words.clone()).collect::<Vec<_>>().join("; "))
    }

    #[test]
    fn addresses_and_pins_in_every_spelling() {
        for text in ["address = 0x76", "address = 118", "address = '0x76'", "address = '118'"] {
            assert_eq!(read(text).unwrap().address.unwrap().get(), 0x76, "{text}");
        }
        for text in ["pin = 17", "pin = '17'", "pin = 'GPIO17'", "pin = 'P11'"] {
            assert_eq!(read(text).unwrap().pin.unwrap().number(), Some(17), "{text}");
        }
        assert!(read("address = 0x80").err().unwrap().contains("0x03 to 0x77"));
        assert!(read("pin = 'P9'").err().unwrap().contains("ground"));
        assert_eq!(read("pin = 'DOOR_SWITCH'").unwrap().pin.unwrap().number(), None);
    }
}
