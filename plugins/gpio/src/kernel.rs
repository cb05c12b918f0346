//! A line through the kernel's character device, uAPI version 2 (Linux 5.10 and later).

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use gpiocdev_uapi::Name;
use gpiocdev_uapi::v2::{LineAttributeValue, LineFlags, LineRequest, LineValues, get_line, get_line_values};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use streamer_plugin::{Contact, InputError};

use crate::chips::{Chip, system_error, text};
use crate::follower::Edge;
use crate::line::Line;
use crate::open::{Found, Wanted, Way};
use crate::options::Pull;

/// What other programs see as the holder of the line.
const CONSUMER: &str = "streamer";

/// The most records that the kernel keeps for one request.
const LONGEST_QUEUE: u32 = 1024;

/// ENOTSUPP, which some drivers of the kernel let through to programs.
const NOT_SUPPORTED: Errno = Errno::from_raw_os_error(524);

/// A line that the kernel gave.
#[derive(Debug)]
struct Kernel {
    file: File,
    _way: Option<Way>,
}

impl Contact for Kernel {
    fn source(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    fn active(&mut self) -> io::Result<bool> {
        let mut values = LineValues { bits: 0, mask: 1 };
        get_line_values(&self.file, &mut values).map_err(system_error)?;
        Ok(values.bits & 1 == 1)
    }
}

/// Asks for a line as it is wanted.
///
/// # Errors
/// Who holds it, or what it cannot do.
pub(crate) fn open(chip: &Chip, number: u32, wanted: &Wanted<'_>, way: Option<Way>) -> Result<Found, InputError> {
    let place = chip.place(number);
    let named = |file| Line::new(Box::new(Kernel { file, _way: way }), place.clone());
    let failed = |error: io::Error| refused(chip, number, &place, &error);
    if !wanted.debounce.is_zero() {
        match ask(chip, number, wanted, wanted.debounce, wanted.edge) {
            // It is believed when the line says so itself.
            Ok(file) if filters(chip, number) => return Ok(Found { line: named(file), hold: None }),
            Ok(_) => {}
            Err(error) if cannot(&error) => {}
            Err(error) => return Err(failed(error)),
        }
        // The filter here needs both edges, whichever are wanted.
        let file = ask(chip, number, wanted, Duration::ZERO, Some(Edge::Both)).map_err(failed)?;
        return Ok(Found { line: named(file), hold: Some(wanted.debounce) });
    }
    let file = ask(chip, number, wanted, Duration::ZERO, wanted.edge).map_err(failed)?;
    Ok(Found { line: named(file), hold: None })
}

fn ask(chip: &Chip, number: u32, wanted: &Wanted<'_>, debounce: Duration, edge: Option<Edge>) -> io::Result<File> {
    let mut request = LineRequest { num_lines: 1, consumer: Name::from(CONSUMER), ..LineRequest::default() };
    request.offsets.set(0, number);
    request.event_buffer_size = LONGEST_QUEUE;
    request.config.flags = flags(wanted, edge);
    if !debounce.is_zero() {
        request.config.add_debounce(u32::try_from(debounce.as_micros()).unwrap_or(u32::MAX), 1);
    }
    let file = get_line(&chip.file, request).map_err(system_error)?;
    fcntl_setfl(&file, fcntl_getfl(&file)? | OFlags::NONBLOCK)?;
    Ok(file)
}

fn flags(wanted: &Wanted<'_>, edge: Option<Edge>) -> LineFlags {
    let mut flags = LineFlags::INPUT;
    flags.set(LineFlags::ACTIVE_LOW, wanted.active_low);
    flags.set(LineFlags::EDGE_RISING, edge.is_some_and(|edge| edge.includes(true)));
    flags.set(LineFlags::EDGE_FALLING, edge.is_some_and(|edge| edge.includes(false)));
    flags
        | match wanted.pull {
            None => LineFlags::empty(),
            Some(Pull::Up) => LineFlags::BIAS_PULL_UP,
            Some(Pull::Down) => LineFlags::BIAS_PULL_DOWN,
            Some(Pull::Off) => LineFlags::BIAS_DISABLED,
        }
}

/// Whether the line says of itself that its bounces are kept away.
fn filters(chip: &Chip, number: u32) -> bool {
    let Ok(info) = chip.line(number) else { return false };
    info.attrs
        .0
        .iter()
        .take(info.num_attrs as usize)
        .any(|attribute| matches!(attribute.to_value(), Some(LineAttributeValue::DebouncePeriod(period)) if period > 0))
}

fn errno(error: &io::Error) -> Option<Errno> {
    Errno::from_io_error(error)
}

/// Whether the kernel knows no such filter for this line.
fn cannot(error: &io::Error) -> bool {
    errno(error).is_some_and(|errno| [Errno::OPNOTSUPP, NOT_SUPPORTED, Errno::INVAL].contains(&errno))
}

/// Why a line was not given, and what to do.
fn refused(chip: &Chip, number: u32, place: &str, error: &io::Error) -> InputError {
    match errno(error) {
        Some(Errno::BUSY) => {
            let holder = chip.line(number).map(|info| text(&info.consumer)).unwrap_or_default();
            InputError::gone(match holder.as_str() {
                "" => format!("{place} is held by another program or driver; `gpioinfo` shows which lines are in use"),
                CONSUMER => format!("{place} is held by streamer already: is an agent running?"),
                holder => format!("{place} is held by {holder:?}: stop that, or use another pin"),
            })
        }
        Some(Errno::PERM | Errno::ACCESS) => {
            InputError::misconfigured(format!("{place} is reserved by the system and given to nobody; use another pin"))
        }
        Some(Errno::NXIO | Errno::OPNOTSUPP | NOT_SUPPORTED) => InputError::misconfigured(format!(
            "{place} cannot tell of edges, because its chip has no interrupt for it; use mode = \"level\""
        )),
        Some(Errno::INVAL | Errno::NOTTY) => InputError::misconfigured(format!(
            "{place} is not given as an input ({error}): Linux 5.10 or later is needed, and a line that can be one"
        )),
        _ => InputError::gone(format!("{place} is not given: {error}")),
    }
}
