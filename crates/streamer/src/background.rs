//! The library's own thread: it drives the drains, answers flushes, and watches a suspect clock.
//!
//! Callers never wait for it but in a flush, and then no longer than they said.

use std::io;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use streamer_spool::Seq;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use crate::csv::Csv;
use crate::drain::{Drain, FlushError, Handle};
use crate::events_api::EventsApi;
use crate::trusted_clock::TrustedClock;

/// A drain of either kind.
pub(crate) enum AnyDrain {
    EventsApi(Box<Drain<EventsApi>>),
    Csv(Box<Drain<Csv>>),
}

/// Why a flush did not deliver everything, in words for a person.
pub(crate) type Flushed = Result<(), String>;

/// Whoever waits for a flush, either way.
pub(crate) enum Asker {
    Blocked(mpsc::SyncSender<Flushed>),
    Awaiting(oneshot::Sender<Flushed>),
}

impl Asker {
    /// Whoever does not wait any longer needs no answer.
    fn tell(self, flushed: Flushed) {
        match self {
            Self::Blocked(asker) => drop(asker.try_send(flushed)),
            Self::Awaiting(asker) => drop(asker.send(flushed)),
        }
    }
}

enum Command {
    Drive(AnyDrain),
    Flush { through: Vec<(Handle, Seq)>, within: Duration, asker: Asker },
}

/// The thread, from outside. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Background {
    commands: Option<UnboundedSender<Command>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    pub fn start(clock: TrustedClock) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            // Name resolution blocks; one thread for it comes and goes.
            .max_blocking_threads(1)
            .build()?;
        let (commands, received) = unbounded_channel();
        let thread = thread::Builder::new().name("streamer".into()).spawn(move || {
            runtime.block_on(async {
                tokio::spawn(clock.watch());
                obey(received).await;
            });
            // A name that is being resolved for a dead network must not hold up the end.
            runtime.shutdown_background();
        })?;
        Ok(Self { commands: Some(commands), thread: Some(thread) })
    }

    /// False when the thread has ended.
    pub fn drive(&self, drain: AnyDrain) -> bool {
        self.send(Command::Drive(drain))
    }

    /// False when the thread has ended; then nobody is told.
    pub fn flush(&self, through: Vec<(Handle, Seq)>, within: Duration, asker: Asker) -> bool {
        self.send(Command::Flush { through, within, asker })
    }

    fn send(&self, command: Command) -> bool {
        self.commands.as_ref().is_some_and(|commands| commands.send(command).is_ok())
    }

    /// Ends the thread and waits for it, unless it is stuck in a write to a dead disk: then it is left behind.
    pub fn stop(&mut self, at_most: Duration) {
        self.commands = None;
        let Some(thread) = self.thread.take() else { return };
        let (done, ended) = mpsc::sync_channel(1);
        let joiner = thread::Builder::new().name("streamer-end".into()).spawn(move || {
            // A panic over there was printed over there.
            drop(thread.join());
            let _ = done.try_send(());
        });
        if joiner.is_ok() {
            let _ = ended.recv_timeout(at_most);
        }
    }
}

async fn obey(mut commands: UnboundedReceiver<Command>) {
    while let Some(command) = commands.recv().await {
        match command {
            Command::Drive(AnyDrain::EventsApi(drain)) => drop(tokio::spawn(drain.run())),
            Command::Drive(AnyDrain::Csv(drain)) => drop(tokio::spawn(drain.run())),
            Command::Flush { through, within, asker } => drop(tokio::spawn(async move {
                asker.tell(flush(through, within).await);
            })),
        }
    }
}

async fn flush(through: Vec<(Handle, Seq)>, within: Duration) -> Flushed {
    // All are hurried before the first is waited for.
    let asked: Vec<_> = through
        .into_iter()
        .map(|(handle, seq)| {
            let asking = handle.clone();
            (handle, tokio::spawn(async move { asking.flush(seq).await }))
        })
        .collect();
    let deadline = tokio::time::Instant::now() + within;
    let mut flushed = Ok(());
    for (handle, answer) in asked {
        let answer = tokio::time::timeout_at(deadline, answer).await;
        let why = match answer {
            Ok(Ok(Ok(()))) => continue,
            Ok(Ok(Err(why))) => why.to_string(),
            Ok(Err(_)) => FlushError::Stopped.to_string(),
            Err(_) => {
                let now = handle.snapshot();
                let said = now.standing.why().map(str::to_owned).or(now.last_error);
                said.unwrap_or_else(|| "no answer yet".to_owned())
            }
        };
        flushed = flushed.and(Err(why));
    }
    flushed
}
