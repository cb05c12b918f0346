//! The way into a running agent: a socket in its runtime folder, one JSON object a line, question and answer.

mod client;
mod protocol;
mod server;

pub use client::{Client, ClientError};
pub use protocol::{Answer, Question, WireReading};
pub use server::{Host, converse_with, serve};

/// The socket's name in the runtime folder.
pub const SOCKET: &str = "control.sock";
