//! The input from outside: options in, trees of /proc and /sys in, readings out.
//!
//! Most tests read trees (see `trees/README.md`), whose files a test changes between two rounds; `live` compares the
//! running machine with what other programs say of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stderr, reason = "a test that is skipped says why")]

mod any;
mod conform;
mod cpu;
mod disk;
mod live;
mod memory;
mod mounted;
mod network;
mod options;
mod pi;
mod pressure;
mod small;
mod temperature;
mod tree;
mod whole;
