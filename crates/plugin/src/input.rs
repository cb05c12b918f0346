//! The two ways an input works, and the four things that can be wrong with one.

use std::fmt;
use std::io;

use crate::{BusError, I2cError, Outlet, Readings, Stop};

/// An input that is asked on a schedule.
pub trait Sampler: Send {
    /// Takes one set of readings with one epoch; may block until [`Readings::deadline`].
    ///
    /// # Errors
    /// An [`InputError`] says what to do next. What was put before the error still counts.
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError>;

    /// Whether it makes rates, for which two reads are needed: where only one round is taken, it is asked twice, a
    /// second apart, and the first answer is thrown away.
    fn makes_rates(&self) -> bool {
        false
    }
}

/// An input that tells by itself: edges, followed files, long-lived programs.
pub trait Listener: Send {
    /// Runs on a thread of its own until `stop`, which can be asked, waited on, and polled as a file descriptor.
    ///
    /// # Errors
    /// An [`InputError`] says what to do next. Returning `Ok` before `stop` means that there is nothing left to tell.
    fn listen(&mut self, out: &Outlet, stop: &Stop) -> Result<(), InputError>;
}

/// What to do about an input that did not work this time. Each carries words for a person: what, where, and the cure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputError {
    /// Leave this round out; nothing is wrong with the device.
    Skip(String),
    /// Try again at the next tick with the same device.
    Again(String),
    /// The device is gone: close it, and open it again after a growing pause.
    Gone(String),
    /// Only a person can help: the configuration does not fit what is there. It is tried again rarely.
    Misconfigured(String),
}

impl InputError {
    /// [`InputError::Skip`] from anything that can be shown.
    pub fn skip(words: impl fmt::Display) -> Self {
        Self::Skip(words.to_string())
    }

    /// [`InputError::Again`] from anything that can be shown.
    pub fn again(words: impl fmt::Display) -> Self {
        Self::Again(words.to_string())
    }

    /// [`InputError::Gone`] from anything that can be shown.
    pub fn gone(words: impl fmt::Display) -> Self {
        Self::Gone(words.to_string())
    }

    /// [`InputError::Misconfigured`] from anything that can be shown.
    pub fn misconfigured(words: impl fmt::Display) -> Self {
        Self::Misconfigured(words.to_string())
    }

    /// The same advice with `what` and a colon before its words: `/dev/i2c-1: no such device`.
    #[must_use]
    pub fn of(self, what: impl fmt::Display) -> Self {
        match self {
            Self::Skip(words) => Self::Skip(format!("{what}: {words}")),
            Self::Again(words) => Self::Again(format!("{what}: {words}")),
            Self::Gone(words) => Self::Gone(format!("{what}: {words}")),
            Self::Misconfigured(words) => Self::Misconfigured(format!("{what}: {words}")),
        }
    }

    /// The words alone.
    pub fn words(&self) -> &str {
        match self {
            Self::Skip(words) | Self::Again(words) | Self::Gone(words) | Self::Misconfigured(words) => words,
        }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl std::error::Error for InputError {}

/// A device that is not there is [`InputError::Gone`], everything else is tried again.
impl From<io::Error> for InputError {
    fn from(error: io::Error) -> Self {
        // ENXIO and ENODEV: the driver was unbound or the device unplugged; they have no ErrorKind of their own.
        const NO_DEVICE: [i32; 2] = [6, 19];
        let gone =
            error.kind() == io::ErrorKind::NotFound || error.raw_os_error().is_some_and(|e| NO_DEVICE.contains(&e));
        if gone { Self::gone(error) } else { Self::again(error) }
    }
}

/// Who does not answer is opened anew, and so is what sits on a bus that is gone; everything else is tried again.
impl From<BusError> for InputError {
    fn from(error: BusError) -> Self {
        after(&error, &error)
    }
}

/// As [`BusError`], with the device's address in the words.
impl From<I2cError> for InputError {
    fn from(error: I2cError) -> Self {
        after(&error.fault, &error)
    }
}

fn after(fault: &BusError, words: &dyn fmt::Display) -> InputError {
    match fault {
        BusError::NoAnswer | BusError::Gone => InputError::gone(words),
        _ => InputError::again(words),
    }
}

/// Where an input's work is done, beside whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Lane {
    /// With all other quick samplers: a read that takes well under a millisecond. One that turns out slow moves to a
    /// lane of its own.
    #[default]
    Quick,
    /// With those that share one thing, such as a bus: `i2c-1`.
    Shared(String),
    /// Alone: it may block.
    Own,
}

/// A built input, ready to be driven.
pub struct Input {
    /// How it works.
    pub drive: Drive,
    /// Where its work is done. Listeners always have a thread of their own.
    pub lane: Lane,
}

/// The two ways an input works.
pub enum Drive {
    /// It is asked on a schedule.
    Sampled(Box<dyn Sampler>),
    /// It tells by itself.
    Listening(Box<dyn Listener>),
}

impl Input {
    /// An input that is asked on a schedule, in the lane of the quick ones.
    pub fn sampler(sampler: impl Sampler + 'static) -> Self {
        Self { drive: Drive::Sampled(Box::new(sampler)), lane: Lane::Quick }
    }

    /// An input that tells by itself.
    pub fn listener(listener: impl Listener + 'static) -> Self {
        Self { drive: Drive::Listening(Box::new(listener)), lane: Lane::Own }
    }

    /// The same input in another lane.
    #[must_use]
    pub fn in_lane(self, lane: Lane) -> Self {
        Self { lane, ..self }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let drive = match self.drive {
            Drive::Sampled(_) => "sampler",
            Drive::Listening(_) => "listener",
        };
        write!(f, "{drive} in {:?}", self.lane)
    }
}
