//! The input from outside: records of the kernel's in, readings out.
//!
//! There is no chip here; a line is a pipe that carries the records, laid out as the kernel's header says.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod conform;
mod field;
mod ground;
mod histories;
mod lost;
mod options;
mod records;
mod times;
