//! One chip on a bus: the few ways in which sensors are spoken to, and errors that say what to look at.

use std::time::Duration;

use streamer_plugin::clock::SinceBoot;
use streamer_plugin::embedded_hal::i2c::{I2c, Operation};
use streamer_plugin::{BusError, I2cDevice, InputError};

use crate::place::Place;

/// A chip's own place and its handle on the bus.
#[derive(Debug)]
pub(crate) struct Chip {
    device: I2cDevice,
    place: Place,
}

impl Chip {
    pub(crate) fn new(device: I2cDevice, place: Place) -> Self {
        Self { device, place }
    }

    /// The same handle for another address of the same part.
    pub(crate) fn at(&self, address: u8) -> Self {
        Self { device: self.device.clone(), place: Place { address, ..self.place } }
    }

    pub(crate) fn until(&mut self, deadline: SinceBoot) {
        self.device.until(deadline);
    }

    pub(crate) fn place(&self) -> Place {
        self.place
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), InputError> {
        self.run(&mut [Operation::Write(bytes)])
    }

    /// Reads without saying what.
    pub(crate) fn read<const N: usize>(&mut self) -> Result<[u8; N], InputError> {
        let mut bytes = [0; N];
        self.run(&mut [Operation::Read(&mut bytes)])?;
        Ok(bytes)
    }

    /// Writes a register's number or a command, and reads what it gives, in one transfer.
    pub(crate) fn ask<const N: usize>(&mut self, command: &[u8]) -> Result<[u8; N], InputError> {
        let mut bytes = [0; N];
        self.run(&mut [Operation::Write(command), Operation::Read(&mut bytes)])?;
        Ok(bytes)
    }

    /// One register of eight bits.
    pub(crate) fn byte(&mut self, register: u8) -> Result<u8, InputError> {
        self.ask::<1>(&[register]).map(|[byte]| byte)
    }

    /// One register of sixteen bits, the high byte first.
    pub(crate) fn word(&mut self, register: u8) -> Result<u16, InputError> {
        self.ask(&[register]).map(u16::from_be_bytes)
    }

    /// Sets a register of eight bits.
    pub(crate) fn set(&mut self, register: u8, byte: u8) -> Result<(), InputError> {
        self.write(&[register, byte])
    }

    /// Sets a register of sixteen bits, the high byte first.
    pub(crate) fn set_word(&mut self, register: u8, word: u16) -> Result<(), InputError> {
        let [high, low] = word.to_be_bytes();
        self.write(&[register, high, low])
    }

    /// Lets the chip work; others use the bus meanwhile.
    pub(crate) fn rest(&self, time: Duration) -> Result<(), InputError> {
        self.device.rest(time).map_err(|error| trouble(&error, self.place))
    }

    /// Asks every `pause` whether the chip is done, for `at_most`; false where it never was.
    pub(crate) fn wait_for(
        &mut self,
        pause: Duration,
        at_most: Duration,
        mut done: impl FnMut(&mut Self) -> Result<bool, InputError>,
    ) -> Result<bool, InputError> {
        let mut waited = Duration::ZERO;
        while !done(self)? {
            // What does not fit into this round is as good as never.
            if waited >= at_most || self.device.remaining() < pause * 2 {
                return Ok(false);
            }
            self.rest(pause)?;
            waited += pause;
        }
        Ok(true)
    }

    /// Refuses a chip that says it is another one.
    pub(crate) fn expect(&self, name: &str, expected: &[u32], found: u32) -> Result<(), InputError> {
        if expected.contains(&found) {
            return Ok(());
        }
        Err(self.stranger(name, found, ""))
    }

    /// The error for a chip that is not `name`; `hint` may say what it is instead.
    pub(crate) fn stranger(&self, name: &str, found: u32, hint: &str) -> InputError {
        let words = format!("the chip at {} is no {name}: its identity is {found:#04x}{hint}", self.place);
        // All ones or all zeros is what a dying contact says, not a person's mistake.
        if matches!(found, 0 | 0xff | 0xffff) {
            InputError::gone(format!("{words}, which is what a bad contact looks like; check the wiring"))
        } else {
            InputError::misconfigured(format!("{words}; check `sensor` and `address`"))
        }
    }

    fn run(&mut self, operations: &mut [Operation<'_>]) -> Result<(), InputError> {
        self.device.transaction(self.place.address, operations).map_err(|error| trouble(&error.fault, self.place))
    }
}

/// What a failed transfer means to a person.
fn trouble(error: &BusError, place: Place) -> InputError {
    let Place { bus, .. } = place;
    match error {
        BusError::NoAnswer => InputError::again(format!(
            "nobody answers at {place}: check the supply, SDA and SCL, the pull-ups and the address jumper \
             (`i2cdetect -y {bus}` shows who is there)"
        )),
        BusError::Stuck => InputError::again(format!(
            "I2C bus {bus} is stuck while {place} is asked: a device holds SDA or SCL low; check the wiring and the \
             pull-ups, and take the power from the sensors once"
        )),
        BusError::Held => InputError::again(format!("{place} must wait: an earlier transfer has not come back")),
        BusError::Late => InputError::again(format!("no time left for {place}: give the input a longer `timeout`")),
        BusError::Gone => InputError::gone(format!("I2C bus {bus} is gone; it is opened anew")),
        other => InputError::again(format!("{place}: {other}")),
    }
}
