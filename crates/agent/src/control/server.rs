//! The agent's side of the control socket. A caller that is slow, or says nonsense, costs only itself.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::protocol::{Answer, LINE_LIMIT, Question};

/// Callers that are served at the same time; a further one waits.
const CALLERS: usize = 8;

/// Who answers.
#[derive(Clone)]
pub struct Host {
    /// It must not wait for a network, and for a disk only where [`Question::waits_for_disk`]: what takes time is answered
    /// with [`Answer::Wait`].
    pub answers: Arc<dyn Fn(Question) -> Answer + Send + Sync>,
    /// Whether accepting a reading may have to wait for the disk.
    pub log_waits: bool,
}

impl Host {
    /// Nobody else waits where the answer waits for the disk.
    async fn answer(&self, question: Question) -> Answer {
        if !question.waits_for_disk(self.log_waits) {
            return (self.answers)(question);
        }
        let answers = self.answers.clone();
        let answered = tokio::task::spawn_blocking(move || answers(question)).await;
        answered.unwrap_or_else(|_| Answer::Refused("it was not answered".into()))
    }
}

/// Opens the socket at `path` and answers until it is dropped. A socket that a killed agent left there is replaced: whoever
/// holds the state folder's lock owns it.
///
/// # Errors
/// Where the folder cannot be written.
pub fn serve(path: &Path, host: Host) -> io::Result<impl Future<Output = ()> + use<>> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
    Ok(accept(listener, host))
}

async fn accept(listener: UnixListener, host: Host) {
    let seats = Arc::new(tokio::sync::Semaphore::new(CALLERS));
    loop {
        let Ok(seat) = seats.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let host = host.clone();
                tokio::spawn(async move {
                    // A caller that goes away in the middle of a line is no event.
                    let _ = converse(stream, &host).await;
                    drop(seat);
                });
            }
            // No descriptor left: it gets better, and looking again at once would not help.
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(500)).await,
        }
    }
}

async fn converse(stream: UnixStream, host: &Host) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        if (&mut stream).take(LINE_LIMIT).read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let whole = line.ends_with(b"\n");
        let answer = match serde_json::from_slice(&line) {
            Ok(question) => host.answer(question).await,
            Err(_) if !whole && line.len() as u64 == LINE_LIMIT => {
                Answer::Refused(format!("a line may have {LINE_LIMIT} bytes"))
            }
            // serde's words could repeat what was said; a place is enough.
            Err(error) => Answer::Refused(format!("no question that this agent knows (column {})", error.column())),
        };
        let mut said = serde_json::to_vec(&answer)?;
        said.push(b'\n');
        stream.get_mut().write_all(&said).await?;
        if !whole {
            return Ok(());
        }
    }
}

/// The agent's side of a conversation in which the caller says these bytes and nothing is ever refused.
pub fn converse_with(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (mut caller, agent) = UnixStream::pair()?;
        let answering = tokio::spawn(async move {
            let host = Host { answers: Arc::new(|_| Answer::Done), log_waits: false };
            converse(agent, &host).await
        });
        let (mut from, mut to) = caller.split();
        let mut answers = Vec::new();
        let saying = async {
            let _ = to.write_all(bytes).await;
            to.shutdown().await
        };
        let (_, heard) = tokio::join!(saying, from.read_to_end(&mut answers));
        heard?;
        let _ = answering.await;
        Ok(answers)
    })
}
