//! The formats from outside: text in, readings, refusals and remarks out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cases;
mod epochs;
mod formats;
mod found;
mod hostile;
mod joining;
