//! The fault table: what the Python client loses, and what we do, row by row.
//!
//! [`table`] has the rows; [`library`], [`agent`] and [`python`] run one each, against [`crate::server`]; [`measured`] holds
//! the pass marks and [`page`] prints. A row of ours runs at [`SPEED`] times the real time, the server's clock and script
//! and the client's waits alike; Python's waits cannot be scaled, so its rows take as long as they say.

pub mod agent;
pub mod case;
pub mod feed;
pub mod library;
pub mod measured;
pub mod page;
pub mod python;
pub mod table;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use case::{Case, Row};
use measured::{Measured, Outcome};

/// How much faster than the real one the time of our rows passes.
pub const SPEED: f64 = 25.0;

/// One of the three that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// ISStreamer 2.0.0, as it is on the Python index.
    Python,
    /// A program that uses the library.
    Library,
    /// The agent, fed by a program of its `exec` input.
    Agent,
}

/// Runs these sides of a row, each in turn.
pub fn run_row(case: &Case, sides: &[Side], python: &Result<python::Python, String>) -> Row {
    let mut row = Row::of(case.clone());
    for side in sides {
        let outcome = match (side, python) {
            (Side::Python, Err(why)) => Outcome::Skipped(why.clone()),
            (Side::Python, Ok(python)) => guarded(|| python.run(case)),
            (Side::Library, _) => ours(case, case.library, library::run),
            (Side::Agent, _) => ours(case, case.agent, agent::run),
        };
        match side {
            Side::Python => row.python = outcome,
            Side::Library => row.library = outcome,
            Side::Agent => row.agent = outcome,
        }
    }
    row
}

/// Runs these sides of all rows, so many at a time; `done` sees each row as it is finished.
pub fn run_table(
    cases: &[Case],
    sides: &[Side],
    at_a_time: usize,
    python: &Result<python::Python, String>,
    done: &(impl Fn(&Row) + Sync),
) -> Vec<Row> {
    let next = AtomicUsize::new(0);
    let rows = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..at_a_time.max(1) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let row = run_row(case, sides, python);
                    done(&row);
                    rows.lock().unwrap_or_else(PoisonError::into_inner).push(row);
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    rows.sort_by_key(|row| cases.iter().position(|case| case.name == row.case.name));
    rows
}

/// One of our sides: what it measured, held against the pass marks.
fn ours(case: &Case, inexpressible: Option<&'static str>, run: fn(&Case) -> Measured) -> Outcome {
    match inexpressible {
        Some(why) => Outcome::NotExpressible(why),
        None => match guarded(|| run(case)) {
            Outcome::Measured(mut measured) => {
                measured.missed_marks = measured::missed_marks(case, &measured);
                Outcome::Measured(measured)
            }
            other => other,
        },
    }
}

/// What a run comes to, where it may give up with a panic as tests do.
fn guarded(run: impl FnOnce() -> Measured) -> Outcome {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(measured) => Outcome::Measured(Box::new(measured)),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let words = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it gave up");
            Outcome::Failed(words.to_owned())
        }
    }
}
