//! The sensors from outside: registers in, readings out.
//!
//! `oracles` compares every conversion with another's, out of the answers that `oracles/` keeps; `field` replays what
//! went wrong for people; `hostile` is any bytes, chips that fall silent, buses that hang.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod conform;
mod field;
mod hostile;
mod kept;
mod oracles;
mod scan;
mod simulated;
