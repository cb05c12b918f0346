//! The way into a running agent: a socket in its runtime folder, one JSON object a line, question and answer.

mod client;
mod protocol;
mod server;

pub use client::{Client, ClientError};
pub use protocol::{Answer, Question, WireReading};
#[cfg(feature = "hostile")]
pub use server::converse_with;
pub use server::{Host, serve};

/// The socket's name in the runtime folder.
pub const SOCKET: &str = "control.sock";
