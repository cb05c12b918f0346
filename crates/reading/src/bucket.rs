//! What a bucket is called: the key that identifies it and the name that people see.

use std::fmt;
use std::sync::Arc;

use crate::{Refusal, limits};

/// Identifies a bucket under an access key: 1 to 250 plain ASCII characters, no blanks, none of `:` `"` `'`.
///
/// It travels in a header of the Events API, hence the ASCII.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BucketKey(Arc<str>);

impl BucketKey {
    /// # Errors
    /// [`Refusal::BucketKeyEmpty`], [`Refusal::BucketTooLong`], [`Refusal::BucketKeyCharacter`].
    pub fn new(key: impl AsRef<str>) -> Result<Self, Refusal> {
        let key = key.as_ref();
        if key.is_empty() {
            return Err(Refusal::BucketKeyEmpty);
        }
        if let Some(c) = key.chars().find(|c| !c.is_ascii_graphic() || matches!(c, ':' | '"' | '\'')) {
            return Err(Refusal::BucketKeyCharacter(c));
        }
        if key.len() > limits::BUCKET_CHARS {
            return Err(Refusal::BucketTooLong { what: "bucket key", chars: key.len() });
        }
        Ok(Self(key.into()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BucketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What people see above a bucket: at most 250 characters, emoji tokens such as `:zap:` included. May be empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct BucketName(Box<str>);

impl BucketName {
    /// # Errors
    /// [`Refusal::BucketTooLong`].
    pub fn new(name: impl AsRef<str>) -> Result<Self, Refusal> {
        let chars = name.as_ref().chars().count();
        if chars > limits::BUCKET_CHARS {
            return Err(Refusal::BucketTooLong { what: "bucket name", chars });
        }
        Ok(Self(name.as_ref().into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
