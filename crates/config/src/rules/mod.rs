//! What is done to an input's readings on their way to the spool: leave out, rename, calculate, round, send on change.
//!
//! Pure: no clock, no input, no spool. A rule is data; [`Rules`] is the rules of one input at work.

mod arithmetic;
mod change;
mod judge;
mod rule;

pub use judge::{Outcome, Rules};
pub use rule::{OnChange, Rule};
pub(crate) use rule::{RuleOptions, rule};
