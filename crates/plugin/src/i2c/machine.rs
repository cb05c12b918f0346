//! The machine's own I2C buses: each is opened once however many inputs share it, and closed when the last lets it go.
//!
//! On a Raspberry Pi that `rppal` knows the bus goes through it, everywhere else through the kernel's device file; what
//! an input gets is the same. A bus is one thing of the whole machine, so there is one list for the whole process.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, Weak};

use super::{I2cBus, Shared, kernel, pi};
use crate::InputError;

/// Buses that some input holds.
static OPEN: Mutex<Vec<(PathBuf, Weak<Shared>)>> = Mutex::new(Vec::new());

/// The bus of that number below `root`: one that is already open, or a newly opened one.
///
/// # Errors
/// [`InputError::Gone`] where there is no such bus, [`InputError::Misconfigured`] where it may not be opened.
pub(crate) fn open(root: &Path, number: u8) -> Result<I2cBus, InputError> {
    let path = root.join(format!("dev/i2c-{number}"));
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    // An adapter that came back has another file behind the same name: what was found to be gone is not shared again.
    open.retain(|(_, bus)| bus.upgrade().is_some_and(|bus| !bus.is_gone()));
    if let Some(bus) = open.iter().find(|(other, _)| *other == path).and_then(|(_, bus)| bus.upgrade()) {
        return Ok(I2cBus(bus));
    }
    let bus = match pi::Pi::open(root, number) {
        Some(pi) => pi.map(|wire| I2cBus::of_file(wire, &path)),
        None => kernel::Kernel::open(&path).map(|wire| I2cBus::of_file(wire, &path)),
    }
    .map_err(|error| cannot_open(&error, &path))?;
    open.push((path, std::sync::Arc::downgrade(&bus.0)));
    Ok(bus)
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
    let shown: Vec<String> = path.parent().map(numbers).unwrap_or_default().iter().map(u8::to_string).collect();
    if shown.is_empty() { String::new() } else { format!(" ({})", shown.join(", ")) }
}

/// The numbers of the buses whose device files lie in this folder, in order.
pub(crate) fn numbers(dev: &Path) -> Vec<u8> {
    let Ok(entries) = std::fs::read_dir(dev) else { return Vec::new() };
    let number = |name: &std::ffi::OsStr| name.to_str()?.strip_prefix("i2c-")?.parse().ok();
    let mut numbers: Vec<u8> = entries.flatten().filter_map(|entry| number(&entry.file_name())).collect();
    numbers.sort_unstable();
    numbers
}

#[cfg(test)]
mod tests {
    use embedded_hal::i2c::I2c;
    use streamer_clock::Clock;

    use super::super::BusError;
    use super::*;

    fn root_with(buses: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("dev")).unwrap();
        for bus in buses {
            std::fs::write(root.path().join("dev").join(bus), "").unwrap();
        }
        root
    }

    #[test]
    fn a_bus_that_is_not_there_is_told_with_the_cure_and_the_others() {
        let root = root_with(&["i2c-20", "i2c-3"]);
        let error = open(root.path(), 1).unwrap_err();
        assert!(matches!(error, InputError::Gone(_)));
        assert!(error.words().contains("raspi-config") && error.words().ends_with("(3, 20)"), "{error}");
    }

    #[test]
    fn inputs_on_one_bus_share_one_handle_for_as_long_as_somebody_holds_it() {
        let root = root_with(&["i2c-1"]);
        let first = open(root.path(), 1).unwrap();
        let second = open(root.path(), 1).unwrap();
        assert!(std::sync::Arc::ptr_eq(&first.0, &second.0));
        let held = std::sync::Arc::downgrade(&first.0);
        drop((first, second));
        assert!(held.upgrade().is_none());
        assert!(open(root.path(), 1).is_ok());
    }

    #[test]
    fn a_bus_that_is_gone_is_opened_anew_though_somebody_still_holds_it() {
        struct Unplugged;
        impl super::super::Wire for Unplugged {
            fn transfer(&mut self, _: u8, _: &mut [embedded_hal::i2c::Operation<'_>]) -> Result<(), BusError> {
                Err(BusError::Gone)
            }
        }
        let root = root_with(&["i2c-1"]);
        let old = I2cBus::new(Unplugged);
        OPEN.lock().unwrap().push((root.path().join("dev/i2c-1"), std::sync::Arc::downgrade(&old.0)));
        assert!(std::sync::Arc::ptr_eq(&open(root.path(), 1).unwrap().0, &old.0));
        assert_eq!(old.device(&Clock::system()).write(0x40, &[0]).unwrap_err().fault, BusError::Gone);
        assert!(!std::sync::Arc::ptr_eq(&open(root.path(), 1).unwrap().0, &old.0));
    }

    #[test]
    fn a_bus_without_its_file_is_gone_for_all_and_lets_its_file_go_whatever_the_driver_says() {
        struct Silent {
            _file: std::sync::Arc<()>,
        }
        impl super::super::Wire for Silent {
            fn transfer(&mut self, _: u8, _: &mut [embedded_hal::i2c::Operation<'_>]) -> Result<(), BusError> {
                Err(BusError::Stuck)
            }
        }
        let root = root_with(&["i2c-1"]);
        let file = root.path().join("dev/i2c-1");
        let held = std::sync::Arc::new(());
        let bus = I2cBus::of_file(Silent { _file: held.clone() }, &file);
        let (mut one, mut other) = (bus.device(&Clock::system()), bus.device(&Clock::system()));
        assert_eq!(one.write(0x40, &[0]).unwrap_err().fault, BusError::Stuck);
        std::fs::remove_file(&file).unwrap();
        assert_eq!(one.write(0x40, &[0]).unwrap_err().fault, BusError::Gone);
        assert_eq!(std::sync::Arc::strong_count(&held), 1, "the file is closed");
        // It comes again, and is another one behind the same name.
        std::fs::write(&file, "").unwrap();
        assert_eq!(other.write(0x40, &[0]).unwrap_err().fault, BusError::Gone);
    }

    #[test]
    fn a_file_that_is_no_bus_is_told_as_such() {
        let root = root_with(&["i2c-7"]);
        let mut device = open(root.path(), 7).unwrap().device(&Clock::system());
        assert!(matches!(device.write(0x40, &[0]).unwrap_err().fault, BusError::Other(_)));
    }
}
