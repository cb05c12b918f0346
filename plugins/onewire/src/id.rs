//! What a sensor is called: the number that was burned into it.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The number of a temperature sensor as the kernel writes it: family, a dash, twelve hexadecimal digits.
///
/// ```
/// use streamer_onewire::SensorId;
/// assert_eq!(SensorId::parse("28-0000000A0002").unwrap().to_string(), "28-0000000a0002");
/// assert!(SensorId::parse("01-0000000a0002").is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SensorId {
    family: Family,
    serial: u64,
}

/// What kind of chip it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Family {
    /// 10: half a degree, and a remainder that makes it finer. No resolution to choose.
    Ds18s20,
    /// 22.
    Ds1822,
    /// 28.
    Ds18b20,
    /// 3b: also the MAX31850, which reads a thermocouple.
    Ds1825,
    /// 42.
    Ds28ea00,
}

const FAMILIES: [(u8, Family); 5] = [
    (0x10, Family::Ds18s20),
    (0x22, Family::Ds1822),
    (0x28, Family::Ds18b20),
    (0x3b, Family::Ds1825),
    (0x42, Family::Ds28ea00),
];

impl SensorId {
    /// The id of a temperature sensor; none for other 1-Wire devices and for what is no id.
    pub fn parse(text: &str) -> Option<Self> {
        let (family, serial) = text.split_once('-')?;
        let hexadecimal = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
        if family.len() != 2 || serial.len() != 12 || !hexadecimal(family) || !hexadecimal(serial) {
            return None;
        }
        let code = u8::from_str_radix(family, 16).ok()?;
        let (_, family) = FAMILIES.into_iter().find(|(known, _)| *known == code)?;
        Some(Self { family, serial: u64::from_str_radix(serial, 16).ok()? })
    }

    pub(crate) fn family(self) -> Family {
        self.family
    }
}

impl fmt::Display for SensorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = FAMILIES.iter().find(|(_, family)| *family == self.family).map_or(0, |(code, _)| *code);
        write!(f, "{code:02x}-{:012x}", self.serial)
    }
}

impl<'de> Deserialize<'de> for SensorId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            de::Error::custom(format!(
                "`{text}` is no id of a temperature sensor: those begin with 10-, 22-, 28-, 3b- or 42- and go on with twelve \
                 hexadecimal digits, as in the folder names of /sys/bus/w1/devices"
            ))
        })
    }
}

impl Serialize for SensorId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for SensorId {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "SensorId".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^(10|22|28|3[bB]|42)-[0-9a-fA-F]{12}$",
            "examples": ["28-0000000a0002"],
        })
    }
}
