//! The tail from outside: real files in, readings out, through rotations, restarts and everything that is no file.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on says where, and how it came there"
)]

mod bounds;
mod cases;
mod conform;
mod formats;
mod ground;
mod histories;
mod rotations;
mod strange;
