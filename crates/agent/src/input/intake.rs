//! The way of a reading from its input to the spool: rules, stamp, append, taps.
//!
//! It never waits for an output. It waits for room only where the input can wait.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use streamer_clock::SinceBoot;
use streamer_config::{Outcome as Judged, Rules};
use streamer_plugin::{Position, Readings, SendError, Stop, When};
use streamer_reading::{Epoch, Key, Value};
use streamer_spool::{AppendError, Entry, Log, Quality, Spool};

use super::rate::Rate;
use crate::taps::Taps;
use crate::trusted::Trusted;

/// How long one wait for room lasts before the input is asked whether it was told to stop.
const PATIENCE: Duration = Duration::from_millis(200);

/// Room for so many readings is kept from one set to the next.
const KEPT: usize = 1024;

/// The way of one input.
pub struct Intake {
    id: String,
    spool: Spool,
    log: Log,
    desk: Mutex<Desk>,
    /// None where the input can wait instead.
    rate: Option<Mutex<Rate>>,
    taps: Taps,
    trusted: Arc<Trusted>,
}

/// The rules, and the room in which a set is made ready. It is kept: many readings would have it given back and asked
/// for anew a thousand times a second, and all the small pieces that their texts left put together each time.
struct Desk {
    rules: Rules,
    kept: Vec<Stamped>,
    entries: Vec<Entry<'static>>,
}

/// What became of a set of readings.
#[derive(Debug)]
pub struct Taken {
    pub result: Result<(), SendError>,
    pub accepted: u64,
    pub last: Option<Epoch>,
    pub refused: BTreeMap<&'static str, u64>,
    pub dropped: BTreeMap<&'static str, u64>,
}

/// A reading behind the rules, with its stamp.
struct Stamped {
    key: Key,
    value: Value,
    epoch: Epoch,
    since_boot: SinceBoot,
    quality: Quality,
}

impl Intake {
    pub fn new(
        id: String,
        (spool, log): (Spool, Log),
        rules: Rules,
        rate: Option<Rate>,
        taps: Taps,
        trusted: Arc<Trusted>,
    ) -> Self {
        let desk = Mutex::new(Desk { rules, kept: Vec::new(), entries: Vec::new() });
        Self { id, spool, log, desk, rate: rate.map(Mutex::new), taps, trusted }
    }

    /// Accepts all readings that the rules keep, and the position with them, or nothing.
    pub fn accept(&self, readings: &Readings, position: Option<Position<'_>>, stop: Option<&Stop>) -> Taken {
        let mut taken =
            Taken { result: Ok(()), accepted: 0, last: None, refused: BTreeMap::new(), dropped: BTreeMap::new() };
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        let Desk { rules, kept, entries } = &mut *desk;
        // A panic of the rules may have left some.
        kept.clear();
        self.judge(rules, readings, kept, &mut taken);
        if let Some(rate) = &self.rate {
            let mut rate = rate.lock().unwrap_or_else(PoisonError::into_inner);
            let admitted = rate.admit(kept.len(), readings.began().boot);
            if admitted < kept.len() {
                taken.dropped.insert("max_rate", (kept.len() - admitted) as u64);
                kept.truncate(admitted);
            }
        }
        if kept.is_empty() && position.is_none() {
            rules.refused();
            return taken;
        }
        taken.result = self.append(kept, entries, position, stop);
        if taken.result.is_ok() {
            rules.accepted()
        } else {
            rules.refused()
        }
        match taken.result {
            Ok(()) => {
                taken.accepted = kept.len() as u64;
                taken.last = kept.last().map(|stamped| stamped.epoch);
                let suspect = |stamped: &Stamped| stamped.quality == Quality::Suspect;
                self.taps.show(&self.id, kept.iter().map(|s| (&s.key, &s.value, s.epoch, suspect(s))));
            }
            Err(SendError::Full) => {
                taken.dropped.insert("full", kept.len() as u64);
            }
            Err(_) => {}
        }
        kept.clear();
        kept.shrink_to(KEPT);
        taken
    }

    /// Rules and stamps.
    fn judge(&self, rules: &mut Rules, readings: &Readings, kept: &mut Vec<Stamped>, taken: &mut Taken) {
        let began = readings.began();
        let right = self.trusted.get();
        let ours = if right { Quality::Trusted } else { Quality::Suspect };
        kept.reserve(readings.items().len());
        for item in readings.items() {
            let (key, value) = match rules.judge(&item.key, item.value.clone(), began.boot) {
                Judged::Keep(key, value) => (key, value),
                Judged::Drop | Judged::Unchanged => continue,
                Judged::Refuse(refusal) => {
                    *taken.refused.entry(refusal.cause()).or_default() += 1;
                    continue;
                }
            };
            let epoch = item.when.epoch(began);
            let (since_boot, quality) = match item.when {
                When::Began => (began.boot, ours),
                When::SinceBoot(at) => (at, ours),
                When::Epoch(epoch) => {
                    // The service would replace such a stamp by its own time; while our own clock is wrong we cannot know.
                    if right && epoch.not_too_old(began.wall).is_err() {
                        *taken.refused.entry("epoch_too_old").or_default() += 1;
                        continue;
                    }
                    (began.boot, Quality::Given)
                }
            };
            kept.push(Stamped { key, value, epoch, since_boot, quality });
        }
    }

    fn append(
        &self,
        stamped: &[Stamped],
        room: &mut Vec<Entry<'static>>,
        position: Option<Position<'_>>,
        stop: Option<&Stop>,
    ) -> Result<(), SendError> {
        let mut entries = emptied(std::mem::take(room));
        entries.extend(stamped.iter().map(|s| Entry {
            key: &s.key,
            value: &s.value,
            epoch: s.epoch,
            since_boot: s.since_boot.micros(),
            quality: s.quality,
            input: &self.id,
            can_wait: self.rate.is_none(),
        }));
        let result = self.append_entries(&entries, position, stop);
        *room = emptied(entries);
        room.shrink_to(KEPT);
        result
    }

    fn append_entries(
        &self,
        entries: &[Entry<'_>],
        position: Option<Position<'_>>,
        stop: Option<&Stop>,
    ) -> Result<(), SendError> {
        let stream = position.map(|position| self.stream(position.stream));
        let placed = stream.as_deref().zip(position).map(|(stream, p)| streamer_spool::Position { stream, at: p.at });
        loop {
            match self.log.append(entries, placed) {
                Ok(_) => return Ok(()),
                Err(AppendError::Wait) => {
                    if stop.is_some_and(Stop::asked) {
                        return Err(SendError::Stopped);
                    }
                    self.log.wait_for_room(PATIENCE);
                }
                Err(AppendError::TooLarge { .. }) if entries.len() > 1 => {
                    // The place moves with the last part only: after a kill between the parts the first is repeated.
                    let (first, last) = entries.split_at(entries.len() / 2);
                    self.append_entries(first, None, stop)?;
                    return self.append_entries(last, position, stop);
                }
                Err(AppendError::Closed) => return Err(SendError::Stopped),
                Err(_) => return Err(SendError::Full),
            }
        }
    }

    /// The name of an input's stream in the spool, where all inputs share one name space.
    fn stream(&self, stream: &str) -> String {
        stream_of(&self.id, stream)
    }

    pub fn settled(&self, stream: &str) -> Option<u64> {
        self.spool.settled(&self.stream(stream))
    }

    pub fn positions(&self) -> Vec<(String, u64)> {
        let prefix = self.stream("");
        let positions = self.spool.positions(&prefix).into_iter();
        positions.map(|(stream, at)| (stream[prefix.len()..].to_owned(), at)).collect()
    }

    pub fn forget(&self, stream: &str) {
        self.spool.forget(&self.stream(stream));
    }
}

/// Nothing of the entries, but their room: what is collected from a vector takes the vector's own.
fn emptied<'n>(entries: Vec<Entry<'_>>) -> Vec<Entry<'n>> {
    entries.into_iter().map_while(|_| None).collect()
}

fn stream_of(id: &str, stream: &str) -> String {
    format!("{id}/{stream}")
}

/// How far a stream of an input was accepted, whether or not the input is there.
pub fn reached(spool: &Spool, id: &str, stream: &str) -> Option<u64> {
    let name = stream_of(id, stream);
    spool.positions(&name).into_iter().find(|(found, _)| *found == name).map(|(_, at)| at)
}
