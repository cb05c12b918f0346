//! What a run came to, and the pass marks of ours: nothing lost, nothing false, nobody hammered, and books that balance.

use std::time::Duration;

use super::case::{Case, End};
use crate::books::Books;
use crate::server::Counts;

/// What became of one side of a row.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It ran.
    Measured(Box<Measured>),
    /// It has no such thing; why.
    NotExpressible(&'static str),
    /// It could not run here; why.
    Skipped(String),
    /// It did not get to its end; what it said.
    Failed(String),
}

impl Outcome {
    /// The figures, where there are some.
    pub fn measured(&self) -> Option<&Measured> {
        match self {
            Self::Measured(measured) => Some(measured),
            _ => None,
        }
    }

    /// What is wrong with it, where something is.
    pub fn wrong(&self) -> Vec<String> {
        match self {
            Self::Measured(measured) => measured.missed_marks.clone(),
            Self::Failed(why) => vec![why.clone()],
            Self::NotExpressible(_) | Self::Skipped(_) => Vec::new(),
        }
    }
}

/// The figures of one run.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// Readings that were handed over.
    pub logged: u64,
    /// Readings that were not accepted, and whose caller was told so.
    pub refused: u64,
    /// What the server counted.
    pub counts: Counts,
    /// Events in the missed-events file; only Python has one.
    pub missed_file: Option<u64>,
    /// The longest that a call of `log` took; an agent has none.
    pub slowest: Option<Duration>,
    /// Threads at once, at most.
    pub threads: u64,
    /// What the program saw of it.
    pub saw: String,
    /// The client's own books in the end; ours only.
    pub books: Option<Books>,
    /// Pass marks that were missed.
    pub missed_marks: Vec<String>,
}

impl Measured {
    /// Readings that are neither with the service nor known to their caller as refused.
    pub fn lost(&self) -> u64 {
        (self.logged - self.refused).saturating_sub(self.counts.unique)
    }

    /// Requests that came while told to wait, or right after a final refusal.
    pub fn bad_manners(&self) -> u64 {
        self.counts.retry_after_violations + self.counts.soon_after_refusal
    }
}

/// Every pass mark that a run of ours missed.
pub fn missed_marks(case: &Case, measured: &Measured) -> Vec<String> {
    let counts = &measured.counts;
    let killed = matches!(case.end, End::Kill(_));
    // A killed program may leave half a request behind.
    let warned = counts.warnings.keys().any(|warning| !(killed && warning == "http"));
    // The one exception to the order that is promised.
    let late = measured.books.map_or(0, |books| books.late);
    let most_connections = if killed { 3 } else { 2 };
    let marks = [
        (measured.lost() == 0 && counts.unique == case.expected(), format!("{} lost", measured.lost())),
        (measured.refused == case.refused(), format!("{} refused at the door", measured.refused)),
        (counts.duplicates <= case.twice, format!("{} sent twice", counts.duplicates)),
        (counts.out_of_order <= late, format!("{} out of order, {late} on trial", counts.out_of_order)),
        (counts.retry_after_violations == 0, format!("{} calls while told to wait", counts.retry_after_violations)),
        (counts.soon_after_refusal == 0, format!("{} calls right after a refusal", counts.soon_after_refusal)),
        (counts.rate_limited == 0, format!("{} calls over the allowance", counts.rate_limited)),
        (counts.largest_batch <= 10, format!("{} events in a call", counts.largest_batch)),
        (counts.over_cap == 0, format!("{} calls over the cap", counts.over_cap)),
        (counts.connections_peak <= most_connections, format!("{} connections at once", counts.connections_peak)),
        (!warned, format!("warnings {:?}", counts.warnings)),
    ];
    let mut missed: Vec<String> = marks.into_iter().filter(|(met, _)| !met).map(|(_, words)| words).collect();
    match &measured.books {
        Some(books) => missed.extend(books.imbalance(case.expected(), counts.unique)),
        None => missed.push("no books".to_owned()),
    }
    missed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_lost_repeated_and_hammered_misses_its_marks() {
        let case = Case::new("x", 10, None);
        let counts = Counts { unique: 8, duplicates: 1, soon_after_refusal: 3, ..Counts::default() };
        let books = Books { accepted: 10, acknowledged: 8, waiting: 2, ..Books::default() };
        let run = Measured { logged: 10, counts, books: Some(books), ..Measured::default() };
        assert_eq!(missed_marks(&case, &run), ["2 lost", "1 sent twice", "3 calls right after a refusal"]);
    }
}
