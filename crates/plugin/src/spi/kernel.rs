//! An SPI device through the kernel's device file: each transaction is one call, so the chip select holds for all of it.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

use embedded_hal::spi::{Mode, Operation, Phase, Polarity};

use crate::{BusError, InputError};

/// From linux/spi/spidev.h, for processors whose requests are built as on ARM and x86.
const MODE: libc::Ioctl = write_request(1, 1);
const SPEED: libc::Ioctl = write_request(4, 4);

/// A request of the kind `_IOW('k', number, ...)` with so many bytes.
const fn write_request(number: libc::Ioctl, bytes: libc::Ioctl) -> libc::Ioctl {
    0x4000_0000 | bytes << 16 | 0x6b00 | number
}

/// `struct spi_ioc_transfer`.
#[repr(C)]
#[derive(Default)]
struct RawTransfer {
    sent: u64,
    received: u64,
    length: u32,
    hertz: u32,
    delay_micros: u16,
    bits: u8,
    release: u8,
    sent_wires: u8,
    received_wires: u8,
    word_delay_micros: u8,
    unused: u8,
}

/// The most transfers that one request can name.
const MOST: usize = (1 << 14) / size_of::<RawTransfer>() - 1;

/// An open device file.
#[derive(Debug)]
pub(super) struct SpiFile(File);

impl SpiFile {
    pub(super) fn open(path: &Path, mode: Mode, hertz: u32) -> Result<Self, InputError> {
        let file = File::options().read(true).write(true).open(path).map_err(|error| cannot_open(&error, path))?;
        let second = u8::from(mode.phase == Phase::CaptureOnSecondTransition);
        let high = u8::from(mode.polarity == Polarity::IdleHigh);
        let spi = Self(file);
        spi.control(MODE, &mut [second | high << 1])
            .and_then(|()| spi.control(SPEED, &mut hertz.to_ne_bytes()))
            .map_err(|error| {
                InputError::misconfigured(format!("{} does not take these settings: {error}", path.display()))
            })?;
        Ok(spi)
    }

    fn control(&self, request: libc::Ioctl, bytes: &mut [u8]) -> io::Result<()> {
        #[expect(
            unsafe_code,
            reason = "each request reads exactly the bytes that its number says, which are all there"
        )]
        let done = unsafe { libc::ioctl(self.0.as_raw_fd(), request, bytes.as_mut_ptr()) };
        if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    pub(super) fn exchange(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), BusError> {
        if operations.len() > MOST {
            return Err(BusError::Other(format!("more than {MOST} parts in one transaction")));
        }
        // The kernel reads what is sent and fills what is received; where a part's two lengths differ, both get room.
        let mut parts: Vec<(Vec<u8>, u16)> = operations.iter().map(|operation| sent(operation)).collect();
        let raw = |(bytes, delay_micros): &mut (Vec<u8>, u16)| RawTransfer {
            sent: bytes.as_ptr() as u64,
            received: bytes.as_mut_ptr() as u64,
            length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            delay_micros: *delay_micros,
            ..RawTransfer::default()
        };
        let mut transfers: Vec<RawTransfer> = parts.iter_mut().map(raw).collect();
        let size = libc::Ioctl::try_from(transfers.len() * size_of::<RawTransfer>()).unwrap_or_default();
        #[expect(
            unsafe_code,
            reason = "the kernel reads and fills the buffers of the parts, each as long as it says, all alive until it returns"
        )]
        let done = unsafe { libc::ioctl(self.0.as_raw_fd(), write_request(0, size), transfers.as_mut_ptr()) };
        if done < 0 {
            return Err(bus_error(&io::Error::last_os_error()));
        }
        for (operation, (bytes, _)) in operations.iter_mut().zip(&parts) {
            let into: &mut [u8] = match operation {
                Operation::Read(into) | Operation::Transfer(into, _) | Operation::TransferInPlace(into) => into,
                Operation::Write(_) | Operation::DelayNs(_) => &mut [],
            };
            into.iter_mut().zip(bytes).for_each(|(into, byte)| *into = *byte);
        }
        Ok(())
    }
}

/// What goes out in a part, with room for what comes in, and the pause behind it.
fn sent(operation: &Operation<'_, u8>) -> (Vec<u8>, u16) {
    match operation {
        Operation::Read(into) => (vec![0; into.len()], 0),
        Operation::Write(bytes) => (bytes.to_vec(), 0),
        Operation::TransferInPlace(bytes) => (bytes.to_vec(), 0),
        Operation::Transfer(into, bytes) => {
            let mut sent = bytes.to_vec();
            sent.resize(into.len().max(bytes.len()), 0);
            (sent, 0)
        }
        Operation::DelayNs(nanos) => (Vec::new(), u16::try_from(nanos.div_ceil(1000)).unwrap_or(u16::MAX)),
    }
}

fn bus_error(error: &io::Error) -> BusError {
    match error.raw_os_error() {
        Some(libc::ENODEV | libc::ESHUTDOWN) => BusError::Gone,
        Some(libc::ETIMEDOUT) => BusError::Stuck,
        _ => BusError::Other(error.to_string()),
    }
}

fn cannot_open(error: &io::Error, path: &Path) -> InputError {
    let shown = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => InputError::gone(format!(
            "{shown} is not there: switch SPI on (`sudo raspi-config nonint do_spi 0`, or dtparam=spi=on in config.txt and a \
             restart)"
        )),
        io::ErrorKind::PermissionDenied => InputError::misconfigured(format!(
            "{shown} may not be opened: add the user that runs streamer to the group spi (`sudo usermod -aG spi USER`, then \
             log in again)"
        )),
        _ => InputError::gone(format!("{shown} cannot be opened: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use embedded_hal::spi::MODE_0;

    use super::*;

    #[test]
    fn requests_and_transfers_have_the_numbers_and_the_size_of_the_kernel() {
        assert_eq!((MODE, SPEED), (0x4001_6b01, 0x4004_6b04));
        assert_eq!(size_of::<RawTransfer>(), 32);
        assert_eq!(write_request(0, 32), 0x4020_6b00);
    }

    #[test]
    fn a_device_that_is_missing_or_is_none_is_told_with_the_cure() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("spidev0.0");
        let missing = SpiFile::open(&path, MODE_0, 1_000_000).unwrap_err();
        assert!(matches!(&missing, InputError::Gone(words) if words.contains("do_spi 0")), "{missing}");
        std::fs::write(&path, "").unwrap();
        let plain = SpiFile::open(&path, MODE_0, 1_000_000).unwrap_err();
        assert!(matches!(plain, InputError::Misconfigured(_)), "{plain}");
    }

    #[test]
    fn parts_go_out_with_room_for_what_comes_in() {
        assert_eq!(sent(&Operation::Read(&mut [7, 7])), (vec![0, 0], 0));
        assert_eq!(sent(&Operation::Transfer(&mut [0; 3], &[1, 2])), (vec![1, 2, 0], 0));
        assert_eq!(sent(&Operation::DelayNs(1500)), (Vec::new(), 2));
    }
}
