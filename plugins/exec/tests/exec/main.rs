//! The input from outside: options in, real programs, readings and errors out; and nothing of any program left behind.
//!
//! Nothing here measures time. Where a program must end, its end is waited for, with a minute to come.

mod bench;
mod endings;
mod faults;
mod field;
mod formats;
mod many;
mod options;
mod place;
mod strays;
mod streams;
