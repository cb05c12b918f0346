//! I2C buses as inputs use them: shared by all that sit on them, with a deadline, and not caring whether the wire is real.
//!
//! A [`Wire`] moves bytes; an [`I2cBus`] lets one input at a time use it; an [`I2cDevice`] is one input's handle, which
//! any driver on `embedded-hal` 1.0 takes. Where the wire is the machine's own, `machine` opens it. Nothing here knows a
//! chip.

mod chips;
mod fault;
mod kernel;
mod machine;
mod message;
mod pi;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::{ErrorType, I2c, Operation};
use streamer_clock::{Clock, Hand, SinceBoot};

pub use chips::Chips;
pub use fault::{BusError, I2cError};
pub(crate) use machine::{numbers, open};

/// What moves the bytes: the kernel's device file, a board's own driver, a simulation.
pub trait Wire: Send {
    /// One transaction from START to STOP, with a repeated START wherever the direction changes.
    ///
    /// # Errors
    /// [`BusError`]; how much of the transaction happened is then unknown.
    fn transfer(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), BusError>;
}

/// A bus that several inputs share; each transaction has it alone.
#[derive(Clone)]
pub struct I2cBus(Arc<Shared>);

struct Shared {
    /// Taken out during a transfer, so that one that never comes back holds up others only for as long as they like.
    wire: Mutex<Option<Box<dyn Wire>>>,
    free: Condvar,
    /// Moves a simulation's clock instead of sleeping.
    hand: Option<Hand>,
    gone: AtomicBool,
    /// The device file, where there is one. Without it the adapter is gone, whatever its driver calls the last transfers:
    /// some let them time out.
    file: Option<PathBuf>,
}

impl Shared {
    fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }
}

/// Puts the wire back, even if the transfer panicked.
struct Taken<'b> {
    bus: &'b Shared,
    wire: Option<Box<dyn Wire>>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.bus.wire.lock().unwrap_or_else(PoisonError::into_inner) = self.wire.take();
        self.bus.free.notify_one();
    }
}

impl I2cBus {
    /// A bus on a real wire.
    pub fn new(wire: impl Wire + 'static) -> Self {
        Self::with(Box::new(wire), None, None)
    }

    /// A bus behind a device file.
    pub(crate) fn of_file(wire: impl Wire + 'static, file: &Path) -> Self {
        Self::with(Box::new(wire), None, Some(file.to_owned()))
    }

    /// A bus on which waiting takes no time but moves the clock that `hand` belongs to.
    pub fn simulated(wire: impl Wire + 'static, hand: Hand) -> Self {
        Self::with(Box::new(wire), Some(hand), None)
    }

    fn with(wire: Box<dyn Wire>, hand: Option<Hand>, file: Option<PathBuf>) -> Self {
        Self(Arc::new(Shared {
            wire: Mutex::new(Some(wire)),
            free: Condvar::new(),
            hand,
            gone: AtomicBool::new(false),
            file,
        }))
    }

    /// A handle for one input.
    pub fn device(&self, clock: &Clock) -> I2cDevice {
        let round = Round { deadline: AtomicU64::new(u64::MAX), failures: AtomicU64::new(0) };
        I2cDevice { bus: self.clone(), clock: clock.clone(), round: Arc::new(round) }
    }

    /// How many hold this bus.
    #[cfg(feature = "testkit")]
    pub(crate) fn holders(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    fn transfer(&self, patience: Duration, address: u8, operations: &mut [Operation<'_>]) -> Result<(), BusError> {
        let wire = self.0.wire.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.free.wait_timeout_while(wire, patience, |wire| wire.is_none() && !self.0.is_gone());
        let (mut wire, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if self.0.is_gone() {
            return Err(BusError::Gone);
        }
        let mut taken = Taken { bus: &self.0, wire: Some(wire.take().ok_or(BusError::Held)?) };
        drop(wire);
        let done = taken.wire.as_mut().map_or(Err(BusError::Held), |wire| wire.transfer(address, operations));
        let unplugged = || self.0.file.as_ref().is_some_and(|file| !file.exists());
        if done == Err(BusError::Gone) || done.is_err() && unplugged() {
            self.0.gone.store(true, Ordering::Relaxed);
            // As long as its file is open, an adapter's driver cannot end.
            taken.wire = None;
            drop(taken);
            self.0.free.notify_all();
            return Err(BusError::Gone);
        }
        done
    }
}

impl fmt::Debug for I2cBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.hand.is_some() { "I2cBus(simulated)" } else { "I2cBus" })
    }
}

/// One input's handle on a bus. A transfer or a wait past the deadline is refused, not begun.
///
/// A driver that wants the handle for itself, and another for its delays, gets clones: they share deadline and counter.
#[derive(Debug, Clone)]
pub struct I2cDevice {
    bus: I2cBus,
    clock: Clock,
    round: Arc<Round>,
}

/// What the clones of one handle share.
#[derive(Debug)]
struct Round {
    /// In microseconds since boot.
    deadline: AtomicU64,
    failures: AtomicU64,
}

impl I2cDevice {
    /// Sets the time by which all must be done: [`crate::Readings::deadline`] of this round.
    pub fn until(&self, deadline: SinceBoot) {
        self.round.deadline.store(deadline.micros(), Ordering::Relaxed);
    }

    /// How much of the time is left.
    pub fn remaining(&self) -> Duration {
        SinceBoot::from_micros(self.round.deadline.load(Ordering::Relaxed)).since(self.clock.boot())
    }

    /// How many transfers have failed.
    pub fn failures(&self) -> u64 {
        self.round.failures.load(Ordering::Relaxed)
    }

    /// Waits while the bus is free for others.
    ///
    /// # Errors
    /// [`BusError::Late`] at once, where the wait would pass the deadline.
    pub fn rest(&self, time: Duration) -> Result<(), BusError> {
        if time > self.remaining() {
            return Err(BusError::Late);
        }
        self.pass(time);
        Ok(())
    }

    fn pass(&self, time: Duration) {
        match &self.bus.0.hand {
            Some(hand) => hand.advance(time),
            None => std::thread::sleep(time),
        }
    }
}

impl ErrorType for I2cDevice {
    type Error = I2cError;
}

impl I2c for I2cDevice {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), I2cError> {
        let left = self.remaining();
        let done = if left.is_zero() { Err(BusError::Late) } else { self.bus.transfer(left, address, operations) };
        done.map_err(|fault| {
            self.round.failures.fetch_add(1, Ordering::Relaxed);
            I2cError::new(address, self.bus.0.file.as_deref(), fault)
        })
    }
}

/// Drivers wait with this. It cannot fail, so it never waits past the deadline; the next transfer then says so.
impl DelayNs for I2cDevice {
    fn delay_ns(&mut self, ns: u32) {
        self.pass(Duration::from_nanos(ns.into()).min(self.remaining()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamer_clock::Moment;
    use streamer_reading::Epoch;

    struct Echo;
    impl Wire for Echo {
        fn transfer(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), BusError> {
            for operation in operations {
                if let Operation::Read(bytes) = operation {
                    bytes.fill(address);
                }
            }
            if address == 0x13 { panic!("a wire that panics") } else { Ok(()) }
        }
    }

    #[test]
    fn a_device_keeps_its_deadline_and_counts_what_failed() {
        let start = Moment { wall: Epoch::from_micros(1_790_000_000_000_000), boot: SinceBoot::from_micros(1) };
        let (clock, hand) = Clock::moved(start);
        let bus = I2cBus::simulated(Echo, hand);
        let mut device = bus.device(&clock);
        device.until(clock.boot().plus(Duration::from_millis(10)));
        let mut byte = [0];
        device.write_read(0x42, &[1], &mut byte).unwrap();
        assert_eq!(byte, [0x42]);
        assert_eq!(device.rest(Duration::from_millis(11)), Err(BusError::Late));
        assert_eq!(device.remaining(), Duration::from_millis(10));
        device.delay_ms(500);
        let late = device.read(0x42, &mut byte).unwrap_err();
        assert_eq!((&late.fault, late.to_string().as_str()), (&BusError::Late, "0x42: no time left in this round"));
        assert_eq!(device.failures(), 1);
    }

    #[test]
    fn a_transfer_that_panicked_gives_the_wire_back() {
        let bus = I2cBus::new(Echo);
        let mut device = bus.device(&Clock::system());
        let mut other = device.clone();
        assert!(std::thread::spawn(move || device.write(0x13, &[])).join().is_err());
        assert_eq!(other.write(0x42, &[]), Ok(()));
    }
}
