//! Work that waits for a disk, done aside: who delivers must not wait for a disk that may not answer at all.

use std::thread;

use tokio::sync::oneshot;

/// Does `work` on a thread of its own. Whoever stops waiting leaves it behind, and it goes on to its end.
pub(crate) async fn aside(work: Box<dyn FnOnce() -> Result<(), String> + Send>) -> Result<(), String> {
    let (done, ended) = oneshot::channel();
    let thread = thread::Builder::new().name("disk".into()).spawn(move || drop(done.send(work())));
    thread.map_err(|error| format!("no thread to write it: {error}"))?;
    // A panic over there was printed over there.
    ended.await.unwrap_or_else(|_| Err("it was not written".to_owned()))
}
