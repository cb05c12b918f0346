//! Signal of wireless interfaces, from /proc/net/wireless.

use streamer_plugin::reading::Namer;
use streamer_plugin::{Key, Readings, Site};

use crate::collector::{Collector, text};
use crate::keys::family;
use crate::scan::{decimal, lines, shown, words};
use crate::source::{Buffer, Source};

const ENDINGS: [&str; 3] = ["quality", "signal_dbm", "noise_dbm"];

pub(crate) struct Wifi {
    source: Source,
    interfaces: Vec<(Box<[u8]>, [Key; 3])>,
}

impl Wifi {
    pub(crate) fn new(site: &Site) -> Self {
        Self { source: Source::new(site.path("/proc/net/wireless")), interfaces: Vec::new() }
    }
}

/// The interface's name and the columns behind it: status, quality, signal, noise. The two lines of the head have no
/// colon in front of a number.
fn interface(line: &[u8]) -> Option<(&[u8], [f64; 4])> {
    let colon = line.iter().rposition(|b| *b == b':')?;
    let mut words = words(&line[colon + 1..]);
    words.next()?;
    let mut columns = [0.0; 4];
    for column in &mut columns[1..] {
        *column = decimal(words.next()?)?;
    }
    Some((line[..colon].trim_ascii(), columns))
}

/// A level in dBm is below zero; drivers that know none write 0, -256 or a number of their own scale.
fn level(number: f64) -> Option<f64> {
    (number < 0.0 && number > -200.0).then_some(number)
}

impl Collector for Wifi {
    fn collect(&mut self, buffer: &mut Buffer, out: &mut Readings) {
        let Some(text) = text(&mut self.source, buffer, out) else { return };
        let known = |name: &[u8], all: &[(Box<[u8]>, [Key; 3])]| all.iter().position(|(known, _)| **known == *name);
        if lines(text).filter_map(interface).any(|(name, _)| known(name, &self.interfaces).is_none()) {
            let names: Vec<(Box<[u8]>, String)> =
                lines(text).filter_map(interface).map(|(name, _)| (name.into(), shown(name))).collect();
            let namer = Namer::new(names.iter().map(|(_, shown)| shown.as_str()));
            self.interfaces =
                names.iter().map(|(name, shown)| (name.clone(), family("wifi", &namer.word(shown), ENDINGS))).collect();
        }
        for (name, [_, quality, signal, noise]) in lines(text).filter_map(interface) {
            let Some(place) = known(name, &self.interfaces) else { continue };
            let [quality_key, signal_key, noise_key] = &self.interfaces[place].1;
            if quality >= 0.0 {
                out.put(quality_key, quality);
            }
            for (key, number) in [(signal_key, signal), (noise_key, noise)] {
                if let Some(level) = level(number) {
                    out.put(key, level);
                }
            }
        }
    }
}
