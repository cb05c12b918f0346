//! One bucket's log as memory knows it: readings not on disk yet, the segments that hold the others, the cursors.
//!
//! Everything here happens under the spool's lock, so nothing here may touch a disk.

use std::collections::{HashSet, VecDeque};
use std::hash::BuildHasherDefault;
use std::sync::Arc;
use std::task::Waker;

use streamer_reading::{BucketKey, Epoch, Key, Value};

use crate::cursor::Cursor;
use crate::entry::{Entry, Quality};
use crate::item::{Cutting, Forgotten, NameHasher, SavedStream};
use crate::limits;
use crate::mark::Mark;
use crate::segment::{Gone, Segment};
use crate::status::{Refused, Waiting};

/// A reading that is in memory.
#[derive(Debug, Clone, PartialEq)]
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
    /// What it costs in memory, in bytes. The key and the input are shared with whoever made the reading.
    pub fn memory(&self) -> u64 {
        memory(&self.value)
    }
}

fn text(value: &Value) -> usize {
    if let Value::Text(text) = value { text.as_str().len() } else { 0 }
}

pub(crate) fn memory(value: &Value) -> u64 {
    (size_of::<Pending>() + text(value)) as u64
}

/// Roughly what a reading takes on disk, in bytes.
pub(crate) fn on_disk(value: &Value) -> u64 {
    (16 + text(value)) as u64
}

/// How far one stream has come.
#[derive(Debug)]
pub(crate) struct Stream {
    pub name: Arc<str>,
    pub at: u64,
    pub mark: Mark,
    pub tick: u64,
    pub settled: Option<u64>,
    /// Places not settled yet, each with the last reading that must be settled for it.
    pub open: VecDeque<(Mark, u64)>,
    /// What the newest segment says of it already.
    pub saved: Option<(u64, Option<u64>)>,
}

impl Stream {
    pub fn new(saved: SavedStream) -> Self {
        let SavedStream { name, at, settled, mark, tick } = saved;
        Self { name, at, mark, tick, settled, open: VecDeque::from([(mark, at)]), saved: None }
    }

    pub fn save(&self) -> SavedStream {
        let Self { name, at, mark, tick, settled, .. } = self;
        SavedStream { name: name.clone(), at: *at, settled: *settled, mark: *mark, tick: *tick }
    }

    /// As it stood when the reading at `through` was the newest: a place must not reach the disk before its readings.
    pub fn save_through(&self, through: Mark) -> Option<SavedStream> {
        let now = self.save();
        if now.mark <= through {
            return Some(now);
        }
        let open = self.open.iter().rev().find(|(mark, _)| *mark <= through).copied();
        let (mark, at) = open.or_else(|| Some((Mark::START, self.settled?)))?;
        Some(SavedStream { at, mark, settled: self.settled.map(|settled| settled.min(at)), ..now })
    }
}

#[derive(Debug)]
pub(crate) struct Book {
    pub bucket: BucketKey,
    /// Readings in memory, in order. Those that the disk has too are let go after the commit.
    pub pending: VecDeque<Pending>,
    pub pending_memory: u64,
    pub pending_bytes: u64,
    /// Segments, oldest first; the last one may still grow.
    pub segments: VecDeque<Segment>,
    pub segment_bytes: u64,
    /// The size of a segment, in bytes; 0 where there is no disk.
    pub segment_size: u64,
    /// Cut segments whose files the committer has still to see to.
    pub cut: Vec<Gone>,
    /// Forgotten since the last commit.
    pub forgotten: Vec<Forgotten>,
    /// The last place given to a reading.
    pub last: Mark,
    pub cursors: Vec<Cursor>,
    pub streams: Vec<Stream>,
    pub accepted: u64,
    pub refused: Refused,
    /// Counts the cuts, so that a reader that looked away notices.
    pub cuts: u64,
    pub waits: bool,
    /// Readings up to here were given way to: whoever owes one of them is waited for.
    pub awaited: Mark,
    /// Readings up to here are being written at this moment, and must not be cut.
    pub committing: Option<Mark>,
    /// The newest reading when the committer last looked: what is still owed of those by its next look is due.
    pub seen: Mark,
    /// Counts the changes to cursors and streams; what the disk has is `saved_changes`.
    pub changes: u64,
    pub saved_changes: u64,
    /// How many of the changes since then say only how many readings were acknowledged.
    pub countings: u64,
    inputs: HashSet<Arc<str>, BuildHasherDefault<NameHasher>>,
}

impl Book {
    pub fn new(bucket: BucketKey, opening: u32) -> Self {
        let last = Mark { opening, count: 0 };
        Self {
            bucket,
            pending: VecDeque::new(),
            pending_memory: 0,
            pending_bytes: 0,
            segments: VecDeque::new(),
            segment_bytes: 0,
            segment_size: 0,
            cut: Vec::new(),
            forgotten: Vec::new(),
            last,
            cursors: Vec::new(),
            streams: Vec::new(),
            accepted: 0,
            refused: Refused::default(),
            cuts: 0,
            waits: false,
            awaited: Mark::START,
            committing: None,
            seen: last,
            changes: 0,
            saved_changes: 0,
            countings: 0,
            inputs: HashSet::default(),
        }
    }

    /// Makes the configured outputs exactly `outputs`: new ones start at the end, missing ones are kept aside.
    pub fn configure(&mut self, outputs: &[&str]) {
        for cursor in &mut self.cursors {
            match (outputs.contains(&&*cursor.output), cursor.removed) {
                (true, Some(_)) => cursor.removed = None,
                (false, None) => cursor.removed = Some(None),
                _ => continue,
            }
            self.changes += 1;
        }
        for output in outputs {
            if self.cursor(output).is_none() {
                self.cursors.push(Cursor::new(output, self.last));
                self.changes += 1;
            }
        }
    }

    pub fn cursor(&self, output: &str) -> Option<usize> {
        self.cursors.iter().position(|c| &*c.output == output)
    }

    /// Accepts readings.
    pub fn push_all(&mut self, entries: &[Entry<'_>]) {
        // Those of one append have the same input, at the same place.
        let mut near: Option<(&str, Arc<str>)> = None;
        for entry in entries {
            let input = match &near {
                Some((id, input)) if std::ptr::eq(*id, entry.input) => input.clone(),
                _ => {
                    let input = self.input(entry.input);
                    near = (entries.len() > 1).then(|| (entry.input, input.clone()));
                    input
                }
            };
            self.push(entry, input);
        }
    }

    fn push(&mut self, entry: &Entry<'_>, input: Arc<str>) {
        self.last.count += 1;
        self.accepted += 1;
        for cursor in &mut self.cursors {
            cursor.accepted += 1;
            cursor.waiting += 1;
            cursor.oldest.get_or_insert(entry.epoch);
        }
        self.put(Pending {
            mark: self.last,
            key: entry.key.clone(),
            value: entry.value.clone(),
            epoch: entry.epoch,
            since_boot: entry.since_boot,
            quality: entry.quality,
            can_wait: entry.can_wait,
            input,
        });
    }

    /// Holds a reading in memory.
    pub fn put(&mut self, pending: Pending) {
        self.pending_memory += pending.memory();
        self.pending_bytes += on_disk(&pending.value);
        self.pending.push_back(pending);
    }

    fn let_go(&mut self, gone: &Pending) {
        self.pending_memory -= gone.memory();
        self.pending_bytes -= on_disk(&gone.value);
    }

    /// An input's id, kept once.
    fn input(&mut self, id: &str) -> Arc<str> {
        if let Some(known) = self.inputs.get(id) {
            return known.clone();
        }
        // Ids come from a configuration; a caller who makes up one for each reading must not fill the memory.
        if self.inputs.len() >= limits::INPUTS {
            self.inputs.clear();
        }
        let new: Arc<str> = id.into();
        self.inputs.insert(new.clone());
        new
    }

    /// Notes that all up to the newest reading belongs to `at` in `stream`.
    pub fn place(&mut self, name: &str, at: u64, tick: u64) -> SavedStream {
        let mark = self.last;
        let index = self.streams.iter().position(|s| &*s.name == name).unwrap_or_else(|| {
            let new = SavedStream { name: name.into(), at, settled: None, mark, tick };
            self.streams.push(Stream::new(new));
            self.streams.len() - 1
        });
        let stream = &mut self.streams[index];
        (stream.at, stream.mark, stream.tick) = (at, mark, tick);
        match stream.open.back_mut() {
            Some(last) if last.0 == mark => last.1 = at,
            _ => stream.open.push_back((mark, at)),
        }
        self.changes += 1;
        stream.save()
    }

    /// The place up to which every configured output has settled all.
    fn settled_to(&self) -> Mark {
        let configured = self.cursors.iter().filter(|c| c.removed.is_none());
        configured.map(|c| if c.waiting == 0 { self.last } else { c.at }).min().unwrap_or(self.last)
    }

    /// The place after which somebody still owes something.
    pub fn owed_after(&self) -> Mark {
        self.cursors.iter().filter(|c| c.waiting > 0).map(|c| c.at).min().unwrap_or(self.last)
    }

    /// Moves the settled places of the streams on, and lets go of what nobody owes any more.
    pub fn settle(&mut self) {
        let to = self.settled_to();
        for stream in &mut self.streams {
            while let Some((_, at)) = stream.open.pop_front_if(|(mark, _)| *mark <= to) {
                stream.settled = Some(at);
            }
        }
        self.let_go_through(self.owed_after());
    }

    /// Lets go of readings in memory: they are settled, or on disk.
    pub fn let_go_through(&mut self, mark: Mark) {
        while let Some(gone) = self.pending.pop_front_if(|p| p.mark <= mark) {
            self.let_go(&gone);
        }
    }

    /// How many readings lie in (`after`, `through`], on disk and in memory.
    pub fn between(&self, after: Mark, through: Mark) -> u64 {
        let in_memory =
            self.pending.partition_point(|p| p.mark <= through) - self.pending.partition_point(|p| p.mark <= after);
        self.on_disk_between(after, through) + in_memory as u64
    }

    pub fn on_disk_between(&self, after: Mark, through: Mark) -> u64 {
        self.segments.iter().map(|s| s.runs.between(after, through)).sum()
    }

    /// The newest reading that the disk has; a place that reaches it must not be older.
    pub fn last_on_disk(&self) -> Mark {
        self.segments.iter().rev().find_map(|s| s.runs.last()).unwrap_or(Mark::START)
    }

    /// Moves a cursor on; `aside` of the readings it passes went to the dead letters. `ahead` is the epoch of the next
    /// reading, where the reader has it already.
    pub fn acknowledge(&mut self, index: usize, through: Mark, aside: u64, ahead: Option<Epoch>) -> bool {
        let from = self.cursors[index].at;
        let Some(in_flight) = self.cursors[index].in_flight else { return false };
        // A reader can settle only what it was given.
        let through = through.min(in_flight);
        if through <= from {
            return false;
        }
        let settled = self.between(from, through);
        let oldest = ahead.or_else(|| self.oldest_after(through));
        let cursor = &mut self.cursors[index];
        cursor.at = through;
        cursor.waiting -= settled;
        let aside = aside.min(settled);
        cursor.set_aside += aside;
        cursor.acknowledged += settled - aside;
        cursor.oldest = oldest;
        if through >= in_flight {
            cursor.in_flight = None;
        }
        self.changes += 1;
        if aside == 0 {
            self.countings += 1;
        }
        self.settle();
        true
    }

    /// Whether a start that knew only what the disk has would go on from an earlier place. It would not where the disk
    /// never had the readings that a cursor passed: only the counts would be older.
    pub fn would_go_back(&self) -> bool {
        self.changes - self.saved_changes != self.countings
            || self.streams.iter().any(|s| s.saved != Some((s.at, s.settled)))
            || self.cursors.iter().any(|c| self.on_disk_between(c.saved, c.at) > 0)
    }

    pub fn oldest_after(&self, mark: Mark) -> Option<Epoch> {
        let on_disk = self.segments.iter().find(|s| s.runs.after(mark) > 0).and_then(|s| s.runs.oldest);
        on_disk.or_else(|| self.pending.get(self.pending.partition_point(|p| p.mark <= mark)).map(|p| p.epoch))
    }

    /// What an output has still to get. Bytes on disk are shared out evenly among the readings of a segment.
    pub fn waiting(&self, index: usize) -> Waiting {
        let cursor = &self.cursors[index];
        let start = self.pending.partition_point(|p| p.mark <= cursor.at);
        let in_memory: u64 = self.pending.range(start..).map(|p| on_disk(&p.value)).sum();
        let on_disk: u64 = self.segments.iter().map(|s| s.end * s.runs.after(cursor.at) / s.runs.count().max(1)).sum();
        let oldest = if cursor.waiting > 0 { cursor.oldest } else { None };
        Waiting { readings: cursor.waiting, bytes: in_memory + on_disk, oldest }
    }

    /// Counts readings that are gone: `count` tells how many of them lay behind a cursor.
    pub fn count_gone(&mut self, cause: Cause, count: impl Fn(Mark) -> u64) {
        for cursor in &mut self.cursors {
            let gone = count(cursor.at);
            if gone == 0 {
                continue;
            }
            cursor.waiting -= gone.min(cursor.waiting);
            match cause {
                Cause::Full => cursor.dropped.full += gone,
                Cause::Lost => cursor.dropped.lost += gone,
            }
        }
        self.cuts += 1;
        self.changes += 1;
        for index in 0..self.cursors.len() {
            self.cursors[index].oldest = self.oldest_after(self.cursors[index].at);
        }
    }

    /// What it takes, in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes_with(0)
    }

    /// What it would take with so many bytes more; what is in memory counts as what the next commit makes of it.
    pub fn bytes_with(&self, more: u64) -> u64 {
        let pending = self.pending_bytes + more;
        if pending == 0 || self.segment_size == 0 {
            return self.segment_bytes + pending;
        }
        // No segment is filled to its last byte, and its blocks are written ahead.
        let room = self.segments.back().map_or(0, |newest| newest.size.saturating_sub(newest.end));
        let room = room.saturating_sub(self.segment_size / 8);
        let coming = (pending + pending / 8).saturating_sub(room);
        self.segment_bytes + coming.next_multiple_of(limits::CHUNK)
    }

    /// All who are to be woken.
    pub fn take_wakers(&mut self, into: &mut Vec<Waker>) {
        into.extend(self.cursors.iter_mut().filter_map(|c| c.waker.take()).map(|(waker, _)| waker));
    }

    /// Those who are to be woken because as many readings wait as they asked for.
    pub fn take_wakers_due(&mut self, into: &mut Vec<Waker>) {
        let due = |c: &mut Cursor| if c.waker.as_ref()?.1 <= c.waiting { c.waker.take() } else { None };
        into.extend(self.cursors.iter_mut().filter_map(due).map(|(waker, _)| waker));
    }

    /// The configured output with the most readings waiting.
    pub fn slowest(&self) -> Option<String> {
        let configured = self.cursors.iter().filter(|c| c.removed.is_none());
        configured.max_by_key(|c| c.waiting).map(|c| c.output.to_string())
    }

    /// Gives up cursors of outputs that were removed long enough ago.
    pub fn expire(&mut self, now: Epoch) {
        let forgotten = &mut self.forgotten;
        self.cursors.retain_mut(|cursor| match &mut cursor.removed {
            Some(Some(since)) if !cursor.has_reader && now.micros() - since.micros() >= limits::REMOVED_FOR => {
                forgotten.push(Forgotten::Output(cursor.output.clone()));
                false
            }
            Some(Some(_)) => true,
            Some(since) => {
                *since = Some(now);
                true
            }
            None => true,
        });
        self.changes += 1;
        self.settle();
    }

    /// Cuts `count` readings that are in memory only, beginning with the `start`th.
    pub fn cut_pending(&mut self, start: usize, count: usize) -> Option<Cutting> {
        let gone: Vec<Pending> = self.pending.drain(start..start + count).collect();
        let cutting = Cutting { segment: 0, first: gone.first()?.mark, last: gone.last()?.mark };
        gone.iter().for_each(|p| self.let_go(p));
        self.count_gone(Cause::Full, |at| (gone.len() - gone.partition_point(|p| p.mark <= at)) as u64);
        Some(cutting)
    }
}

/// Why readings are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Full,
    Lost,
}
