//! SPI devices as inputs use them: with a deadline, a count of failures, and not caring whether the wire is real.
//!
//! A chip select is one device and has one handle; that devices of one bus do not speak at once is the kernel's affair.

mod kernel;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use embedded_hal::spi::{Error, ErrorKind, ErrorType, Mode, Operation};
use streamer_clock::{Clock, Hand, SinceBoot};

use crate::{BusError, InputError};

/// Moves the bytes of one transaction, with the chip select held from its first to its last.
type Exchange = dyn FnMut(&mut [Operation<'_, u8>]) -> Result<(), BusError> + Send;

/// What a device is at the other end of: the kernel's device file, or a simulation whose clock moves instead of sleeping.
#[derive(Clone)]
pub(crate) struct SpiWire {
    exchange: Arc<Mutex<Box<Exchange>>>,
    hand: Option<Hand>,
}

impl SpiWire {
    #[cfg(feature = "testkit")]
    pub(crate) fn simulated(
        exchange: impl FnMut(&mut [Operation<'_, u8>]) -> Result<(), BusError> + Send + 'static,
        hand: Hand,
    ) -> Self {
        Self { exchange: Arc::new(Mutex::new(Box::new(exchange))), hand: Some(hand) }
    }

    /// The device file of that bus and chip select below `root`, spoken to in this mode at up to `hertz`.
    pub(crate) fn open(root: &Path, (bus, select): (u8, u8), mode: Mode, hertz: u32) -> Result<Self, InputError> {
        let mut file = kernel::SpiFile::open(&root.join(format!("dev/spidev{bus}.{select}")), mode, hertz)?;
        let exchange = move |operations: &mut [Operation<'_, u8>]| file.exchange(operations);
        Ok(Self { exchange: Arc::new(Mutex::new(Box::new(exchange))), hand: None })
    }

    pub(crate) fn device(self, clock: &Clock) -> SpiDevice {
        SpiDevice { wire: self, clock: clock.clone(), deadline: SinceBoot::from_micros(u64::MAX), failures: 0 }
    }
}

impl fmt::Debug for SpiWire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.hand.is_some() { "SpiWire(simulated)" } else { "SpiWire" })
    }
}

/// One input's handle on an SPI device, which any driver on `embedded-hal` 1.0 takes. A transaction or a wait past the
/// deadline is refused, not begun.
#[derive(Debug)]
pub struct SpiDevice {
    wire: SpiWire,
    clock: Clock,
    deadline: SinceBoot,
    failures: u64,
}

impl SpiDevice {
    /// Sets the time by which all must be done: [`crate::Readings::deadline`] of this round.
    pub fn until(&mut self, deadline: SinceBoot) {
        self.deadline = deadline;
    }

    /// How much of the time is left.
    pub fn remaining(&self) -> Duration {
        self.deadline.since(self.clock.boot())
    }

    /// How many transactions have failed.
    pub fn failures(&self) -> u64 {
        self.failures
    }

    fn pass(&self, time: Duration) {
        match &self.wire.hand {
            Some(hand) => hand.advance(time),
            None => std::thread::sleep(time),
        }
    }
}

impl Error for BusError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl ErrorType for SpiDevice {
    type Error = BusError;
}

impl embedded_hal::spi::SpiDevice for SpiDevice {
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), BusError> {
        let done = if self.remaining().is_zero() {
            Err(BusError::Late)
        } else {
            let mut exchange = self.wire.exchange.lock().unwrap_or_else(PoisonError::into_inner);
            exchange(operations)
        };
        self.failures += u64::from(done.is_err());
        done
    }
}

/// Drivers wait with this. It cannot fail, so it never waits past the deadline; the next transaction then says so.
impl embedded_hal::delay::DelayNs for SpiDevice {
    fn delay_ns(&mut self, ns: u32) {
        self.pass(Duration::from_nanos(ns.into()).min(self.remaining()));
    }
}

#[cfg(all(test, feature = "testkit"))]
mod tests {
    use embedded_hal::delay::DelayNs;
    use embedded_hal::spi::SpiDevice as _;

    use crate::testkit::{Bench, SpiScript};

    #[test]
    fn failures_are_counted_and_what_comes_late_is_one() {
        let mut script = SpiScript::parse("8f : 33").unwrap();
        let bench = Bench::new("/");
        let wire = super::SpiWire::simulated(move |operations| script.exchange(operations), bench.hand.clone());
        let mut device = wire.device(bench.clock());
        device.until(bench.clock().boot().plus(std::time::Duration::from_millis(10)));
        let mut identity = [0];
        device.transaction(&mut [super::Operation::Write(&[0x8f]), super::Operation::Read(&mut identity)]).unwrap();
        assert_eq!((identity, device.failures()), ([0x33], 0));
        assert!(device.write(&[0x20, 0x57]).is_err());
        device.delay_ms(500);
        assert!(device.remaining().is_zero());
        assert_eq!(device.write(&[0x8f]), Err(crate::BusError::Late));
        assert_eq!(device.failures(), 2);
    }
}
