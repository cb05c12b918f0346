//! One bucket's log as memory knows it: the readings that are not on disk yet, the cursors, the positions.
//!
//! Everything here happens under the spool's lock, so nothing here may touch a disk.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

use streamer_reading::{BucketKey, Epoch, Key, Value};

use crate::cursor::Cursor;
use crate::entry::{Entry, Quality};
use crate::limits;
use crate::mark::Mark;
use crate::status::Refused;

/// A reading that is in memory.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub mark: Mark,
    pub key: Key,
    pub value: Value,
    pub epoch: Epoch,
    pub since_boot: u64,
    pub quality: Quality,
    pub can_wait: bool,
    pub input: Arc<str>,
}

impl Pending {
    /// What it costs in memory, in bytes.
    pub fn memory(&self) -> u64 {
        memory(&self.key, &self.value)
    }
}

pub(crate) fn memory(key: &Key, value: &Value) -> u64 {
    let text = if let Value::Text(text) = value { text.as_str().len() } else { 0 };
    (size_of::<Pending>() + key.as_str().len() + text) as u64
}

/// How far one stream has come.
#[derive(Debug)]
pub(crate) struct Stream {
    pub name: Arc<str>,
    pub at: u64,
    pub settled: Option<u64>,
    /// Places not settled yet, each with the last reading that must be settled for it.
    pub open: VecDeque<(Mark, u64)>,
}

#[derive(Debug)]
pub(crate) struct Book {
    pub bucket: BucketKey,
    pub pending: VecDeque<Pending>,
    pub pending_memory: u64,
    /// The last place given to a reading.
    pub last: Mark,
    pub cursors: Vec<Cursor>,
    pub streams: Vec<Stream>,
    pub accepted: u64,
    pub refused: Refused,
    /// Changes whenever readings are cut, so that a reader that looked away notices.
    pub cuts: u64,
    pub waits: bool,
    inputs: Vec<Arc<str>>,
}

impl Book {
    pub fn new(bucket: BucketKey, opening: u32) -> Self {
        Self {
            bucket,
            pending: VecDeque::new(),
            pending_memory: 0,
            last: Mark { opening, count: 0 },
            cursors: Vec::new(),
            streams: Vec::new(),
            accepted: 0,
            refused: Refused::default(),
            cuts: 0,
            waits: false,
            inputs: Vec::new(),
        }
    }

    /// Makes the configured outputs exactly `outputs`: new ones start at the end, missing ones are kept aside.
    pub fn configure(&mut self, outputs: &[&str]) {
        for cursor in &mut self.cursors {
            match (outputs.contains(&&*cursor.output), cursor.removed) {
                (true, _) => cursor.removed = None,
                (false, None) => cursor.removed = Some(None),
                (false, Some(_)) => {}
            }
        }
        for output in outputs {
            if self.cursor(output).is_none() {
                self.cursors.push(Cursor::new(output, self.last));
            }
        }
    }

    pub fn cursor(&self, output: &str) -> Option<usize> {
        self.cursors.iter().position(|c| &*c.output == output)
    }

    pub fn push(&mut self, entry: &Entry<'_>) {
        self.last.count += 1;
        let input = self.input(entry.input);
        let pending = Pending {
            mark: self.last,
            key: entry.key.clone(),
            value: entry.value.clone(),
            epoch: entry.epoch,
            since_boot: entry.since_boot,
            quality: entry.quality,
            can_wait: entry.can_wait,
            input,
        };
        self.pending_memory += pending.memory();
        self.pending.push_back(pending);
        self.accepted += 1;
        for cursor in &mut self.cursors {
            cursor.accepted += 1;
            cursor.waiting += 1;
            cursor.oldest.get_or_insert(entry.epoch);
        }
    }

    /// An input's id, kept once.
    fn input(&mut self, id: &str) -> Arc<str> {
        if let Some(known) = self.inputs.iter().rev().find(|known| ***known == *id) {
            return known.clone();
        }
        let new: Arc<str> = id.into();
        self.inputs.push(new.clone());
        new
    }

    /// Notes that all up to the newest reading belongs to `at` in `stream`.
    pub fn place(&mut self, stream: &str, at: u64) {
        let mark = self.last;
        let stream = match self.streams.iter().position(|s| &*s.name == stream) {
            Some(known) => &mut self.streams[known],
            None => {
                self.streams.push(Stream { name: stream.into(), at, settled: None, open: VecDeque::new() });
                self.streams.last_mut().expect("pushed above")
            }
        };
        stream.at = at;
        match stream.open.back_mut() {
            Some(last) if last.0 == mark => last.1 = at,
            _ => stream.open.push_back((mark, at)),
        }
        self.settle();
    }

    /// The place up to which every configured output has settled all.
    fn settled_to(&self) -> Mark {
        self.cursors
            .iter()
            .filter(|c| c.removed.is_none())
            .map(|c| if c.waiting == 0 { self.last } else { c.at })
            .min()
            .unwrap_or(self.last)
    }

    /// Moves the settled places of the streams on, and lets go of what nobody owes any more.
    pub fn settle(&mut self) {
        let to = self.settled_to();
        for stream in &mut self.streams {
            while let Some((_, at)) = stream.open.pop_front_if(|(mark, _)| *mark <= to) {
                stream.settled = Some(at);
            }
        }
        let owed_after = self.cursors.iter().filter(|c| c.waiting > 0).map(|c| c.at).min().unwrap_or(self.last);
        while let Some(gone) = self.pending.pop_front_if(|p| p.mark <= owed_after) {
            self.pending_memory -= gone.memory();
        }
    }

    /// How many readings in memory lie in (`after`, `through`].
    pub fn pending_between(&self, after: Mark, through: Mark) -> u64 {
        (self.pending.partition_point(|p| p.mark <= through) - self.pending.partition_point(|p| p.mark <= after)) as u64
    }

    /// Moves a cursor on; `aside` of the readings it passes went to the dead letters.
    pub fn acknowledge(&mut self, cursor: usize, through: Mark, aside: u64) {
        let from = self.cursors[cursor].at;
        let Some(in_flight) = self.cursors[cursor].in_flight else { return };
        // A reader can settle only what it was given.
        let through = through.min(in_flight);
        if through <= from {
            return;
        }
        let settled = self.pending_between(from, through);
        let oldest = self.pending.get(self.pending.partition_point(|p| p.mark <= through)).map(|p| p.epoch);
        let cursor = &mut self.cursors[cursor];
        cursor.at = through;
        cursor.waiting -= settled;
        let aside = aside.min(settled);
        cursor.set_aside += aside;
        cursor.acknowledged += settled - aside;
        cursor.oldest = oldest;
        if through >= in_flight {
            cursor.in_flight = None;
        }
        self.settle();
    }

    pub fn take_wakers(&mut self, into: &mut Vec<Waker>) {
        into.extend(self.cursors.iter_mut().filter_map(|c| c.waker.take()));
    }
}

impl Book {
    /// The configured output with the most readings waiting.
    pub fn slowest(&self) -> Option<String> {
        let configured = self.cursors.iter().filter(|c| c.removed.is_none());
        configured.max_by_key(|c| c.waiting).map(|c| c.output.to_string())
    }

    /// Gives up cursors of outputs that were removed long enough ago.
    pub fn expire(&mut self, now: Epoch) {
        self.cursors.retain_mut(|cursor| match &mut cursor.removed {
            Some(Some(since)) => cursor.has_reader || now.micros() - since.micros() < limits::REMOVED_FOR,
            Some(since) => {
                *since = Some(now);
                true
            }
            None => true,
        });
        self.settle();
    }
}
