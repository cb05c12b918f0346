//! What goes wrong on a simulated bus while a test looks on: silence, a stuck line, noise, slowness.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use embedded_hal::i2c::Operation;
use streamer_clock::Hand;

use crate::{BusError, Wire};

/// What is wrong with a bus.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    #[default]
    None,
    /// Nobody answers: the device was taken away.
    Silent,
    /// A line is held low.
    Stuck,
    /// The device answers with bytes that mean nothing, others for each seed; now and then it does not answer.
    Noise(u64),
    /// Each transfer takes that long on the bench's clock.
    Slow(Duration),
}

/// Numbers that look like chance and are the same for the same seed.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(super) fn byte(&mut self) -> u8 {
        // All ones and all zeros are what real devices send when they send nonsense.
        match self.next() >> 32 & 7 {
            0 => 0xff,
            1 => 0x00,
            _ => self.next().to_be_bytes()[0],
        }
    }
}

/// Sets what is wrong with every bus of a bench.
#[derive(Debug, Clone, Default)]
pub(super) struct Troubles(Arc<Mutex<(Trouble, Option<Dice>)>>);

impl Troubles {
    pub(super) fn set(&self, trouble: Trouble) {
        let dice = if let Trouble::Noise(seed) = trouble { Some(Dice::new(seed)) } else { None };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (trouble, dice);
    }
}

/// A wire that has whatever trouble the test says.
pub(super) struct Troubled<W> {
    pub(super) wire: W,
    pub(super) troubles: Troubles,
    pub(super) hand: Hand,
}

impl<W: Wire> Wire for Troubled<W> {
    fn transfer(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), BusError> {
        let mut state = self.troubles.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (state.0, &mut state.1) {
            (Trouble::Silent, _) => Err(BusError::NoAnswer),
            (Trouble::Stuck, _) => Err(BusError::Stuck),
            (Trouble::Noise(_), Some(dice)) => {
                if dice.next() >> 32 & 31 == 0 {
                    return Err(BusError::NoAnswer);
                }
                for operation in operations {
                    if let Operation::Read(bytes) = operation {
                        bytes.iter_mut().for_each(|byte| *byte = dice.byte());
                    }
                }
                Ok(())
            }
            (Trouble::Slow(time), _) => {
                drop(state);
                self.hand.advance(time);
                self.wire.transfer(address, operations)
            }
            _ => {
                drop(state);
                self.wire.transfer(address, operations)
            }
        }
    }
}
