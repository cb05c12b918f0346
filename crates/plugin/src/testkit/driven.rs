//! An input that was built, driven by hand: a sampler is asked, a listener runs on a thread of its own.

use std::sync::Arc;
use std::time::Duration;

use streamer_clock::Clock;

use super::Recorder;
use crate::{Drive, InputError, Listener, Outlet, Readings, Sampler, Stop, Stopper};

/// An input in the hands of a test.
pub struct Driven {
    pub(super) drive: Drive,
    clock: Clock,
}

impl Driven {
    pub(super) fn new(drive: Drive, clock: Clock) -> Self {
        Self { drive, clock }
    }

    /// The time that a round has.
    pub(super) const TIME: Duration = Duration::from_secs(10);

    /// Asks a sampler once, with ten seconds to do it in.
    ///
    /// # Errors
    /// What the sampler said. [`InputError::Misconfigured`] where the input is a listener.
    pub fn sample(&mut self) -> Result<Readings, InputError> {
        let mut out = Readings::new(&self.clock, Self::TIME);
        self.sampler()?.sample(&mut out)?;
        Ok(out)
    }

    fn sampler(&mut self) -> Result<&mut Box<dyn Sampler>, InputError> {
        match &mut self.drive {
            Drive::Sampled(sampler) => Ok(sampler),
            Drive::Listening(_) => Err(InputError::misconfigured("this input is a listener")),
        }
    }

    /// Starts a listener on a thread of its own.
    ///
    /// # Panics
    /// Where the input is a sampler, or the process has no file descriptor left: the test is wrong.
    pub fn listen(self) -> Listening {
        let Drive::Listening(mut listener) = self.drive else { panic!("this input is a sampler") };
        let (stop, stopper) = Stop::new().expect("a file descriptor");
        let heard = Arc::new(Recorder::default());
        let outlet = Outlet::new(heard.clone(), self.clock, stop.clone());
        let thread = std::thread::spawn(move || listener.listen(&outlet, &stop));
        Listening { heard, stopper, thread }
    }

    /// The listener itself, for a test that drives it on its own thread.
    ///
    /// # Errors
    /// Where the input is a sampler.
    pub fn into_listener(self) -> Result<Box<dyn Listener>, InputError> {
        match self.drive {
            Drive::Listening(listener) => Ok(listener),
            Drive::Sampled(_) => Err(InputError::misconfigured("this input is a sampler")),
        }
    }
}

/// A listener at work.
pub struct Listening {
    heard: Arc<Recorder>,
    stopper: Stopper,
    thread: std::thread::JoinHandle<Result<(), InputError>>,
}

impl Listening {
    /// What it sent and where it stands.
    pub fn heard(&self) -> &Recorder {
        &self.heard
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// What the listener said.
    ///
    /// # Panics
    /// Where the listener panicked.
    pub fn ended(self) -> Result<Arc<Recorder>, InputError> {
        self.thread.join().expect("the listener panicked")?;
        Ok(self.heard)
    }

    /// Tells it to stop and waits for it.
    ///
    /// # Errors
    /// What the listener said.
    ///
    /// # Panics
    /// Where the listener panicked.
    pub fn stop(self) -> Result<Arc<Recorder>, InputError> {
        self.stopper.stop();
        self.thread.join().expect("the listener panicked")?;
        Ok(self.heard)
    }
}
