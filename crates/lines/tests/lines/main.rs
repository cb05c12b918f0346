//! The formats from outside: text in, readings, refusals and remarks out.

mod cases;
mod epochs;
mod formats;
mod found;
mod hostile;
mod joining;
