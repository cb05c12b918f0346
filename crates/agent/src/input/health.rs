//! How an input is: its condition, its counters, and what was said about it already.
//!
//! A person is told when something changes, once, and again when it is well; never at every tick.

use std::collections::BTreeMap;
use std::time::Duration;

use streamer_clock::SinceBoot;
use streamer_plugin::{InputError, Readings};
use streamer_reading::Epoch;

/// The pause before the first attempt to build an input anew, and the longest one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// Failures in a row after which an input is asked less often.
const PATIENT_FOR: u32 = 3;
/// A remark that comes and goes is not repeated within this time.
const SILENCE: Duration = Duration::from_secs(3600);

/// What an input is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Condition {
    /// It was not built yet.
    #[default]
    Starting,
    /// Its last round worked.
    Working,
    /// Its last round failed, and it is asked again.
    Failing,
    /// Its device is gone; it is opened again after a pause.
    Gone,
    /// Only a person can help; it is tried again rarely.
    Misconfigured,
    /// It did not come back in time, and its thread was left behind.
    Stuck,
    /// It has nothing left to tell.
    Finished,
}

impl Condition {
    /// One word for `status`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Working => "working",
            Self::Failing => "failing",
            Self::Gone => "gone",
            Self::Misconfigured => "misconfigured",
            Self::Stuck => "stuck",
            Self::Finished => "finished",
        }
    }
}

/// What an input has done since the start.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Rounds, or messages of a listener.
    pub rounds: u64,
    /// Readings that the spool accepted.
    pub accepted: u64,
    /// Ticks that fell into a read that still ran, or into a suspend.
    pub missed: u64,
    /// Rounds that failed.
    pub failed: u64,
    /// Rounds that were cut at their deadline.
    pub late: u64,
    /// Values that were no readings, by cause.
    pub refused: BTreeMap<&'static str, u64>,
    /// Readings that were dropped, by cause.
    pub dropped: BTreeMap<&'static str, u64>,
}

/// The condition, the counters and the memory of what was said.
#[derive(Debug, Default)]
pub struct Health {
    /// Whose it is, and where that stands in the configuration: what each line about it begins with.
    id: String,
    place: String,
    pub condition: Condition,
    pub counts: Counts,
    /// The last error, as long as it is not over.
    pub error: Option<String>,
    pub last_reading: Option<Epoch>,
    failures: u32,
    listens_since: Option<SinceBoot>,
    remarks: BTreeMap<String, Said>,
}

#[derive(Debug)]
struct Said {
    words: String,
    at: SinceBoot,
    current: bool,
}

impl Health {
    /// Of the input with this name, that stands at this place.
    pub fn new(id: String, place: String) -> Self {
        Self { id, place, ..Self::default() }
    }

    /// A round worked.
    pub fn worked(&mut self) {
        if self.failures > 0 || self.error.is_some() {
            self.inform("works again");
        }
        self.failures = 0;
        self.error = None;
        self.condition = Condition::Working;
    }

    /// Its listener was started. Whether that works shows when it tells something, or when it lasts.
    pub fn listens(&mut self, now: SinceBoot) {
        self.condition = Condition::Working;
        self.listens_since = Some(now);
    }

    /// Its listener told something.
    pub fn told(&mut self) {
        if self.error.take().is_some() {
            self.inform("works again");
        }
        self.condition = Condition::Working;
    }

    /// Its listener ended before its time. One that lasted longer than the pause before it had worked.
    pub fn ended(&mut self, error: &InputError, now: SinceBoot) -> Duration {
        let lasted = self.listens_since.take().map_or(Duration::ZERO, |since| now.since(since));
        if lasted > self.pause() {
            self.failures = 0;
        }
        self.failed(error)
    }

    /// A round failed; says so once, and how long to wait before the next attempt beyond the usual interval.
    pub fn failed(&mut self, error: &InputError) -> Duration {
        self.condition = match error {
            InputError::Skip(_) | InputError::Again(_) => Condition::Failing,
            InputError::Gone(_) => Condition::Gone,
            InputError::Misconfigured(_) => Condition::Misconfigured,
        };
        self.counts.failed += 1;
        self.failures = self.failures.saturating_add(1);
        self.say(error.words());
        match error {
            InputError::Misconfigured(_) => LONGEST_PAUSE,
            _ => self.pause(),
        }
    }

    /// It did not come back in time.
    pub fn late(&mut self, after: Duration) -> Duration {
        self.condition = Condition::Stuck;
        self.counts.late += 1;
        self.failures = self.failures.saturating_add(1);
        self.say(&format!("did not answer within {after:.1?}; it was left behind and will be opened anew"));
        self.pause()
    }

    /// Whether it has failed so often that it is asked less often.
    pub fn is_tired(&self) -> bool {
        self.failures > PATIENT_FOR
    }

    /// Growing with each failure in a row: 1, 2, 4 ... 300 seconds.
    fn pause(&self) -> Duration {
        FIRST_PAUSE.saturating_mul(1_u32 << self.failures.saturating_sub(1).min(9)).min(LONGEST_PAUSE)
    }

    /// Tells a change that needs nobody's help.
    pub fn inform(&self, words: &str) {
        tracing::info!(input = self.id, "{words}");
    }

    /// Tells what a person may have to mend, and where that person finds it.
    pub fn warn(&self, words: &str) {
        tracing::warn!(input = self.id, at = %self.place, "{words}");
    }

    fn say(&mut self, words: &str) {
        if self.error.as_deref() != Some(words) {
            self.warn(words);
            self.error = Some(words.to_owned());
        }
    }

    /// Logs remarks that are new, forgets those that are over; counts what was refused, and says each cause once.
    pub fn heed(&mut self, readings: &Readings, now: SinceBoot) {
        self.remarks.values_mut().for_each(|said| said.current = false);
        for (topic, words) in readings.remarks() {
            self.remark(topic, words, now);
        }
        for refused in readings.refused() {
            *self.counts.refused.entry(refused.cause).or_default() += refused.count;
            if readings.remarks().iter().any(|(_, words)| *words == refused.words) {
                // It was said in these words just now.
                continue;
            }
            let topic = format!("refused {} {}", refused.cause, refused.key);
            let words = format!("{refused} (further ones of the kind are only counted)");
            self.remark(&topic, &words, now);
        }
        self.remarks.retain(|_, said| said.current || now.since(said.at) < SILENCE);
    }

    fn remark(&mut self, topic: &str, words: &str, now: SinceBoot) {
        if let Some(said) = self.remarks.get_mut(topic) {
            said.current = true;
            // A refusal's words name the value; another value is no news within the hour.
            if said.words == words || now.since(said.at) < SILENCE {
                return;
            }
        } else if self.remarks.len() >= 200 {
            return;
        }
        self.warn(words);
        self.remarks.insert(topic.to_owned(), Said { words: words.to_owned(), at: now, current: true });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_with_the_first_success() {
        let mut health = Health::default();
        let pauses: Vec<u64> = (0..12).map(|_| health.failed(&InputError::gone("no")).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(health.condition, Condition::Gone);
        health.worked();
        assert_eq!(health.failed(&InputError::again("no")).as_secs(), 1);
        assert!(!health.is_tired());
        assert_eq!(health.failed(&InputError::misconfigured("no")).as_secs(), 300);
    }

    #[test]
    fn who_dies_as_soon_as_it_listens_is_started_less_and_less_often() {
        let mut health = Health::default();
        let mut now = SinceBoot::from_micros(0);
        let mut pause = |lasts: u64| {
            health.listens(now);
            health.told();
            now = now.plus(Duration::from_secs(lasts));
            health.ended(&InputError::gone("no"), now).as_secs()
        };
        assert_eq!([pause(0), pause(1), pause(1), pause(3)], [1, 2, 4, 8]);
        assert_eq!([pause(9), pause(0)], [1, 2], "it had lasted");
    }
}
