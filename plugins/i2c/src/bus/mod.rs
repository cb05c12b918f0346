//! Opens the machine's I2C buses, each once however many inputs share it, and says what to do where that fails.
//!
//! On a Raspberry Pi that `rppal` knows the bus goes through it, everywhere else through the kernel's device file; what
//! an input gets is the same.

mod kernel;
mod message;
mod pi;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use streamer_plugin::{BusError, I2cBus, InputError, Site};

/// Buses that were opened and did not fail since.
static OPEN: Mutex<Vec<(PathBuf, I2cBus)>> = Mutex::new(Vec::new());

/// The bus of that number: the site's own, one that is already open, or a newly opened one.
///
/// # Errors
/// [`InputError::Gone`] where there is no such bus, [`InputError::Misconfigured`] where it may not be opened.
pub(crate) fn open(site: &Site, number: u8) -> Result<I2cBus, InputError> {
    if let Some(bus) = site.i2c(number) {
        return Ok(bus);
    }
    let path = site.path(format!("/dev/i2c-{number}"));
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, bus)) = open.iter().find(|(other, _)| *other == path) {
        return Ok(bus.clone());
    }
    let bus = match pi::Pi::open(site.root(), number) {
        Some(pi) => pi.map(I2cBus::new),
        None => kernel::Kernel::open(&path).map(I2cBus::new),
    }
    .map_err(|error| cannot_open(&error, &path))?;
    open.push((path, bus.clone()));
    Ok(bus)
}

/// Forgets a bus that failed as a whole, so that the next input opens it anew.
pub(crate) fn forget(bus: &I2cBus) {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner).retain(|(_, other)| !other.is(bus));
}

fn cannot_open(error: &io::Error, path: &Path) -> InputError {
    let shown = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => InputError::gone(format!(
            "{shown} is not there: switch I2C on (`sudo raspi-config nonint do_i2c 0`, or dtparam=i2c_arm=on in \
             config.txt and a restart; elsewhere `modprobe i2c-dev`), or set `bus` to one that exists{}",
            others(path)
        )),
        io::ErrorKind::PermissionDenied => InputError::misconfigured(format!(
            "{shown} may not be opened: add the user that runs streamer to the group i2c \
             (`sudo usermod -aG i2c USER`, then log in again)"
        )),
        _ => InputError::gone(format!("{shown} cannot be opened: {error}")),
    }
}

/// What buses there are instead.
fn others(path: &Path) -> String {
    let Some(Ok(entries)) = path.parent().map(std::fs::read_dir) else { return String::new() };
    let mut numbers: Vec<u32> =
        entries.flatten().filter_map(|entry| entry.file_name().to_str()?.strip_prefix("i2c-")?.parse().ok()).collect();
    numbers.sort_unstable();
    let shown: Vec<String> = numbers.iter().map(u32::to_string).collect();
    if shown.is_empty() { String::new() } else { format!(" ({})", shown.join(", ")) }
}

/// What an error of the system says about a transfer.
fn bus_error(error: &io::Error) -> BusError {
    match error.raw_os_error() {
        // Drivers disagree on what a missing acknowledgement is called: bcm2835 says EREMOTEIO, others ENXIO or EIO.
        Some(libc::EREMOTEIO | libc::ENXIO | libc::EIO) => BusError::NoAnswer,
        Some(libc::ETIMEDOUT | libc::EAGAIN) => BusError::Stuck,
        Some(libc::ENODEV | libc::EBADF) => BusError::Gone,
        Some(libc::EOPNOTSUPP) => BusError::Other("this bus knows SMBus only, which is not enough".into()),
        Some(libc::EBUSY) => BusError::Other(
            "a driver of the kernel holds this address: read it with [[inputs.iio]], or unload that driver".into(),
        ),
        _ => BusError::Other(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamer_plugin::State;
    use streamer_plugin::clock::{Clock, Zone};

    fn open_below(root: &Path, number: u8) -> Result<I2cBus, InputError> {
        open(&Site::new("i2c", root, Clock::system(), Zone::utc(), State::none()), number)
    }

    #[test]
    fn a_bus_that_is_not_there_is_told_with_the_cure_and_the_others() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("dev")).unwrap();
        std::fs::write(root.path().join("dev/i2c-20"), "").unwrap();
        std::fs::write(root.path().join("dev/i2c-3"), "").unwrap();
        let error = open_below(root.path(), 1).unwrap_err();
        assert!(matches!(error, InputError::Gone(_)));
        assert!(error.words().contains("raspi-config") && error.words().ends_with("(3, 20)"), "{error}");
    }

    #[test]
    fn inputs_on_one_bus_share_one_handle_until_it_fails() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("dev")).unwrap();
        std::fs::write(root.path().join("dev/i2c-1"), "").unwrap();
        let first = open_below(root.path(), 1).unwrap();
        let second = open_below(root.path(), 1).unwrap();
        assert!(first.is(&second));
        forget(&first);
        assert!(!open_below(root.path(), 1).unwrap().is(&first));
    }

    #[test]
    fn a_file_that_is_no_bus_is_told_as_such() {
        use streamer_plugin::embedded_hal::i2c::I2c;
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("dev")).unwrap();
        std::fs::write(root.path().join("dev/i2c-7"), "").unwrap();
        let mut device = open_below(root.path(), 7).unwrap().device(&Clock::system());
        assert!(matches!(device.write(0x40, &[0]), Err(BusError::Other(_))));
    }
}
