//! How often a barometer measures for one answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Measurements that are averaged by the chip.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub(crate) enum Oversampling {
    /// One measurement.
    #[serde(rename = "1x")]
    One,
    /// Two.
    #[serde(rename = "2x")]
    Two,
    /// Four.
    #[serde(rename = "4x")]
    Four,
    /// Eight.
    #[serde(rename = "8x")]
    Eight,
    /// Sixteen: the least noise.
    #[default]
    #[serde(rename = "16x")]
    Sixteen,
}

impl Oversampling {
    /// The power of two.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    pub(crate) fn times(self) -> u8 {
        1 << self.code()
    }
}
