//! What formats have in common where a configuration writes them: one home for all inputs that read text.
//!
//! It knows no other option of an input, and no TOML.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use streamer_clock::{Zone, ZoneError};

use crate::{EpochRule, FormatError, Kind};

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
