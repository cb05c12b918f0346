//! A bus through `rppal`, on the Raspberry Pi models that it knows.
//!
//! Its own `embedded-hal` transaction sends a write and a read as two transfers with a STOP between, on which many chips
//! forget which register was meant; its `write_read` is one transfer with a repeated START, so that is what this uses.

use std::io;
use std::path::Path;

use embedded_hal::i2c::Operation;
use rppal::i2c::{Error, I2c};
use rppal::system::DeviceInfo;

use super::message::{Message, hand_out, messages};
use super::{BusError, Wire};

/// How long the kernel waits for one transfer.
const TRANSFER_TIMEOUT_MS: u32 = 200;

/// An open bus of a Raspberry Pi.
#[derive(Debug)]
pub(crate) struct Pi(I2c);

impl Pi {
    /// None where this is no Pi that `rppal` knows, or where devices lie below another root, which it cannot follow.
    pub(crate) fn open(root: &Path, number: u8) -> Option<io::Result<Self>> {
        if root != Path::new("/") || DeviceInfo::new().is_err() {
            return None;
        }
        let opened = I2c::with_bus(number).and_then(|bus| bus.set_timeout(TRANSFER_TIMEOUT_MS).map(|()| Self(bus)));
        Some(opened.map_err(system_error))
    }

    fn send(&mut self, messages: &mut [Message]) -> Result<(), Error> {
        let mut rest = messages;
        loop {
            rest = match rest {
                [] => return Ok(()),
                [Message::Write(write), Message::Read(read), rest @ ..] => {
                    self.0.write_read(write, read)?;
                    rest
                }
                [Message::Write(write), rest @ ..] => {
                    // Without bytes it asks whether anybody is there, which has a call of its own.
                    if write.is_empty() {
                        self.0.smbus_quick_command(false)?;
                    } else {
                        self.0.write(write)?;
                    }
                    rest
                }
                [Message::Read(read), rest @ ..] => {
                    self.0.read(read)?;
                    rest
                }
            };
        }
    }
}

fn system_error(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        other => io::Error::other(other.to_string()),
    }
}

impl Wire for Pi {
    fn transfer(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), BusError> {
        let mut messages = messages(operations);
        self.0
            .set_slave_address(address.into())
            .and_then(|()| self.send(&mut messages))
            .map_err(|error| BusError::of_system(&system_error(error)))?;
        hand_out(&messages, operations);
        Ok(())
    }
}
