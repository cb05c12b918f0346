//! A Raspberry Pi's complaints: under-voltage and throttling, from sysfs. No program is called and no device opened.
//!
//! The firmware's word tells all of it; some kernels say once in their log that its file is deprecated, but have nothing
//! else that tells of throttling. Without it the sensor `rpi_volt` tells of under-voltage alone.

use std::path::PathBuf;

use streamer_plugin::sysfs::{entries, first_line};
use streamer_plugin::{Key, Readings, Site};

use crate::collector::{Collector, text};
use crate::keys::key;
use crate::scan::{first, shown};
use crate::source::{Buffer, Source};

/// Bits 0 to 3 of the firmware's word; the same 16 higher say that it was so at some time since the start.
const STATES: [&str; 4] = ["undervoltage", "frequency_capped", "throttled", "temperature_limited"];

pub(crate) struct Throttle {
    word: Option<Source>,
    alarm: Option<Source>,
    now: [Key; 4],
    occurred: [Key; 4],
}

impl Throttle {
    pub(crate) fn new(site: &Site) -> Self {
        Self {
            word: firmware(site).map(Source::new),
            alarm: alarm(site).map(Source::new),
            now: STATES.map(|state| key(format!("throttle_{state}"))),
            occurred: STATES.map(|state| key(format!("throttle_{state}_occurred"))),
        }
    }
}

/// The firmware's device is `soc:firmware` on most models and has the address of the SoC in its name on others.
fn firmware(site: &Site) -> Option<PathBuf> {
    let platform = entries(&site.path("/sys/devices/platform"));
    let socs = platform.iter().filter(|(name, _)| name.starts_with("soc")).flat_map(|(_, path)| entries(path));
    let below: Vec<_> = socs.collect();
    let devices = platform.iter().chain(&below).filter(|(name, _)| name.contains("firmware"));
    devices.map(|(_, path)| path.join("get_throttled")).find(|file| file.exists())
}

fn alarm(site: &Site) -> Option<PathBuf> {
    let chips = entries(&site.path("/sys/class/hwmon"));
    let chip = chips.iter().find(|(_, path)| first_line(&path.join("name")).as_deref() == Some("rpi_volt"))?;
    Some(chip.1.canonicalize().unwrap_or_else(|_| chip.1.clone()).join("in0_lcrit_alarm"))
}

/// Hexadecimal, with `0x` before it or without.
fn hexadecimal(text: &[u8]) -> Option<u32> {
    let word = shown(first(text));
    let digits = word.strip_prefix("0x").unwrap_or(&word);
    u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))
}

impl Collector for Throttle {
    fn collect(&mut self, buffer: &mut Buffer, out: &mut Readings) {
        if self.word.is_none() && self.alarm.is_none() {
            let words = "no Raspberry Pi firmware and no rpi_volt sensor below /sys: only a Pi tells of throttling";
            return out.remark("throttle", words);
        }
        if let Some(text) = self.word.as_mut().and_then(|source| text(source, buffer, out)) {
            match hexadecimal(text) {
                Some(word) => {
                    for (bit, (now, occurred)) in self.now.iter().zip(&self.occurred).enumerate() {
                        out.put(now, word >> bit & 1 == 1);
                        out.put(occurred, word >> (bit + 16) & 1 == 1);
                    }
                    return;
                }
                None => out.refuse("throttle", "number", "what stands in get_throttled is no hexadecimal number"),
            }
        }
        let Some(text) = self.alarm.as_mut().and_then(|source| text(source, buffer, out)) else { return };
        match first(text) {
            b"0" => out.put(&self.now[0], false),
            b"1" => out.put(&self.now[0], true),
            _ => out.refuse(self.now[0].as_str(), "number", "what stands in in0_lcrit_alarm is neither 0 nor 1"),
        }
    }
}
