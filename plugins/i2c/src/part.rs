//! What is known of a sensor before one is spoken to: its options, where it can sit, and how it says who it is.

use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use streamer_plugin::{InputError, Kind, Made, Options};

use crate::chip::Chip;

/// Refuses another chip. It writes nothing but the number of a register, or a command of one byte that only asks, so that
/// a chip which is not this one takes no harm.
pub(crate) type Identity = fn(&mut Chip) -> Result<(), InputError>;

/// One line of the table of sensors.
pub(crate) struct Part {
    pub(crate) kind: Kind,
    /// The addresses that it can be given.
    at: &'static [RangeInclusive<u8>],
    /// How it is known; none where it cannot be told from others without more.
    pub(crate) identity: Option<Identity>,
    /// Further addresses of the same part, above its own.
    pub(crate) also_at: &'static [u8],
}

impl Part {
    pub(crate) const fn of<O: Options + DeserializeOwned + JsonSchema + 'static>(
        name: &'static str,
        at: &'static [RangeInclusive<u8>],
        makes: &'static [Made],
    ) -> Self {
        Self { kind: Kind::of::<O>(name).makes(makes), at, identity: None, also_at: &[] }
    }

    pub(crate) const fn known_by(self, identity: Identity) -> Self {
        Self { identity: Some(identity), ..self }
    }

    pub(crate) const fn also_at(self, also_at: &'static [u8]) -> Self {
        Self { also_at, ..self }
    }

    /// Whether it can be at this address.
    pub(crate) fn can_be_at(&self, address: u8) -> bool {
        self.at.iter().any(|range| range.contains(&address))
    }
}
