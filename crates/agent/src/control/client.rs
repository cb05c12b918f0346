//! A command's side of the control socket.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::protocol::{Answer, LINE_LIMIT, Question};

/// A running agent stays silent no longer than this.
const PATIENCE: Duration = Duration::from_secs(15);

/// A conversation with a running agent.
#[derive(Debug)]
pub struct Client(BufReader<UnixStream>);

/// Why there is no conversation.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No agent listens there.
    #[error("no agent is running")]
    NotRunning,
    /// It is there, but not for this user.
    #[error("{path}: permission denied; run this as the agent's user or with sudo")]
    Denied {
        /// The socket.
        path: String,
    },
    /// It broke off.
    #[error("the agent did not answer: {0}")]
    Silent(#[from] io::Error),
}

impl Client {
    /// Calls the agent that listens at `path`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn call(path: &Path) -> Result<Self, ClientError> {
        let stream = UnixStream::connect(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ClientError::NotRunning,
            io::ErrorKind::PermissionDenied => ClientError::Denied { path: path.display().to_string() },
            _ => ClientError::Silent(error),
        })?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// [`ClientError::Silent`].
    pub fn ask(&mut self, question: &Question) -> Result<Answer, ClientError> {
        let mut line = serde_json::to_vec(question).map_err(io::Error::from)?;
        line.push(b'\n');
        self.0.get_mut().write_all(&line)?;
        line.clear();
        let read = (&mut self.0).take(LINE_LIMIT).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(serde_json::from_slice(&line).map_err(io::Error::from)?)
    }
}
