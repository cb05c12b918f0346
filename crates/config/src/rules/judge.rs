//! The rules of one input at work.
//!
//! Each key is looked up once: which rule, which name, which last value. What was judged counts as sent only when the
//! spool has accepted it; until then it is remembered apart, so that a refused batch leaves no trace.

use std::collections::HashMap;

use streamer_clock::SinceBoot;
use streamer_reading::{Key, Refusal, Value};

use super::arithmetic::calculate;
use super::change::Sent;
use super::{OnChange, Rule};

/// More keys than these are not remembered at once: an input that makes ever new ones would fill the memory.
const KEYS: usize = 20_000;

/// What becomes of a reading.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It goes on under this key with this value.
    Keep(Key, Value),
    /// A rule leaves it out.
    Drop,
    /// It is no news.
    Unchanged,
    /// What came out is no reading.
    Refuse(Refusal),
}

/// The rules and the prefix of one input, and what it sent last.
///
/// ```
/// use streamer_clock::SinceBoot;
/// use streamer_config::{OnChange, Outcome, Rule, Rules};
/// use streamer_plugin::options::Glob;
/// use streamer_reading::{Key, Value};
///
/// let rule = Rule {
///     keys: Glob::new("temp*"), drop: false, rename: None, scale: None, offset: None,
///     round: Some(1), on_change: Some(OnChange::default()),
/// };
/// let mut rules = Rules::new(vec![rule], "pi_");
/// let (key, now) = (Key::new("temp")?, SinceBoot::ZERO);
/// let kept = Outcome::Keep(Key::new("pi_temp")?, Value::try_from(21.4)?);
///
/// assert_eq!(rules.judge(&key, Value::try_from(21.44)?, now), kept);
/// rules.refused(); // The spool was full: the value is still news.
/// assert_eq!(rules.judge(&key, Value::try_from(21.44)?, now), kept);
/// rules.accepted();
/// assert_eq!(rules.judge(&key, Value::try_from(21.41)?, now), Outcome::Unchanged);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Rules {
    rules: Vec<Rule>,
    prefix: String,
    known: HashMap<Key, usize>,
    slots: Vec<Slot>,
    /// Where the next key is most likely found: an input brings its keys in the same order each time.
    likely: usize,
    /// Slots with a value that was judged and neither accepted nor refused yet.
    waiting: Vec<usize>,
}

#[derive(Debug)]
struct Slot {
    key: Key,
    rule: Option<usize>,
    name: Result<Key, Refusal>,
    sent: Option<Sent>,
    /// What counts as sent if the spool accepts it.
    judged: Option<Sent>,
}

impl Rules {
    /// The rules in their order, and what is put before every key after them.
    pub fn new(rules: Vec<Rule>, prefix: impl Into<String>) -> Self {
        Self { rules, prefix: prefix.into(), known: HashMap::new(), slots: Vec::new(), likely: 0, waiting: Vec::new() }
    }

    /// Applies the first rule that matches the bare `key`. `now` is when the value was read.
    ///
    /// Whatever is kept must be followed, after all readings of one append to the spool, by [`Rules::accepted`] or
    /// [`Rules::refused`].
    pub fn judge(&mut self, key: &Key, value: Value, now: SinceBoot) -> Outcome {
        let at = self.slot(key);
        let slot = &mut self.slots[at];
        let (name, rule) = match (&slot.name, slot.rule.map(|rule| &self.rules[rule])) {
            (_, Some(rule)) if rule.drop => return Outcome::Drop,
            (Err(refusal), _) => return Outcome::Refuse(refusal.clone()),
            (Ok(name), None) => return Outcome::Keep(name.clone(), value),
            (Ok(name), Some(rule)) => (name, rule),
        };
        let value = match calculate(value, rule.scale, rule.offset, rule.round) {
            Ok(value) => value,
            Err(refusal) => return Outcome::Refuse(refusal),
        };
        if let Some(change) = &rule.on_change {
            let last = slot.judged.as_ref().or(slot.sent.as_ref());
            if last.is_some_and(|last| !OnChange::is_news(change, last, &value, now)) {
                return Outcome::Unchanged;
            }
            if slot.judged.is_none() {
                self.waiting.push(at);
            }
            slot.judged = Some(Sent { value: value.clone(), at: now });
        }
        Outcome::Keep(name.clone(), value)
    }

    /// The spool has all that was kept since the last call of this or of [`Rules::refused`].
    pub fn accepted(&mut self) {
        for at in self.waiting.drain(..) {
            let slot = &mut self.slots[at];
            slot.sent = slot.judged.take();
        }
        self.forget_many();
    }

    /// The spool took none of what was kept since then: it is as if it had not been judged.
    pub fn refused(&mut self) {
        for at in self.waiting.drain(..) {
            self.slots[at].judged = None;
        }
        self.forget_many();
    }

    fn slot(&mut self, key: &Key) -> usize {
        let at = self.likely_slot(key).or_else(|| self.known.get(key).copied()).unwrap_or_else(|| self.new_slot(key));
        self.likely = if at + 1 < self.slots.len() { at + 1 } else { 0 };
        at
    }

    /// The likely slot, where it is of the very same key: a comparison of two addresses instead of a hash.
    fn likely_slot(&self, key: &Key) -> Option<usize> {
        let slot = self.slots.get(self.likely)?;
        std::ptr::eq(slot.key.as_str(), key.as_str()).then_some(self.likely)
    }

    fn new_slot(&mut self, key: &Key) -> usize {
        let rule = self.rules.iter().position(|rule| rule.keys.matches(key.as_str()));
        let named = rule.and_then(|rule| self.rules[rule].rename.as_ref()).unwrap_or(key);
        let at = self.slots.len();
        self.slots.push(Slot { key: key.clone(), rule, name: named.prefixed(&self.prefix), sent: None, judged: None });
        self.known.insert(key.clone(), at);
        at
    }

    /// Only between two appends: nothing is waiting then. What is forgotten is sent once more than it need be.
    fn forget_many(&mut self) {
        if self.slots.len() > KEYS {
            self.known.clear();
            self.slots.clear();
        }
    }
}
