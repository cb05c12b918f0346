//! The input from outside: folders as the kernel makes them in, readings and refusals out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod any;
mod chips;
mod chosen;
mod conform;
mod converted;
mod field;
mod named;
mod scan;
mod tree;
mod troubled;
