//! What gives way when there is no room: the bound for all logs, and the memory that stands in for a dead disk.

use crate::book::{Book, Cause};
use crate::cursor::Cursor;
use crate::item::Cutting;
use crate::mark::Mark;
use crate::options::{OnFull, Options};
use crate::segment::Gone;
use crate::state::State;

/// Readings cut at a time, where they are in memory only.
const AT_ONCE: usize = 256;

/// What there is no room for, or only later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoRoom {
    Wait,
    Full,
}

/// A cut that must be noted in the tail.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cutted {
    pub book: usize,
    pub cutting: Cutting,
}

impl State {
    /// Each log's equal part of the bound.
    pub fn share(&self, options: &Options) -> u64 {
        options.max_size / (self.books.len().max(1) as u64)
    }

    /// Whether inputs that can wait must wait: their log is three quarters full, or the memory is.
    pub fn must_wait(&mut self, index: usize, options: &Options, cuts: &mut Vec<Cutted>) -> bool {
        let limit = self.share(options) / 4 * 3;
        // What only a removed output owes pauses nobody.
        while self.books[index].bytes() >= limit {
            let Some(cutting) = self.books[index].cut_removed() else { break };
            cuts.push(Cutted { book: index, cutting });
        }
        self.books[index].bytes() >= limit || self.memory() >= options.memory / 4 * 3
    }

    /// Makes room for readings that will take `bytes` on disk and `memory` in memory.
    pub fn make_room(
        &mut self,
        index: usize,
        bytes: u64,
        memory: u64,
        options: &Options,
        cuts: &mut Vec<Cutted>,
    ) -> Result<(), NoRoom> {
        let share = self.share(options);
        let all = |state: &Self| state.bytes() - state.books[index].bytes() + state.books[index].bytes_with(bytes);
        while all(self) > options.max_size {
            if options.on_full == OnFull::DropNewest && self.books[index].bytes_with(bytes) > share {
                return Err(NoRoom::Full);
            }
            let Some(cut) = self.cut_one(share, bytes, index) else { return Err(NoRoom::Full) };
            cuts.push(cut);
        }
        while self.memory() + memory > options.memory {
            if options.on_full == OnFull::DropNewest {
                return Err(NoRoom::Full);
            }
            let mut largest: Vec<usize> = (0..self.books.len()).collect();
            largest.sort_by_cached_key(|b| std::cmp::Reverse(self.books[*b].pending_memory));
            let cut =
                largest.into_iter().find_map(|book| Some(Cutted { book, cutting: self.books[book].cut_memory()? }));
            cuts.push(cut.ok_or(NoRoom::Full)?);
        }
        Ok(())
    }

    fn cut_one(&mut self, share: u64, bytes: u64, index: usize) -> Option<Cutted> {
        let mut order: Vec<usize> = (0..self.books.len()).collect();
        let taken = |state: &Self, b: usize| state.books[b].bytes_with(if b == index { bytes } else { 0 });
        order.sort_by_cached_key(|b| std::cmp::Reverse(taken(self, *b)));
        for removed_only in [true, false] {
            for book in &order {
                let over = taken(self, *book) > share;
                if !(removed_only || over) {
                    continue;
                }
                let log = &mut self.books[*book];
                let cutting = if removed_only { log.cut_removed() } else { log.cut_oldest() };
                if let Some(cutting) = cutting {
                    return Some(Cutted { book: *book, cutting });
                }
            }
        }
        None
    }
}

impl Book {
    /// Cuts the oldest readings: a segment, or where there is none, some that are in memory. None where the oldest hold
    /// one of an input that can wait.
    fn cut_oldest(&mut self) -> Option<Cutting> {
        let Some(oldest) = (0..self.segments.len()).find(|i| self.may_go(*i)) else {
            return if self.segments.len() <= 1 { self.cut_memory() } else { None };
        };
        let can_wait = self.segments[oldest].runs.can_wait;
        if can_wait.is_some_and(|mark| self.configured().any(|c| c.at < mark && c.waiting > 0)) {
            return None;
        }
        self.cut_this(oldest, Cause::Full)
    }

    /// Cuts the oldest segment that no configured output owes anything of.
    pub fn cut_removed(&mut self) -> Option<Cutting> {
        let owed = |i: &usize| self.configured().any(|c| self.segments[*i].runs.after(c.at) > 0);
        let index = (0..self.segments.len()).find(|i| self.may_go(*i) && !owed(i))?;
        self.cut_this(index, Cause::Full)
    }

    fn configured(&self) -> impl Iterator<Item = &Cursor> {
        self.cursors.iter().filter(|c| c.removed.is_none())
    }

    /// Whether nothing of a segment is in flight to an output. The newest never goes: it holds the state of the log, and
    /// closes the commit that the one before it may have begun.
    fn may_go(&self, index: usize) -> bool {
        let runs = &self.segments[index].runs;
        let newest = index + 1 == self.segments.len();
        let in_flight = |c: &Cursor| c.in_flight.is_some_and(|last| runs.between(c.at, last) > 0);
        !newest && !runs.is_empty() && !self.cursors.iter().any(in_flight)
    }

    /// Takes a segment out of the log and leaves its file to the committer.
    pub fn cut_this(&mut self, index: usize, cause: Cause) -> Option<Cutting> {
        let segment = self.segments.remove(index)?;
        self.segment_bytes -= segment.size;
        let (first, last) = (segment.runs.first().unwrap_or(Mark::START), segment.runs.last().unwrap_or(Mark::START));
        self.cut.push(Gone { number: segment.number, slot: segment.slot, bad: segment.bad, size: segment.size });
        self.count_gone(cause, |at| segment.runs.after(at));
        self.settle();
        Some(Cutting { segment: segment.number, first, last })
    }

    /// Gives up what follows `after` in a segment: the disk does not give it any more.
    pub fn lose(&mut self, number: u64, after: Mark) {
        let Some(index) = self.segments.iter().position(|s| s.number == number) else { return };
        let before = self.segments[index].runs.clone();
        self.segments[index].bad = true;
        self.segments[index].runs.truncate(after);
        self.count_gone(Cause::Lost, |at| before.after(at.max(after)));
        for cursor in &mut self.cursors {
            // What was in flight of it can still be acknowledged, and is not there to be acknowledged again.
            cursor.in_flight =
                cursor.in_flight.map(|last| if before.between(after, last) > 0 { last.min(after) } else { last });
        }
        self.settle();
    }

    /// Gives up every segment: the folder is gone. What is in flight to an output is in its reader's hands, and is lost
    /// only when the reader gives it up.
    pub fn lose_all(&mut self) {
        let mut index = 0;
        while let Some(segment) = self.segments.get(index) {
            let flying = |c: &Cursor| c.in_flight.filter(|last| segment.runs.between(c.at, *last) > 0);
            match self.cursors.iter().filter_map(flying).max() {
                Some(last) => {
                    let number = segment.number;
                    self.lose(number, last);
                    index += 1;
                }
                None => {
                    self.cut_this(index, Cause::Lost);
                }
            }
        }
        self.cut.clear();
        self.changes += 1;
    }

    /// Cuts some of the oldest readings that are in memory only.
    fn cut_memory(&mut self) -> Option<Cutting> {
        let in_flight = self.cursors.iter().filter_map(|c| c.in_flight).max();
        let kept = in_flight.max(self.committing).unwrap_or(Mark::START);
        let start = self.pending.partition_point(|p| p.mark <= kept);
        let count = self.pending.range(start..).take(AT_ONCE).take_while(|p| !p.can_wait).count();
        if count == 0 { None } else { self.cut_pending(start, count) }
    }
}
