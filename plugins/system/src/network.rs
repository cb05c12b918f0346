//! Traffic of network interfaces, from /proc/net/dev: rates between two reads.

use std::path::PathBuf;

use streamer_plugin::clock::SinceBoot;
use streamer_plugin::options::Glob;
use streamer_plugin::reading::Namer;
use streamer_plugin::{Key, Readings, Site};

use crate::collector::{Collector, text};
use crate::counter::{Counters, per_second};
use crate::interface::is_virtual;
use crate::keys::family;
use crate::options::Choice;
use crate::scan::{lines, numbers, shown, words};
use crate::source::{Buffer, Source};

const ENDINGS: [&str; 6] =
    ["rx_bytes_per_s", "tx_bytes_per_s", "rx_packets_per_s", "tx_packets_per_s", "errors_per_s", "drops_per_s"];

/// The same six, as the kernel counts them in each direction: bytes, packets, errors, drops.
type Counts = [u64; 8];

pub(crate) struct Network {
    source: Source,
    class: PathBuf,
    choice: Choice,
    interfaces: Vec<Interface>,
    round: u64,
    at: SinceBoot,
}

struct Interface {
    name: Box<[u8]>,
    /// None for an interface that is not asked for.
    keys: Option<[Key; 6]>,
    counters: Counters<8>,
}

/// The name ends at the last colon before sixteen numbers: a name may hold colons, and no blank need follow.
fn interface(line: &[u8]) -> Option<(&[u8], Counts)> {
    let colon = line.iter().rposition(|b| *b == b':')?;
    let (columns, count) = numbers::<16>(words(&line[colon + 1..]));
    let [bytes, packets, errors, drops, _, _, _, _, sent, sent_packets, sent_errors, sent_drops, ..] = columns;
    let counters = [bytes, sent, packets, sent_packets, errors, sent_errors, drops, sent_drops];
    (count == 16).then_some((line[..colon].trim_ascii(), counters))
}

impl Network {
    pub(crate) fn new(site: &Site, include: &[Glob], exclude: &[Glob]) -> Self {
        Self {
            source: Source::new(site.path("/proc/net/dev")),
            class: site.path("/sys/class/net"),
            choice: Choice::new(include, exclude),
            interfaces: Vec::new(),
            round: 1,
            at: SinceBoot::ZERO,
        }
    }
}

/// Names the interfaces of `text` anew, because one is there that was not known; keeps what is known of the others.
fn rename(text: &[u8], known: &mut Vec<Interface>, class: &std::path::Path, choice: &Choice) {
    let mut all: Vec<Interface> = Vec::new();
    for (name, _) in lines(text).filter_map(interface) {
        if all.iter().all(|other| *other.name != *name) {
            let old = known.iter().position(|old| *old.name == *name).map(|place| known.swap_remove(place));
            all.push(old.unwrap_or_else(|| Interface { name: name.into(), keys: None, counters: Counters::default() }));
        }
    }
    let names: Vec<String> = all.iter().map(|one| shown(&one.name)).collect();
    let wanted: Vec<bool> = names.iter().map(|name| choice.takes(name, || !is_virtual(class, name))).collect();
    let namer = Namer::new(names.iter().zip(&wanted).filter(|(_, wanted)| **wanted).map(|(name, _)| name.as_str()));
    for ((one, name), wanted) in all.iter_mut().zip(&names).zip(wanted) {
        one.keys = wanted.then(|| family("net", &namer.word(name), ENDINGS));
    }
    *known = all;
}

impl Collector for Network {
    fn collect(&mut self, buffer: &mut Buffer, out: &mut Readings) {
        let Some(text) = text(&mut self.source, buffer, out) else { return };
        let now = out.began().boot;
        let time = now.since(self.at);
        self.at = now;
        self.round += 1;
        let mut stranger = false;
        for (place, (name, counters)) in lines(text).filter_map(interface).enumerate() {
            // The order hardly ever changes, so that the first guess is right.
            let same = |one: &Interface| *one.name == *name;
            let guess = self.interfaces.get(place).is_some_and(same).then_some(place);
            let Some(place) = guess.or_else(|| self.interfaces.iter().position(same)) else {
                stranger = true;
                continue;
            };
            let one = &mut self.interfaces[place];
            let grown = one.counters.grew(counters, self.round);
            let (Some(keys), Some(grown)) = (&one.keys, grown) else { continue };
            let [rx, tx, rx_packets, tx_packets, rx_errors, tx_errors, rx_drops, tx_drops] = grown;
            let amounts = [
                rx,
                tx,
                rx_packets,
                tx_packets,
                rx_errors.saturating_add(tx_errors),
                rx_drops.saturating_add(tx_drops),
            ];
            for (key, amount) in keys.iter().zip(amounts) {
                if let Some(rate) = per_second(amount, time) {
                    out.put(key, rate);
                }
            }
        }
        if stranger {
            rename(text, &mut self.interfaces, &self.class, &self.choice);
            for (name, counters) in lines(text).filter_map(interface) {
                let new = |one: &&mut Interface| *one.name == *name && !one.counters.are_of(self.round);
                if let Some(one) = self.interfaces.iter_mut().find(new) {
                    one.counters.grew(counters, self.round);
                }
            }
        }
    }
}
