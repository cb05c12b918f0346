//! Runs without sensors: each kind of chip as its reference driver was shown it, on a simulated bus.
//!
//! `recorded.txt` is made of `oracles/` and held to it by a test, so that what is simulated goes through the real driver.

use streamer_plugin::{Chips, I2cBus, InputError, Site};

use crate::place::Place;

const RECORDED: &str = include_str!("recorded.txt");

/// The site with a chip of that kind at `place`.
pub(crate) fn with_sensor(site: &Site, sensor: &str, place: Place) -> Result<Site, InputError> {
    let mut sections = RECORDED.split("sensor ");
    let section = sections.find_map(|section| section.strip_prefix(sensor)?.strip_prefix('\n')).unwrap_or_default();
    // The first line is the chip at its usual address.
    let (_, rest) = section.split_once('\n').unwrap_or_default();
    with_chip(site, place, rest)
}

/// The site with a chip at `place` that answers as `text` says.
pub(crate) fn with_chip(site: &Site, place: Place, text: &str) -> Result<Site, InputError> {
    let chips = Chips::parse(&format!("chip {:#04x}\n{text}", place.address)).map_err(InputError::misconfigured)?;
    Ok(site.clone().with_i2c(place.bus, I2cBus::new(chips)))
}
