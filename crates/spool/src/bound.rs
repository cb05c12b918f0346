//! What gives way when there is no room: the bound for all logs, and the memory that stands in for a dead disk.

use crate::book::{Book, Cause};
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
            let Some(cutting) = self.books[index].cut_segment(true) else { break };
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
        while self.bytes() + bytes > options.max_size {
            if options.on_full == OnFull::DropNewest && self.books[index].bytes() + bytes > share {
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
            largest.sort_by_key(|b| std::cmp::Reverse(self.books[*b].pending_memory));
            let cut =
                largest.into_iter().find_map(|book| Some(Cutted { book, cutting: self.books[book].cut_memory()? }));
            cuts.push(cut.ok_or(NoRoom::Full)?);
        }
        Ok(())
    }

    fn cut_one(&mut self, share: u64, bytes: u64, index: usize) -> Option<Cutted> {
        let mut order: Vec<usize> = (0..self.books.len()).collect();
        let coming = |b: usize| if b == index { bytes } else { 0 };
        order.sort_by_key(|b| std::cmp::Reverse(self.books[*b].bytes() + coming(*b)));
        for removed_only in [true, false] {
            for book in &order {
                let over = self.books[*book].bytes() + coming(*book) > share;
                if !(removed_only || over) {
                    continue;
                }
                let cutting = self.books[*book].cut_segment(removed_only);
                let cutting = cutting.or_else(|| if removed_only { None } else { self.books[*book].cut_memory() });
                if let Some(cutting) = cutting {
                    return Some(Cutted { book: *book, cutting });
                }
            }
        }
        None
    }
}

impl Book {
    /// Cuts the oldest segment that may be cut; `removed_only`: that no configured output owes anything of.
    pub fn cut_segment(&mut self, removed_only: bool) -> Option<Cutting> {
        let newest = self.segments.len().checked_sub(1)?;
        let index = (0..=newest).find(|i| {
            let runs = &self.segments[*i].runs;
            let in_flight = |c: &crate::cursor::Cursor| c.in_flight.is_some_and(|last| runs.between(c.at, last) > 0);
            let configured = || self.cursors.iter().filter(|c| c.removed.is_none());
            let waits = runs.can_wait.is_some_and(|mark| configured().any(|c| c.at < mark && c.waiting > 0));
            let owed = configured().any(|c| runs.after(c.at) > 0);
            let being_written = *i == newest && self.committing.is_some();
            let of_a_removed_output = removed_only && owed;
            let kept = runs.is_empty() || being_written || waits || of_a_removed_output;
            !kept && !self.cursors.iter().any(in_flight)
        })?;
        self.cut_this(index, Cause::Full)
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

    /// Cuts some of the oldest readings that are in memory only.
    fn cut_memory(&mut self) -> Option<Cutting> {
        let in_flight = self.cursors.iter().filter_map(|c| c.in_flight).max();
        let kept = in_flight.max(self.committing).unwrap_or(Mark::START);
        let start = self.pending.partition_point(|p| p.mark <= kept);
        let count = self.pending.range(start..).take(AT_ONCE).take_while(|p| !p.can_wait).count();
        if count == 0 { None } else { self.cut_pending(start, count) }
    }
}
