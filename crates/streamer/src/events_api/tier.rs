//! The tiers of the service as its documents give them. For plans made beforehand only: a drain learns what holds.

use std::time::Duration;

/// The span in which calls are counted.
pub const WINDOW: Duration = Duration::from_secs(10);

/// What one account may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// The name that the service gives it.
    pub name: &'static str,
    /// Calls in one [`WINDOW`], over all buckets and devices of the account.
    pub calls: u32,
    /// Events in a month, where there is a cap.
    pub monthly: Option<u64>,
}

/// All tiers, the smallest first.
pub const TIERS: [Tier; 3] = [
    Tier { name: "student", calls: 10, monthly: Some(3_000_000) },
    Tier { name: "individual", calls: 30, monthly: Some(3_000_000) },
    Tier { name: "enterprise", calls: 60, monthly: None },
];
