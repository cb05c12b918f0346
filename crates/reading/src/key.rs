//! A validated key: the name of one series of readings.

use std::fmt;
use std::sync::Arc;

use crate::{Refusal, limits};

/// The name of a series within a bucket: 1 to 250 characters, none of them a control character.
///
/// Cloning is cheap: a key is made once and stamped on every reading of its series.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Arc<str>);

impl Key {
    /// Checks `name` and keeps it as it is.
    ///
    /// # Errors
    /// [`Refusal::KeyEmpty`], [`Refusal::KeyTooLong`], [`Refusal::KeyControl`].
    pub fn new(name: impl AsRef<str>) -> Result<Self, Refusal> {
        let name = name.as_ref();
        check(name)?;
        Ok(Self(name.into()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This key with `prefix` put before it: always one of its own, so that those who clone it and those who clone this
    /// one do not count at the same place.
    ///
    /// # Errors
    /// [`Refusal::KeyTooLong`] where both together are over the limit, [`Refusal::KeyControl`] for the prefix.
    pub fn prefixed(&self, prefix: &str) -> Result<Self, Refusal> {
        Self::new(format!("{prefix}{}", self.0))
    }
}

fn check(name: &str) -> Result<(), Refusal> {
    if name.is_empty() {
        return Err(Refusal::KeyEmpty);
    }
    // Bytes bound characters from above, so that the usual short key is not counted.
    if name.len() > limits::KEY_CHARS {
        let chars = name.chars().count();
        if chars > limits::KEY_CHARS {
            return Err(Refusal::KeyTooLong(chars));
        }
    }
    match name.chars().find(|c| c.is_control()) {
        Some(c) => Err(Refusal::KeyControl(c)),
        None => Ok(()),
    }
}

impl TryFrom<&str> for Key {
    type Error = Refusal;
    fn try_from(name: &str) -> Result<Self, Refusal> {
        Self::new(name)
    }
}

impl TryFrom<String> for Key {
    type Error = Refusal;
    fn try_from(name: String) -> Result<Self, Refusal> {
        check(&name)?;
        Ok(Self(name.into()))
    }
}

impl TryFrom<&String> for Key {
    type Error = Refusal;
    fn try_from(name: &String) -> Result<Self, Refusal> {
        Self::new(name)
    }
}

impl TryFrom<&Key> for Key {
    type Error = Refusal;
    fn try_from(key: &Key) -> Result<Self, Refusal> {
        Ok(key.clone())
    }
}

impl std::borrow::Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Key {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_is_allowed_and_names_what_is_not() {
        assert_eq!(Key::new("it's ünïcode :zap:").unwrap().as_str(), "it's ünïcode :zap:");
        assert_eq!(Key::new(""), Err(Refusal::KeyEmpty));
        assert_eq!(Key::new("a\nb"), Err(Refusal::KeyControl('\n')));
        // 250 characters of two bytes each are 250 characters.
        assert!(Key::new("ü".repeat(250)).is_ok());
        assert_eq!(Key::new("ü".repeat(251)), Err(Refusal::KeyTooLong(251)));
    }
}
