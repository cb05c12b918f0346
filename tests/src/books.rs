//! Books that balance: what a client counts of one output, held against what was handed over and against what the server
//! counted. Three counters in three places; none of them is made from another.

use serde_json::Value;

use crate::eventually;
use crate::program::{Home, PATIENCE};
use crate::server::Server;

/// What a client says of one output, in its own counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Books {
    /// Readings accepted.
    pub accepted: u64,
    /// Of those: the output confirmed them,
    pub acknowledged: u64,
    /// they are still to be delivered,
    pub waiting: u64,
    /// they are with the dead letters,
    pub set_aside: u64,
    /// or they are gone, whatever the cause.
    pub dropped: u64,
    /// Of the acknowledged: they were refused once, alone, and accepted after younger ones.
    pub late: u64,
}

impl Books {
    /// The books of an output as `status --json` tells them.
    pub fn of(output: &Value) -> Option<Self> {
        let number = |name: &str| output[name].as_u64();
        Some(Self {
            accepted: number("accepted")?,
            acknowledged: number("acknowledged")?,
            waiting: number("waiting")?,
            set_aside: number("set_aside")?,
            late: number("late")?,
            dropped: output["dropped"].as_object()?.values().filter_map(Value::as_u64).sum(),
        })
    }

    /// The books of the output with this label, of the first bucket in a `status --json`.
    pub fn of_output(status: &Value, label: &str) -> Option<Self> {
        let outputs = status["buckets"][0]["outputs"].as_array()?;
        Self::of(outputs.iter().find(|output| output["output"] == label)?)
    }

    /// What does not balance: among themselves, against what was handed over and confirmed (`offered`), and against the
    /// different events that the server counted.
    pub fn imbalance(&self, offered: u64, unique: u64) -> Vec<String> {
        let settled = self.acknowledged + self.waiting + self.set_aside + self.dropped;
        let checks = [
            (self.accepted == settled, "accepted = acknowledged + waiting + set aside + dropped"),
            (self.accepted == offered, "accepted = what was handed over"),
            (self.acknowledged == unique, "acknowledged = the server's count of different events"),
        ];
        let wrong = checks.iter().filter(|(holds, _)| !holds);
        wrong.map(|(_, rule)| format!("{rule}: {self:?}, {offered} handed over, {unique} at the server")).collect()
    }
}

/// Fails the test unless the books of this output of the only bucket come to balance with nothing waiting: against the
/// readings that were accepted, and against what its server counted.
///
/// # Panics
/// With what does not balance.
#[track_caller]
pub fn balance(home: &Home, output: &str, accepted: u64, server: &Server) -> Books {
    let mut last = None;
    // The server has a batch a moment before the client has the answer.
    let balanced = eventually(PATIENCE, || {
        last = Books::of_output(&home.status()?, output);
        let unique = server.counts().unique;
        last.filter(|books| books.waiting == 0 && books.imbalance(accepted, unique).is_empty())
    });
    balanced.unwrap_or_else(|| {
        let wrong = last.map(|books| books.imbalance(accepted, server.counts().unique));
        panic!("{wrong:#?}, {last:?}, {:?}", home.status())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn books_are_held_against_three_counters() {
        let books = Books { accepted: 10, acknowledged: 6, waiting: 2, set_aside: 1, dropped: 1, late: 0 };
        assert!(books.imbalance(10, 6).is_empty());
        assert_eq!(books.imbalance(11, 6).len(), 1);
        assert_eq!(books.imbalance(10, 7).len(), 1);
        assert_eq!(Books { dropped: 0, ..books }.imbalance(10, 6).len(), 1);
    }
}
