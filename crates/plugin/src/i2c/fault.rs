//! Why a transfer on a bus did not happen, and who did not answer.

use std::io;
use std::path::Path;

use embedded_hal::i2c::{ErrorKind, NoAcknowledgeSource};

/// Why a transfer did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BusError {
    /// Nobody acknowledged the address, or the device refused a byte.
    #[error("no answer")]
    NoAnswer,
    /// The bus did not come free, or the device held the clock too long.
    #[error("the bus is stuck: SDA or SCL is held low")]
    Stuck,
    /// Another transfer has not come back.
    #[error("an earlier transfer on this bus has not come back")]
    Held,
    /// The time for this round is over.
    #[error("no time left in this round")]
    Late,
    /// The bus itself is gone: the adapter was unplugged or its driver unbound.
    #[error("the bus is gone")]
    Gone,
    /// The kernel keeps the device for itself.
    #[error("a driver of the kernel holds this address: read it with [[inputs.iio]], or unload that driver")]
    Taken,
    /// Anything else, in the system's words.
    #[error("{0}")]
    Other(String),
}

impl BusError {
    /// What an error of the system says about a transfer.
    pub(super) fn of_system(error: &io::Error) -> Self {
        match error.raw_os_error() {
            // Drivers disagree on what a missing acknowledgement is called: bcm2835 says EREMOTEIO, others ENXIO or EIO.
            Some(libc::EREMOTEIO | libc::ENXIO | libc::EIO) => Self::NoAnswer,
            Some(libc::ETIMEDOUT | libc::EAGAIN) => Self::Stuck,
            Some(libc::ENODEV | libc::EBADF) => Self::Gone,
            Some(libc::EOPNOTSUPP) => Self::Other("this bus knows SMBus only, which is not enough".into()),
            Some(libc::EBUSY) => Self::Taken,
            _ => Self::Other(error.to_string()),
        }
    }
}

impl embedded_hal::i2c::Error for BusError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoAnswer => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Unknown),
            Self::Stuck => ErrorKind::Bus,
            Self::Held | Self::Late | Self::Gone | Self::Taken | Self::Other(_) => ErrorKind::Other,
        }
    }
}

/// A transfer with one device that did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{who}: {fault}")]
pub struct I2cError {
    /// The device: `0x48 on /dev/i2c-1`.
    who: String,
    /// Why.
    pub fault: BusError,
}

impl I2cError {
    pub(super) fn new(address: u8, file: Option<&Path>, fault: BusError) -> Self {
        let on = file.map(|file| format!(" on {}", file.display())).unwrap_or_default();
        Self { who: format!("{address:#04x}{on}"), fault }
    }
}

impl embedded_hal::i2c::Error for I2cError {
    fn kind(&self) -> ErrorKind {
        self.fault.kind()
    }
}
