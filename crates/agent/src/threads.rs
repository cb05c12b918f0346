//! Threads for outputs that block: one for each, so that a file which hangs holds up no other output.

use std::collections::HashMap;
use std::io;

use tokio::runtime::Handle;

use crate::exit::Failure;

/// The threads that were started, by the label of their output.
#[derive(Default)]
pub struct Threads(HashMap<String, Thread>);

/// A thread for the drains of one output.
struct Thread {
    runtime: Handle,
    /// Dropped at the end: the thread goes home.
    _stay: tokio::sync::oneshot::Sender<()>,
}

impl Threads {
    /// The thread of the output of that label.
    pub fn of(&mut self, label: &str) -> Result<Handle, Failure> {
        if let Some(thread) = self.0.get(label) {
            return Ok(thread.runtime.clone());
        }
        let started = Thread::start(label).map_err(|error| Failure::failed(format!("output {label}: {error}")))?;
        let runtime = started.runtime.clone();
        self.0.insert(label.to_owned(), started);
        Ok(runtime)
    }
}

impl Thread {
    fn start(label: &str) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let handle = runtime.handle().clone();
        let (stay, go) = tokio::sync::oneshot::channel::<()>();
        let name = label.chars().take(15).collect();
        std::thread::Builder::new().name(name).spawn(move || {
            let _ = runtime.block_on(go);
        })?;
        Ok(Self { runtime: handle, _stay: stay })
    }
}
