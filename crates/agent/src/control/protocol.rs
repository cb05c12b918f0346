//! What is said over the control socket. A line of at most [`LINE_LIMIT`] bytes each way; unknown members are refused.

use serde::{Deserialize, Serialize};
use streamer_reading::{Epoch, Key, Reading, Refusal, Value};

/// The longest line that either side reads.
pub const LINE_LIMIT: u64 = 4 * 1024 * 1024;

/// What an agent can be asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Question {
    /// How it is.
    Status,
    /// Accept readings for a bucket: the one that is named, or the only one.
    Log {
        /// The bucket's label.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bucket: Option<String>,
        /// The readings, oldest first.
        readings: Vec<WireReading>,
        /// A stream and the place in it that these readings reach; they can wait for room then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        position: Option<(String, u64)>,
    },
    /// How far a stream has been accepted.
    Position {
        /// The name under which its place is kept.
        stream: String,
    },
    /// Let the local stores have everything accepted so far at once, not only with the next commit.
    Commit,
    /// The dead letters with numbers above this one, a page of them.
    Letters {
        /// The last one of the page before; 0: from the start.
        after: u64,
    },
    /// Try dead letters once more.
    RetryLetters {
        /// Their numbers.
        ids: Vec<u64>,
    },
    /// Discard dead letters.
    DropLetters {
        /// Their numbers.
        ids: Vec<u64>,
    },
    /// Whether everything accepted so far was delivered.
    Delivered {
        /// Only to this output.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<String>,
    },
}

/// A reading as it travels over the socket.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireReading {
    /// The key.
    pub key: String,
    /// Text, a boolean or a number.
    pub value: serde_json::Value,
    /// Microseconds since 1970; none: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch_us: Option<i64>,
}

/// What it answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// What was asked for is done.
    Done,
    /// How it is.
    Status(serde_json::Value),
    /// How far the stream has been accepted, if it is known.
    Position(Option<u64>),
    /// Whether all was delivered; if not, what holds it up.
    Delivered {
        /// Readings that wait.
        waiting: u64,
        /// Why, where that is known.
        why: Option<String>,
    },
    /// Dead letters, oldest first: their numbers, and a line about each.
    Letters(Vec<(u64, String)>),
    /// So many.
    Count(u64),
    /// Not now: there is no room. Ask again.
    Wait,
    /// Refused, with the reason.
    Refused(String),
}

impl Question {
    /// Whether the answer may have to wait for the disk. `log` does where each reading has to reach it first.
    pub fn waits_for_disk(&self, log_waits: bool) -> bool {
        match self {
            Self::RetryLetters { .. } | Self::DropLetters { .. } => true,
            Self::Log { .. } => log_waits,
            _ => false,
        }
    }
}

impl WireReading {
    /// The reading as it goes over the socket; without an epoch it is stamped by the agent.
    pub fn of(key: &Key, value: &Value, epoch: Option<Epoch>) -> Self {
        let value = match value {
            Value::Text(text) => text.as_str().into(),
            Value::Bool(flag) => (*flag).into(),
            Value::Int(number) => (*number).into(),
            Value::Float(number) => number.get().into(),
        };
        Self { key: key.to_string(), value, epoch_us: epoch.map(Epoch::micros) }
    }

    /// The reading that it means, stamped `now` where it has no epoch of its own; and whether it has one.
    ///
    /// # Errors
    /// Why it is none.
    pub fn reading(&self, now: Epoch) -> Result<(Reading, bool), Refusal> {
        let value = match &self.value {
            serde_json::Value::String(text) => Value::try_from(text)?,
            serde_json::Value::Bool(flag) => Value::from(*flag),
            serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(integer), ..) => Value::from(integer),
                (None, Some(large), _) => Value::try_from(large)?,
                (None, None, float) => Value::try_from(float.unwrap_or(f64::NAN))?,
            },
            serde_json::Value::Null => return Err(Refusal::NoValue("null")),
            serde_json::Value::Array(_) => return Err(Refusal::NoValue("a list")),
            serde_json::Value::Object(_) => return Err(Refusal::NoValue("an object")),
        };
        let epoch = self.epoch_us.map_or(now, Epoch::from_micros);
        Ok((Reading::new(Key::new(&self.key)?, value, epoch), self.epoch_us.is_some()))
    }
}
