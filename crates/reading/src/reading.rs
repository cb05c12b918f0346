//! One reading.

use std::fmt;

use crate::{Epoch, Key, Value};

/// One key, one value, one epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Which series it belongs to.
    pub key: Key,
    /// What was read.
    pub value: Value,
    /// When the read began, or a truer time that the device, the kernel or the caller gave.
    pub epoch: Epoch,
}

impl Reading {
    /// Puts the three together; each of them was checked when it was made.
    pub const fn new(key: Key, value: Value, epoch: Epoch) -> Self {
        Self { key, value, epoch }
    }
}

/// One plain line: `1790000000.000000 temperature 21.5`.
impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.epoch, self.key, self.value)
    }
}
