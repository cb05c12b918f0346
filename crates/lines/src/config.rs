//! What formats have in common where a configuration writes them: one home for all inputs that read text.
//!
//! It knows no other option of an input, and no TOML.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use streamer_clock::{Zone, ZoneError};

use crate::{EpochRule, Format, FormatError, Kind, Layout, Options};

/// Types that keys are pinned to: `{ status = "text" }`.
pub type Types = BTreeMap<String, Kind>;

/// Where the time of a reading stands in the text, and how it is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EpochOptions {
    /// The value that is the time; it is taken out of the readings. The format "line" needs none: there the time stands first.
    #[serde(default)]
    pub key: String,
    /// "rfc3339", "unix", "unix_ms", "unix_us", "unix_ns", "syslog", or a pattern such as "%d/%b/%Y:%H:%M:%S %z". A fraction may follow the seconds.
    pub format: String,
    /// The zone of a time that names none itself: "UTC", "local", or one like "Europe/Berlin". Default: the agent's.
    pub zone: Option<String>,
    /// Whether a line is refused whole where its time cannot be read. Otherwise it keeps the time of reading.
    #[serde(default)]
    pub required: bool,
}

impl EpochOptions {
    /// The rule, in the zone of the agent unless another one is named.
    ///
    /// # Errors
    /// [`ZoneError`] where there is no zone of that name.
    pub fn rule(&self, agents: &Zone) -> Result<EpochRule, ZoneError> {
        let zone = self.zone.as_deref().map_or_else(|| Ok(agents.clone()), Zone::named)?;
        Ok(EpochRule { key: self.key.clone(), format: self.format.clone(), zone, required: self.required })
    }
}

/// Units to take off before a number is read: `"V"`, or `["V", "'C"]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Units(
    /// Each as it stands behind a number.
    pub Vec<String>,
);

impl<'de> Deserialize<'de> for Units {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Units;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a unit in quotes, or a list of them")
            }
            fn visit_str<E>(self, unit: &str) -> Result<Units, E> {
                Ok(Units(vec![unit.to_owned()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Units, A::Error> {
                let mut units = Vec::new();
                while let Some(unit) = list.next_element()? {
                    units.push(unit);
                }
                Ok(Units(units))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl JsonSchema for Units {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Units".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "array"], "items": { "type": "string" }, "examples": ["V"] })
    }
}

/// An option that is wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The option, with those above it: `epoch.zone`.
    pub option: String,
    /// What is wrong with it.
    pub words: String,
}

impl Wrong {
    /// An option, and why it is wrong.
    pub fn new(option: &str, words: impl fmt::Display) -> Self {
        Self { option: option.to_owned(), words: words.to_string() }
    }
}

/// A layout with what was said of its values, made ready; times that name no zone are in the agent's.
///
/// # Errors
/// The option that is wrong.
pub fn ready(
    layout: Layout,
    types: &Types,
    strip: &Units,
    epoch: Option<&EpochOptions>,
    agents: &Zone,
) -> Result<Format, Wrong> {
    let epoch = epoch.map(|epoch| epoch.rule(agents)).transpose().map_err(|error| Wrong::new("epoch.zone", error))?;
    let options = Options { types: types.clone(), strip: strip.0.clone(), epoch, ..Options::new(layout) };
    Format::new(&options).map_err(|error| Wrong::new(error.option(), &error))
}

impl FormatError {
    /// The option that is wrong, as a configuration calls it.
    pub fn option(&self) -> &str {
        match self {
            Self::Pattern(_) | Self::NoGroups => "pattern",
            Self::NoSuchGroup { what, .. } => what,
            Self::Delimiter(_) => "delimiter",
            Self::Epoch(_) => "epoch.format",
            Self::NoPlaceForEpoch(_) => "epoch",
            Self::Key(_) => "columns",
        }
    }
}
