//! The agent's side of the control socket. A caller that is slow, or says nonsense, costs only itself.

use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::protocol::{Answer, LINE_LIMIT, Question};

/// Callers that may be connected at the same time: one that logs through a pipe says nothing for hours.
const CALLERS: usize = 64;
/// Questions that are read and answered at the same time; a further one waits.
const AT_ONCE: usize = 8;
/// The longest that a question may take to come to its end, and an answer to be taken.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked whether the socket is still where callers look for it.
const LOOK: Duration = Duration::from_secs(5);

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
/// holds the state folder's lock owns it. Where its folder is taken away, it is made anew.
///
/// # Errors
/// Where the folder cannot be written.
pub fn serve(path: &Path, host: Host) -> io::Result<impl Future<Output = ()> + use<>> {
    let listener = bind(path)?;
    Ok(accept(listener, path.to_owned(), host))
}

fn bind(path: &Path) -> io::Result<(UnixListener, u64)> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
    Ok((listener, std::fs::metadata(path)?.ino()))
}

async fn accept((mut listener, mut inode): (UnixListener, u64), path: PathBuf, host: Host) {
    let places = Arc::new(Semaphore::new(CALLERS));
    let seats = Arc::new(Semaphore::new(AT_ONCE));
    // On a disk nobody looks: it may not answer.
    let look = if host.log_waits { Duration::MAX } else { LOOK };
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        match timeout(look, listener.accept()).await {
            Ok(Ok((stream, _))) => {
                let (host, seats) = (host.clone(), seats.clone());
                tokio::spawn(async move {
                    // A caller that goes away in the middle of a line is no event.
                    let _ = converse(stream, &host, &seats).await;
                    drop(place);
                });
            }
            // No descriptor left: it gets better, and looking again at once would not help.
            Ok(Err(_)) => tokio::time::sleep(Duration::from_millis(500)).await,
            Err(_) if std::fs::metadata(&path).is_ok_and(|there| there.ino() == inode) => {}
            // Where it cannot be made now, its folder comes with the next commit.
            Err(_) => (listener, inode) = bind(&path).unwrap_or((listener, inode)),
        }
    }
}

async fn converse(stream: UnixStream, host: &Host, seats: &Semaphore) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        // Who says nothing keeps nobody from anything.
        if stream.fill_buf().await?.is_empty() {
            return Ok(());
        }
        let Ok(_seat) = seats.acquire().await else { return Ok(()) };
        let mut line = Vec::new();
        timeout(PATIENCE, (&mut stream).take(LINE_LIMIT).read_until(b'\n', &mut line)).await??;
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
        timeout(PATIENCE, stream.get_mut().write_all(&said)).await??;
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
            converse(agent, &host, &Semaphore::new(1)).await
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
