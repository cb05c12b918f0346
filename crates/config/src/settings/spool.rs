//! `[spool]`

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use streamer_plugin::options::{Period, Size, Table};

use super::place;
use crate::place::Findings;
use crate::plan::{OnFull, SpoolPlan, Sync};

/// Four segments: with less, nothing could be recycled.
const SMALLEST: Size = Size(256 << 10);

/// The durable buffer between inputs and outputs.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SpoolOptions {
    /// The bound for all buckets together. Over it, the log furthest above its share is cut.
    max_size: Size,
    /// What gives way: "drop_oldest" or "drop_newest". Inputs that can wait are paused instead.
    on_full: OnFull,
    /// The most that a power cut may cost; "always" has each reading on disk before it counts.
    sync: SyncOption,
    /// How often cursors and positions reach the disk when nothing else does; where only their counts have
    /// changed, every twelfth time.
    checkpoint: Period,
}

impl Default for SpoolOptions {
    fn default() -> Self {
        Self {
            max_size: Size(64 << 20),
            on_full: OnFull::DropOldest,
            sync: SyncOption::Every(Period::secs(10)),
            checkpoint: Period::secs(300),
        }
    }
}

impl SpoolOptions {
    pub(crate) fn plan(self, table: &Table<'_>, findings: &mut Findings<'_>) -> SpoolPlan {
        if self.max_size < SMALLEST {
            let words = format!("`max_size` is {}; the smallest spool is {SMALLEST}", self.max_size);
            findings.error(&place(table, "max_size"), words);
        }
        if matches!(self.sync, SyncOption::Every(period) if period < Period::millis(100)) {
            findings.error(&place(table, "sync"), "`sync` is too short; the shortest is 100ms").help =
                Some("\"always\" has each reading on disk before it counts".into());
        }
        if self.checkpoint < Period::secs(1) {
            findings.error(&place(table, "checkpoint"), "`checkpoint` is too short; the shortest is 1s");
        }
        SpoolPlan {
            max_size: self.max_size.0,
            on_full: self.on_full,
            sync: match self.sync {
                SyncOption::Every(period) => Sync::Every(period.0),
                SyncOption::Always => Sync::Always,
            },
            checkpoint: self.checkpoint.0,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum SyncOption {
    Every(Period),
    Always,
}

impl<'de> Deserialize<'de> for SyncOption {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = SyncOption;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a duration as text with a unit, such as \"10s\", or \"always\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<SyncOption, E> {
                if text == "always" {
                    return Ok(SyncOption::Always);
                }
                text.parse().map(SyncOption::Every).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

impl Serialize for SyncOption {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Every(period) => period.serialize(serializer),
            Self::Always => serializer.serialize_str("always"),
        }
    }
}

impl JsonSchema for SyncOption {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Sync".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [Period::json_schema(generator), { "const": "always" }] })
    }
}
