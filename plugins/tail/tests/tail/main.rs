//! The tail from outside: real files in, readings out, through rotations, restarts and everything that is no file.

mod bounds;
mod cases;
mod formats;
mod ground;
mod histories;
mod rotations;
mod strange;
