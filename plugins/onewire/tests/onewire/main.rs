//! The input from outside: folders as the kernel makes them in, readings and refusals out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod any;
mod believed;
mod chosen;
mod conform;
mod field;
mod present;
mod scan;
mod tree;
