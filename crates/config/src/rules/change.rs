//! Whether a value is news compared with the last one that was sent.

use std::time::Duration;

use streamer_clock::SinceBoot;
use streamer_reading::Value;

use super::OnChange;

/// A difference may fall short of the delta by this part of it: 21.6 less 21.4 is 0.2 to a person, not to a float.
const NEARLY: f64 = 1.0 - 1e-9;
/// A heartbeat may come this much early, so that a tick which began a little sooner than the last is not left out.
const EARLY: Duration = Duration::from_secs(1);

/// A value that was sent, or is about to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sent {
    pub(super) value: Value,
    pub(super) at: SinceBoot,
}

impl OnChange {
    /// Whether `value` is to be sent at `now` after `last` was.
    pub(super) fn is_news(&self, last: &Sent, value: &Value, now: SinceBoot) -> bool {
        let beat = self.heartbeat.is_some_and(|beat| now.since(last.at) + EARLY.min(beat / 100) >= beat);
        beat || self.differs(&last.value, value)
    }

    fn differs(&self, last: &Value, value: &Value) -> bool {
        if std::mem::discriminant(last) == std::mem::discriminant(value) && last == value {
            return false;
        }
        let delta = self.delta.unwrap_or(0.0);
        match (last, value) {
            #[expect(clippy::cast_precision_loss, reason = "a distance beyond 2^53 is over any delta that is meant")]
            (Value::Int(last), Value::Int(value)) => last.abs_diff(*value) as f64 >= delta * NEARLY,
            _ => match (last.as_f64(), value.as_f64()) {
                (Some(last), Some(value)) => last != value && (last - value).abs() >= delta * NEARLY,
                _ => true,
            },
        }
    }
}
