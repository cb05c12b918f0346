//! What one sampling, or one message of a listener, brings: readings, refusals and remarks.
//!
//! Nothing here waits and nothing here is lost silently: what is no reading is kept as a [`Refused`] for the counters.

use std::time::Duration;

use streamer_clock::{Clock, Moment, SinceBoot, Wake};
use streamer_reading::{Epoch, Key, Refusal, Value};

use crate::Position;

/// One value on its way, before the input's rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The bare key.
    pub key: Key,
    /// What was read.
    pub value: Value,
    /// When it was so.
    pub when: When,
}

/// When a value was true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum When {
    /// When the read began.
    #[default]
    Began,
    /// At a time since boot: the kernel's stamp of an edge. It becomes an epoch by our clock, once that is right.
    SinceBoot(SinceBoot),
    /// At an epoch that the device, the caller or a line gave; our clock has no say in it.
    Epoch(Epoch),
}

impl When {
    /// The epoch by the clock as it stood at `began`.
    pub fn epoch(self, began: Moment) -> Epoch {
        match self {
            Self::Began => began.wall,
            Self::Epoch(epoch) => epoch,
            Self::SinceBoot(at) => {
                Epoch::from_micros(began.wall_ahead()).plus_micros(i64::try_from(at.micros()).unwrap_or(i64::MAX))
            }
        }
    }
}

/// Something that was no reading, and why: counted by cause, shown by `test` and `status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The key it would have had, as far as it is known.
    pub key: String,
    /// One word for the counters, such as `crc`, `range`, `not_finite`.
    pub cause: &'static str,
    /// How many of the kind these are.
    pub count: u64,
    /// A sentence for a person.
    pub words: String,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let colon = if self.key.is_empty() { "" } else { ": " };
        write!(f, "{}{colon}{}", self.key, self.words)
    }
}

/// The most memory that the readings of one set may take, in bytes; what is more is counted as refused.
const ROOM: usize = 4 * 1024 * 1024;
/// The most refusals and remarks of one set that keep their own words; the rest is counted.
const WORDS: usize = 100;
/// A set keeps room for so many readings from one round to the next.
const KEPT: usize = 1024;

/// A set of readings with one epoch.
///
/// `put` takes anything that becomes a key and a value; what does not (NaN, a key of 300 characters) is counted as
/// refused and costs that value only. One set holds tens of thousands of readings; what is more is counted as refused too.
#[derive(Debug)]
pub struct Readings {
    clock: Clock,
    began: Moment,
    deadline: SinceBoot,
    items: Vec<Item>,
    /// What they take in memory, in bytes.
    taken: usize,
    refused: Vec<Refused>,
    remarks: Vec<(String, String)>,
    reached: Option<(&'static str, u64)>,
}

impl Readings {
    /// An empty set whose epoch is now and whose work should be done within `time`.
    pub fn new(clock: &Clock, time: Duration) -> Self {
        let began = clock.now();
        Self {
            clock: clock.clone(),
            began,
            deadline: began.boot.plus(time),
            items: Vec::new(),
            taken: 0,
            refused: Vec::new(),
            remarks: Vec::new(),
            reached: None,
        }
    }

    /// Empties the set for another round that begins at `began`; keeps the room that a round usually takes.
    pub fn begin(&mut self, began: Moment, time: Duration) {
        self.began = began;
        self.deadline = began.boot.plus(time);
        self.items.clear();
        self.items.shrink_to(KEPT);
        self.taken = 0;
        self.refused.clear();
        self.remarks.clear();
        self.reached = None;
    }

    /// Adds a reading stamped with the moment the read began.
    pub fn put<K, V>(&mut self, key: K, value: V)
    where
        K: TryInto<Key> + Clone + AsRef<str>,
        V: TryInto<Value>,
        Refusal: From<K::Error> + From<V::Error>,
    {
        self.add(key, value, When::Began);
    }

    /// Adds a reading with a truer time of its own: an edge's, a line's.
    pub fn put_at<K, V>(&mut self, key: K, value: V, when: When)
    where
        K: TryInto<Key> + Clone + AsRef<str>,
        V: TryInto<Value>,
        Refusal: From<K::Error> + From<V::Error>,
    {
        self.add(key, value, when);
    }

    fn add<K, V>(&mut self, key: K, value: V, when: When)
    where
        K: TryInto<Key> + Clone + AsRef<str>,
        V: TryInto<Value>,
        Refusal: From<K::Error> + From<V::Error>,
    {
        let name = key.clone();
        let item = (|| Ok::<_, Refusal>(Item { key: key.try_into()?, value: value.try_into()?, when }))();
        match item {
            Ok(item) => self.push(item),
            Err(refusal) => {
                let shown = name.as_ref().chars().take(100).collect::<String>();
                self.refuse(&shown, refusal.cause(), refusal);
            }
        }
    }

    /// Adds a ready item; for inputs that make many.
    pub fn push(&mut self, item: Item) {
        let text = if let Value::Text(text) = &item.value { text.as_str().len() } else { 0 };
        let taken = self.taken + size_of::<Item>() + item.key.as_str().len() + text;
        if taken > ROOM {
            let words = "it brings more at once than fits into 4 MB; let it bring less, more often";
            return self.refuse("", "too_many", words);
        }
        self.taken = taken;
        self.items.push(item);
    }

    /// Says that something was read but is no reading: a wrong checksum, a value out of the device's range.
    pub fn refuse(&mut self, key: &str, cause: &'static str, words: impl std::fmt::Display) {
        self.refuse_many(key, cause, 1, words);
    }

    /// The same of many at once: edges for which the kernel had no room.
    pub fn refuse_many(&mut self, key: &str, cause: &'static str, count: u64, words: impl std::fmt::Display) {
        if self.refused.len() >= WORDS
            && let Some(known) = self.refused.iter_mut().rev().find(|known| known.cause == cause)
        {
            known.count += count;
            return;
        }
        self.refused.push(Refused { key: key.to_owned(), cause, count, words: words.to_string() });
    }

    /// Says something about `topic` that a person should read once, with the cure: it is logged when it is first said
    /// and not again while every round says the same.
    pub fn remark(&mut self, topic: impl Into<String>, words: impl std::fmt::Display) {
        if self.remarks.len() < WORDS {
            self.remarks.push((topic.into(), words.to_string()));
        }
    }

    /// Says how far a sampler is in a stream of its own, such as a total that only grows: accepted together with the
    /// readings, or not at all, and told by [`crate::Site::reached`] after the next start.
    pub fn reach(&mut self, stream: &'static str, at: u64) {
        self.reached = Some((stream, at));
    }

    /// What [`Readings::reach`] was told.
    pub fn reached(&self) -> Option<Position<'_>> {
        self.reached.map(|(stream, at)| Position { stream, at })
    }

    /// When the work must be done.
    pub fn deadline(&self) -> SinceBoot {
        self.deadline
    }

    /// How much of the time is left; zero once the deadline has passed.
    pub fn remaining(&self) -> Duration {
        self.deadline.since(self.clock.boot())
    }

    /// Waits before something is tried again, unless the deadline would pass meanwhile; false where it did not wait.
    pub fn pause(&self, time: Duration) -> bool {
        let until = self.clock.boot().plus(time);
        if until >= self.deadline {
            return false;
        }
        let Ok(wake) = Wake::new() else { return false };
        while self.clock.boot() < until {
            self.clock.wait_until(until, &wake);
        }
        true
    }

    /// The moment the read began: what readings without a time of their own are stamped with.
    pub fn began(&self) -> Moment {
        self.began
    }

    /// The clock, for rates.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The readings so far.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// What was refused so far.
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// Topics and words of [`Readings::remark`].
    pub fn remarks(&self) -> &[(String, String)] {
        &self.remarks
    }

    /// Whether there is no reading in it.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_set_takes_no_more_than_its_room_and_the_rest_is_counted() {
        let mut readings = Readings::new(&Clock::system(), Duration::from_secs(1));
        let long = "x".repeat(1000);
        for number in 0..300_000 {
            match number % 3 {
                0 => readings.put("n", number),
                1 => readings.put("text", long.as_str()),
                _ => readings.put(format!("no key\n{number}"), number),
            }
        }
        let texts = readings.items().iter().filter(|item| item.key.as_str() == "text").count();
        assert!(size_of_val(readings.items()) + texts * long.len() <= ROOM);
        assert!(readings.refused().len() <= WORDS + 1);
        let refused = |cause: &str| -> u64 {
            readings.refused().iter().filter(|refused| refused.cause == cause).map(|refused| refused.count).sum()
        };
        assert_eq!(refused("too_many") + readings.items().len() as u64, 200_000);
        assert_eq!(readings.refused().iter().map(|refused| refused.count).sum::<u64>(), 100_000 + refused("too_many"));
        let now = readings.clock().now();
        readings.begin(now, Duration::from_secs(1));
        readings.put("n", 1);
        assert_eq!((readings.items().len(), readings.refused().len()), (1, 0));
    }
}
