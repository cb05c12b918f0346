//! Whether our clock is right: one word, which every stamp asks for.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether our clock is right: written by the one who watches it, read at every stamp.
#[derive(Debug, Default)]
pub struct Trusted(AtomicBool);

impl Trusted {
    /// From now on our clock is right.
    pub fn set(&self, right: bool) {
        self.0.store(right, Ordering::Release);
    }

    /// Whether our clock is right.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
