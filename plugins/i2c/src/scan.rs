//! Looks for sensors on every I2C bus of the machine.
//!
//! An address is asked without a byte being written, as far as the bus can do that. Only where somebody answers, and only
//! for sensors that can sit there, is a register's number written and its contents read; a chip of another kind takes no
//! harm from that. Where an expander's lines could be, even that would move them, so nothing is written there at all.

use std::time::Duration;

use streamer_plugin::embedded_hal::i2c::{I2c, Operation};
use streamer_plugin::{BusError, Found, I2cDevice, Site};

use crate::PARTS;
use crate::chip::Chip;
use crate::part::Part;
use crate::place::Place;

/// For a whole bus: each of its addresses takes well under a millisecond where nobody holds the clock.
const BUS_TIME: Duration = Duration::from_secs(5);
/// The addresses that a device can have.
const ADDRESSES: std::ops::RangeInclusive<u8> = 0x08..=0x77;

/// Tells every device that answers, by its name where it has an identity.
pub(crate) fn scan(site: &Site, tell: &mut dyn FnMut(Found)) {
    let buses = site.i2c_buses();
    if buses.is_empty() {
        tell(Found::Remark(
            "no I2C bus: on a Raspberry Pi `sudo raspi-config nonint do_i2c 0` switches it on, elsewhere `modprobe i2c-dev`"
                .into(),
        ));
    }
    for bus in buses {
        match site.i2c(bus) {
            Ok(opened) => {
                let device = opened.device(site.clock());
                device.until(site.clock().boot().plus(BUS_TIME));
                Look { site, bus, device, silent: true, also: Vec::new() }.whole(tell);
            }
            Err(error) => tell(Found::Remark(error.to_string())),
        }
    }
}

struct Look<'s> {
    site: &'s Site,
    bus: u8,
    device: I2cDevice,
    /// Whether this bus can ask for somebody without reading or writing a byte.
    silent: bool,
    /// Further addresses of sensors that were found.
    also: Vec<u8>,
}

impl Look<'_> {
    fn whole(mut self, tell: &mut dyn FnMut(Found)) {
        for address in ADDRESSES {
            let place = Place { bus: self.bus, address };
            match self.is_anybody_at(address) {
                Ok(()) if self.also.contains(&address) => {}
                Ok(()) => tell(self.who_is_at(place)),
                Err(BusError::NoAnswer) => {}
                Err(BusError::Taken) => tell(Found::Remark(self.holder_of(place))),
                Err(error) => {
                    let cure = match error {
                        BusError::Stuck | BusError::Held => "; check the wiring and the pull-ups, then try again",
                        _ => "",
                    };
                    tell(Found::Remark(format!(
                        "I2C bus {} was looked at up to 0x{address:02x} only: {error}{cure}",
                        self.bus
                    )));
                    return;
                }
            }
        }
    }

    fn is_anybody_at(&mut self, address: u8) -> Result<(), BusError> {
        // Some memories take an empty write for the beginning of a real one; these are only ever read.
        let memory = matches!(address, 0x30..=0x37 | 0x50..=0x5f);
        if self.silent && !memory {
            match self.device.transaction(address, &mut [Operation::Write(&[])]).map_err(|error| error.fault) {
                Err(BusError::Other(_)) => self.silent = false,
                answer => return answer,
            }
        }
        self.device.transaction(address, &mut [Operation::Read(&mut [0])]).map_err(|error| error.fault)
    }

    fn who_is_at(&mut self, place: Place) -> Found {
        let can_be = || PARTS.iter().filter(|part| part.can_be_at(place.address));
        // A byte that is written to an expander is the level of its lines.
        let lines = matches!(place.address, 0x20..=0x27 | 0x38..=0x3f);
        let mut chip = Chip::new(self.device.clone(), place);
        // One half of a part of two can answer like another chip; its other half tells them apart, so it is asked first.
        let several = can_be().filter(|part| !part.also_at.is_empty());
        let mut known = several.chain(can_be().filter(|part| part.also_at.is_empty()));
        if let Some(part) = known.find(|part| !lines && part.identity.is_some_and(|is| is(&mut chip).is_ok())) {
            self.also.extend(part.also_at);
            let about = format!("{} at {place}, known by its identity", part.kind.name);
            return Found::Input { about, options: options(part, place) };
        }
        let unknown: Vec<&Part> = can_be().filter(|part| lines || part.identity.is_none()).collect();
        let Some(first) = unknown.first() else {
            return Found::Remark(format!(
                "somebody answers at {place}, and is none of the sensors that this build knows"
            ));
        };
        let names: Vec<&str> = unknown.iter().map(|part| part.kind.name).collect();
        let about = match &names[..] {
            [only] => format!("somebody answers at {place}: perhaps {only}, which has no identity to ask for"),
            _ => format!("somebody answers at {place}, one of: {}; only you can know which", names.join(", ")),
        };
        Found::Perhaps { about, options: options(first, place) }
    }

    /// What to say of an address that a driver of the kernel has.
    fn holder_of(&self, place: Place) -> String {
        let Place { bus, address } = place;
        let folder = self.site.path(format!("/sys/bus/i2c/devices/{bus}-{address:04x}"));
        let name = std::fs::read_to_string(folder.join("name")).unwrap_or_default();
        let name = match name.trim() {
            "" => String::new(),
            name => format!(" ({name})"),
        };
        format!("{place} was left alone: a driver of the kernel holds it{name}; what it measures is read by `iio`")
    }
}

fn options(part: &Part, place: Place) -> String {
    format!("sensor = \"{}\"\nbus = {}\naddress = 0x{:02x}", part.kind.name, place.bus, place.address)
}
