//! Opens the line that is wanted, by the way that is wanted, and never by both ways at once.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use streamer_plugin::{InputError, Site};

use crate::follower::Edge;
use crate::line::Line;
use crate::options::{Backend, Pull};
use crate::place::Place;
use crate::{chips, kernel, pi};

/// A line, and what is to be done with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'o> {
    pub(crate) place: Place<'o>,
    pub(crate) pull: Option<Pull>,
    pub(crate) active_low: bool,
    pub(crate) debounce: Duration,
    /// None where only its level is asked for.
    pub(crate) edge: Option<Edge>,
}

/// A line that was opened.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) line: Line,
    /// How long a level must hold; none where every edge that it tells of counts.
    pub(crate) hold: Option<Duration>,
}

impl Wanted<'_> {
    /// Opens it.
    ///
    /// # Errors
    /// In one sentence, with the cure.
    pub(crate) fn open(&self, site: &Site) -> Result<Found, InputError> {
        let place = &self.place;
        let simulated = site.line(&place.natural_key()).map_err(InputError::again)?;
        if let Some(contact) = simulated {
            let line = Line::new(contact, format!("pin {}", place.natural_key()));
            return Ok(Found { line, hold: (!self.debounce.is_zero()).then_some(self.debounce) });
        }
        let Some(pin) = place.pin.or(place.line) else {
            return Err(InputError::misconfigured("neither `pin` nor `line` is given"));
        };
        match place.backend {
            Backend::Chardev => {
                let (chip, number) = chips::find(&site.path("/dev"), place.chip, pin)?;
                let way = if chip.is_header() { Some(Way::of(Backend::Chardev)?) } else { None };
                kernel::open(&chip, number, self, way)
            }
            Backend::Rppal => pi::open(pin, self, site.root(), Way::of(Backend::Rppal)?),
        }
    }
}

/// How many lines of the header's chip are open by each way. Two ways at once would take pins from each other unnoticed.
static OPEN: Mutex<[usize; 2]> = Mutex::new([0; 2]);

/// A line of the header's chip that is open by one way; while it is, none is opened by the other.
#[derive(Debug)]
pub(crate) struct Way(usize);

impl Way {
    pub(crate) fn of(backend: Backend) -> Result<Self, InputError> {
        let at = usize::from(backend == Backend::Rppal);
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if open[1 - at] > 0 {
            return Err(InputError::misconfigured(format!(
                "another input has a line of the header's GPIO chip by the other way: give all of them backend = {:?}, \
                 or none",
                Backend::Rppal.name()
            )));
        }
        open[at] += 1;
        Ok(Self(at))
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        OPEN.lock().unwrap_or_else(PoisonError::into_inner)[self.0] -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_goes_both_ways_at_once() {
        let first = Way::of(Backend::Chardev).unwrap();
        let second = Way::of(Backend::Chardev).unwrap();
        assert!(Way::of(Backend::Rppal).unwrap_err().words().contains("backend = \"rppal\""));
        drop((first, second));
        let third = Way::of(Backend::Rppal).unwrap();
        assert!(Way::of(Backend::Chardev).is_err());
        drop(third);
        Way::of(Backend::Chardev).unwrap();
    }
}
