//! What memory knows of one segment: which readings lie in it, and how far it is true.

use streamer_reading::Epoch;

use crate::book::Pending;
use crate::mark::Mark;

/// Readings that follow each other without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub opening: u32,
    pub first: u64,
    pub last: u64,
}

impl Run {
    pub fn of(mark: Mark) -> Self {
        Self { opening: mark.opening, first: mark.count, last: mark.count }
    }

    pub fn end(&self) -> Mark {
        Mark { opening: self.opening, count: self.last }
    }

    fn through(&self, mark: Mark) -> u64 {
        let Mark { opening, count } = mark;
        let all = self.last - self.first + 1;
        match opening.cmp(&self.opening) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => (count + 1).saturating_sub(self.first).min(all),
            std::cmp::Ordering::Greater => all,
        }
    }
}

/// Readings on disk, or on their way there: as runs, so that a segment of a hundred thousand costs no more than one.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Runs {
    runs: Vec<Run>,
    pub oldest: Option<Epoch>,
    /// The last reading of an input that can wait: until it is settled, the segment must not be cut.
    pub can_wait: Option<Mark>,
}

impl Runs {
    pub fn add(&mut self, record: &Pending) {
        self.oldest.get_or_insert(record.epoch);
        if record.can_wait {
            self.can_wait = Some(record.mark);
        }
        match self.runs.last_mut() {
            Some(run) if run.opening == record.mark.opening && run.last + 1 == record.mark.count => run.last += 1,
            _ => self.runs.push(Run::of(record.mark)),
        }
    }

    pub fn extend(&mut self, more: Self) {
        self.oldest = self.oldest.or(more.oldest);
        self.can_wait = more.can_wait.or(self.can_wait);
        for run in more.runs {
            match self.runs.last_mut() {
                Some(last) if last.opening == run.opening && last.last + 1 == run.first => last.last = run.last,
                _ => self.runs.push(run),
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    pub fn first(&self) -> Option<Mark> {
        self.runs.first().map(|r| Mark { opening: r.opening, count: r.first })
    }

    pub fn last(&self) -> Option<Mark> {
        self.runs.last().map(Run::end)
    }

    pub fn openings(&self) -> impl Iterator<Item = u32> {
        self.runs.iter().map(|r| r.opening)
    }

    /// How many readings lie in (`after`, `through`].
    pub fn between(&self, after: Mark, through: Mark) -> u64 {
        self.runs.iter().map(|r| r.through(through).saturating_sub(r.through(after))).sum()
    }

    pub fn after(&self, after: Mark) -> u64 {
        self.between(after, Mark::END)
    }

    pub fn count(&self) -> u64 {
        self.after(Mark::START)
    }

    /// Forgets all readings after `mark`.
    pub fn truncate(&mut self, mark: Mark) {
        self.runs.retain_mut(|run| {
            if run.opening == mark.opening {
                run.last = run.last.min(mark.count);
            }
            run.opening < mark.opening || (run.opening == mark.opening && run.first <= run.last)
        });
    }
}

/// One segment file.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub number: u64,
    /// The file's name; a recycled file keeps the one it was made with.
    pub slot: String,
    pub salt: u64,
    pub runs: Runs,
    /// Up to here it is synced and true.
    pub end: u64,
    /// What it takes on disk, in bytes.
    pub size: u64,
    /// Part of it was damaged: it is kept for a person to look at, not recycled.
    pub bad: bool,
}

/// A segment that nobody needs, waiting for the committer to see to its file.
#[derive(Debug, Clone)]
pub(crate) struct Gone {
    pub number: u64,
    pub slot: String,
    pub bad: bool,
    pub size: u64,
}
