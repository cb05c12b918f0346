//! A pin through `rppal`, on the Raspberry Pi models that it knows.
//!
//! It sets the pin up and reads its level through the registers, so the kernel does not know that the pin is in use. Of
//! edges it tells on a thread of its own; here they become records in a pipe, and go the same way as everybody's. Its
//! common queue for all pins is not used: that keeps one edge a pin and lets go of the others.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rppal::gpio::{Error, Event, Gpio, InputPin, Trigger};
use rustix::pipe::{PipeFlags, pipe_with};
use streamer_plugin::options::Pin;
use streamer_plugin::{Contact, InputError, line_event};

use crate::follower::Edge;
use crate::line::Line;
use crate::open::{Found, Wanted, Way};
use crate::options::Pull;
use crate::record::Record;

#[derive(Debug)]
struct Pi {
    pin: InputPin,
    records: OwnedFd,
    active_low: bool,
    _way: Way,
}

impl Contact for Pi {
    fn source(&self) -> BorrowedFd<'_> {
        self.records.as_fd()
    }

    fn active(&mut self) -> io::Result<bool> {
        Ok(self.pin.is_high() != self.active_low)
    }
}

/// Opens a pin as it is wanted.
///
/// # Errors
/// Where this is no Pi that `rppal` knows, or the pin is not to be had.
pub(crate) fn open(pin: &Pin, wanted: &Wanted<'_>, root: &Path, way: Way) -> Result<Found, InputError> {
    if root != Path::new("/") {
        return Err(InputError::misconfigured("backend = \"rppal\" cannot follow the agent's `root`; leave it out"));
    }
    let number = pin.number().and_then(|number| u8::try_from(number).ok());
    let number = number.ok_or_else(|| InputError::misconfigured(format!("pin {pin} has no BCM number")))?;
    let failed = |error| refused(number, error);
    let pin = Gpio::new().and_then(|gpio| gpio.get(number)).map_err(failed)?;
    let mut pin = match wanted.pull {
        Some(Pull::Up) => pin.into_input_pullup(),
        Some(Pull::Down) => pin.into_input_pulldown(),
        Some(Pull::Off) | None => pin.into_input(),
    };
    let (records, writer) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)
        .map_err(|error| InputError::again(io::Error::from(error)))?;
    let filtered = wanted.debounce.is_zero();
    // The filter here needs both edges, whichever are wanted, and so does a level that is followed.
    let edge = if filtered { wanted.edge } else { Some(Edge::Both) };
    if let Some(edge) = edge {
        let trigger = trigger(edge, wanted.active_low);
        // The thread would keep to itself that the kernel does not give the line; asking once before tells.
        pin.set_interrupt(trigger, None).and_then(|()| pin.clear_interrupt()).map_err(failed)?;
        let active_low = wanted.active_low;
        pin.set_async_interrupt(trigger, None, move |event| {
            // Where the pipe is full the record is lost, and the next one's number says so.
            let _ = rustix::io::write(&writer, &record(event, active_low));
        })
        .map_err(failed)?;
    }
    let contact = Pi { pin, records, active_low: wanted.active_low, _way: way };
    let hold = (!filtered).then_some(wanted.debounce);
    Ok(Found { line: Line::new(Box::new(contact), format!("pin {number}")), hold })
}

fn trigger(edge: Edge, active_low: bool) -> Trigger {
    match edge {
        Edge::Both => Trigger::Both,
        Edge::Rising | Edge::Falling if edge.includes(!active_low) => Trigger::RisingEdge,
        Edge::Rising | Edge::Falling => Trigger::FallingEdge,
    }
}

/// The edge as the kernel would have written it.
fn record(event: Event, active_low: bool) -> [u8; Record::SIZE] {
    let nanos = u64::try_from(event.timestamp.as_nanos()).unwrap_or(u64::MAX);
    line_event(nanos, (event.trigger == Trigger::RisingEdge) != active_low, event.seqno)
}

fn refused(number: u8, error: Error) -> InputError {
    match error {
        Error::UnknownModel => InputError::misconfigured(
            "backend = \"rppal\" does not know this machine; leave `backend` out, and the kernel's device file is used",
        ),
        Error::PinUsed(_) => InputError::gone(format!("pin {number} is held by another input")),
        Error::PinNotAvailable(_) => InputError::misconfigured(format!("this Raspberry Pi has no pin {number}")),
        Error::PermissionDenied(path) => InputError::misconfigured(format!(
            "{path} may not be opened: add the user that runs streamer to the group gpio (`sudo usermod -aG gpio USER`, \
             then log in again)"
        )),
        Error::Io(error) if error.kind() == io::ErrorKind::ResourceBusy => InputError::gone(format!(
            "pin {number} is held by another program or driver; `gpioinfo` shows which lines are in use"
        )),
        error => InputError::gone(format!("pin {number} is not given: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn its_events_become_the_kernels_records() {
        let event = Event { timestamp: Duration::new(12, 345), seqno: 7, trigger: Trigger::FallingEdge };
        let found = Record::decode(&record(event, false)).unwrap();
        assert_eq!(found, Record { nanos: 12_000_000_345, active: false, number: 7 });
        assert!(Record::decode(&record(event, true)).unwrap().active);
        assert_eq!(trigger(Edge::Rising, true), Trigger::FallingEdge);
        assert_eq!(trigger(Edge::Rising, false), Trigger::RisingEdge);
        assert_eq!(trigger(Edge::Falling, true), Trigger::RisingEdge);
    }
}
