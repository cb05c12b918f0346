//! The configuration from outside: text in, a plan or text out.

mod bad;
mod fakes;
mod good;
mod hostile;
mod rules;
mod secrets;
mod texts;
