//! What an output is to a drain: a place that takes batches in order and says what became of each.
//!
//! An output never decides what is lost. It says delivered, later, or refused; the drain keeps, repeats, halves and sets
//! aside.

use std::future::Future;

use streamer_clock::SinceBoot;
use streamer_spool::{Limit, Record};

/// Where batches of one bucket are delivered durably.
///
/// Network outputs are driven as tasks; one that blocks (a file, a database) is driven by a thread of its own with the
/// same [`crate::Drain`], and may block in [`Output::deliver`].
pub trait Output: Send + 'static {
    /// The most that one call takes. Asked anew for each call: an output may learn.
    fn limit(&self) -> Limit;

    /// Roughly how many bytes a record takes in a call, in the measure of [`Output::limit`].
    fn size(&self, record: &Record) -> usize;

    /// A view of what the output itself waits for (an allowance, a person), for status and for those who wait for a
    /// flush. `None`: nothing.
    fn standing(&self) -> impl Fn() -> Option<Standing> + Send + Sync + 'static;

    /// Waits until a call can be made at all. The batch is taken only afterwards, so that it is as full as can be.
    fn ready(&mut self) -> impl Future<Output = ()> + Send;

    /// Delivers all of `records`, oldest first, or none that counts.
    fn deliver(&mut self, records: &[Record]) -> impl Future<Output = Verdict> + Send;

    /// [`Output::ready`] was waited for, but there is nothing to deliver now.
    fn not_now(&mut self) {}
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All of it is there.
    Delivered,
    /// Not now; [`Output::ready`] knows when. `in_doubt`: it may be there all the same, so the same bytes must follow.
    Wait {
        /// In words for a person.
        why: String,
        /// Whether it may have been stored.
        in_doubt: bool,
    },
    /// Not now; the drain tries again, at growing distances.
    Retry {
        /// In words for a person.
        why: String,
        /// Whether it may have been stored.
        in_doubt: bool,
    },
    /// This bucket cannot be delivered until a person does something.
    Parked {
        /// In words for a person.
        why: String,
    },
    /// Something in the batch is refused for its content; the drain finds out what.
    Refused {
        /// In words for a person.
        why: String,
    },
    /// The batch is too large; [`Output::limit`] is smaller now.
    TooLarge,
}

impl Verdict {
    /// Whether what was sent may be there, although nobody said so.
    pub(crate) const fn in_doubt(&self) -> bool {
        matches!(self, Self::Wait { in_doubt: true, .. } | Self::Retry { in_doubt: true, .. })
    }
}

/// How a drain stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// What comes goes out.
    Streaming,
    /// It goes on by itself.
    Waiting {
        /// What for.
        why: String,
        /// When the next attempt is due, where that is known.
        until: Option<SinceBoot>,
    },
    /// A person has to do something; it is tried again from time to time.
    Parked {
        /// Why.
        why: String,
        /// When the next attempt is due.
        until: SinceBoot,
    },
}

impl Standing {
    /// Why nothing goes out, where that is so.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Streaming => None,
            Self::Waiting { why, .. } | Self::Parked { why, .. } => Some(why),
        }
    }
}
