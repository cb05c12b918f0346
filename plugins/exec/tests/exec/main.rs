//! The input from outside: options in, real programs, readings and errors out; and nothing of any program left behind.
//!
//! Nothing here measures time. Where a program must end, its end is waited for, with a minute to come.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stderr, reason = "a test that is skipped says why")]

mod bench;
mod conform;
mod endings;
mod faults;
mod field;
mod formats;
mod many;
mod options;
mod place;
mod strays;
mod streams;
mod talk;
