//! A bus through the kernel's device file: one combined transfer for each transaction, with a true repeated START.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

use embedded_hal::i2c::Operation;

use super::message::{Message, hand_out, messages};
use super::{BusError, Wire};

/// From linux/i2c-dev.h; the type of a request differs between C libraries.
const I2C_TIMEOUT: libc::Ioctl = 0x0702;
const I2C_SLAVE: libc::Ioctl = 0x0703;
const I2C_RDWR: libc::Ioctl = 0x0707;
/// From linux/i2c.h: this message reads.
const READS: u16 = 1;
/// How long the kernel waits for one transfer, in units of 10 ms.
const TRANSFER_TIMEOUT: libc::c_ulong = 20;

/// `struct i2c_msg`.
#[repr(C)]
struct RawMessage {
    address: u16,
    flags: u16,
    length: u16,
    bytes: *mut u8,
}

/// `struct i2c_rdwr_ioctl_data`.
#[repr(C)]
struct RawTransfer {
    messages: *mut RawMessage,
    count: u32,
}

/// An open device file.
#[derive(Debug)]
pub(crate) struct Kernel {
    file: File,
    /// Addresses of which the kernel said that no driver of its own holds them.
    free: u128,
}

impl Kernel {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().read(true).write(true).open(path)?;
        let kernel = Self { file, free: 0 };
        // A bus that cannot be told keeps its own default, which is a second.
        let _ = kernel.control(I2C_TIMEOUT, TRANSFER_TIMEOUT);
        Ok(kernel)
    }

    fn control(&self, request: libc::Ioctl, argument: libc::c_ulong) -> io::Result<()> {
        #[expect(unsafe_code, reason = "both requests take a plain number and touch no memory of ours")]
        let done = unsafe { libc::ioctl(self.file.as_raw_fd(), request, argument) };
        if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// A combined transfer does not ask whether a kernel driver holds the address, so this does, once.
    fn claim(&mut self, address: u8) -> io::Result<()> {
        let bit = 1_u128 << (address & 0x7f);
        if self.free & bit == 0 {
            self.control(I2C_SLAVE, address.into())?;
            self.free |= bit;
        }
        Ok(())
    }

    fn send(&self, address: u8, messages: &mut [Message]) -> io::Result<()> {
        let mut raw = Vec::with_capacity(messages.len());
        for message in messages {
            let (flags, bytes) = match message {
                Message::Write(bytes) => (0, bytes),
                Message::Read(bytes) => (READS, bytes),
            };
            let length = u16::try_from(bytes.len()).map_err(|_| io::Error::other("more than 65535 bytes"))?;
            raw.push(RawMessage { address: address.into(), flags, length, bytes: bytes.as_mut_ptr() });
        }
        let count = u32::try_from(raw.len()).map_err(|_| io::Error::other("too many messages"))?;
        let mut transfer = RawTransfer { messages: raw.as_mut_ptr(), count };
        #[expect(
            unsafe_code,
            reason = "the kernel writes only into the messages that read, each as long as it says, all alive until it returns"
        )]
        let done = unsafe { libc::ioctl(self.file.as_raw_fd(), I2C_RDWR, &raw mut transfer) };
        if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

impl Wire for Kernel {
    fn transfer(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), BusError> {
        let mut messages = messages(operations);
        self.claim(address)
            .and_then(|()| self.send(address, &mut messages))
            .map_err(|error| BusError::of_system(&error))?;
        hand_out(&messages, operations);
        Ok(())
    }
}
