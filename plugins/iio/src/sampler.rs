//! A round: every channel once; those whose driver may answer if asked again, again, as far as the time goes.

use std::collections::HashSet;
use std::time::Duration;

use streamer_plugin::options::Glob;
use streamer_plugin::{InputError, Item, Key, Readings, Sampler, Site, When};

use crate::attribute::Trouble;
use crate::devices::{self, Bus};
use crate::naming::{Keyed, keyed};
use crate::options::{Choice, IioOptions};

/// Pauses before further tries. A DHT11 needs a second or two between measurements.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(300), Duration::from_millis(900), Duration::from_millis(2000)];

pub(crate) struct Iio {
    site: Site,
    bus: Bus,
    device: Option<Glob>,
    wanted: Choice,
    /// Channels that no try of the last round brought to answer: they are asked once a round until they do, so that a
    /// sensor that was pulled does not take the time of every round.
    silent: HashSet<String>,
}

impl Iio {
    pub(crate) fn new(site: Site, options: &IioOptions) -> Self {
        let wanted = Choice::of(options);
        Self { site, bus: options.bus, device: options.device.clone(), wanted, silent: HashSet::new() }
    }

    /// The channels that are wanted and there.
    fn channels(&self, out: &mut Readings) -> Result<Vec<Keyed>, InputError> {
        let (mut found, doubtful) = devices::find(&self.site, self.bus);
        for name in &doubtful {
            remark_twins(name, "devices", out);
        }
        let mut all: Vec<String> = found.iter().map(|found| found.name.clone()).collect();
        all.sort_unstable();
        if let Some(wanted) = &self.device {
            found.retain(|found| wanted.matches(&found.name) || found.device.names().any(|name| wanted.matches(name)));
        }
        if found.is_empty() {
            return Err(InputError::gone(self.nothing(&all)));
        }
        let (mut channels, doubtful) = keyed(found);
        for key in &doubtful {
            remark_twins(key, "channels", out);
        }
        let there = channels.len();
        channels.retain(|channel| self.wanted.takes(&channel.key, &channel.name));
        if channels.is_empty() && there > 0 {
            let words = "none of the channels is wanted: look at `include` and `exclude`";
            return Err(InputError::misconfigured(words));
        }
        Ok(channels)
    }

    fn nothing(&self, all: &[String]) -> String {
        let folders: Vec<String> =
            self.bus.folders().iter().map(|folder| self.site.path(folder).display().to_string()).collect();
        let folders = folders.join(" and ");
        match &self.device {
            Some(wanted) if !all.is_empty() => {
                format!("no device in {folders} is called {wanted}; there are: {}", all.join(", "))
            }
            _ => format!(
                "no device in {folders}: its driver is loaded by an overlay, such as dtoverlay=dht11,gpiopin=4 in \
                 /boot/firmware/config.txt"
            ),
        }
    }
}

fn remark_twins(name: &str, what: &str, out: &mut Readings) {
    let words = "nothing tells them apart that is the same after the next start; they are left out";
    out.remark(format!("twins {name}"), format_args!("several {what} are called {name}, and {words}"));
}

/// One try; a trouble that may pass is handed back, all else is told.
fn read(channel: &Keyed, out: &mut Readings) -> Option<Trouble> {
    match channel.source.read() {
        Ok(value) => match Key::new(&channel.key) {
            Ok(key) => out.push(Item { key, value, when: When::Began }),
            Err(refusal) => out.refuse(&channel.key, refusal.cause(), refusal),
        },
        Err(trouble) if trouble.passes => return Some(trouble),
        Err(trouble) => out.refuse(&channel.key, trouble.cause, trouble.words),
    }
    None
}

impl Sampler for Iio {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        let channels = self.channels(out)?;
        let mut waiting = Vec::new();
        for (place, channel) in channels.iter().enumerate() {
            if place > 0 && out.remaining().is_zero() {
                let words = "no time was left to read it: give this input a longer timeout, or fewer channels";
                out.refuse(&channel.key, "deadline", words);
            } else if let Some(trouble) = read(channel, out) {
                waiting.push((channel, trouble));
            }
        }
        let silent = std::mem::take(&mut self.silent);
        let is_silent = |channel: &Keyed| silent.contains(&channel.key);
        for pause in PAUSES {
            if waiting.iter().all(|(channel, _)| is_silent(channel)) || !out.pause(pause) {
                break;
            }
            waiting = waiting
                .into_iter()
                .filter_map(|(channel, trouble)| {
                    let again = !is_silent(channel) && !out.remaining().is_zero();
                    if again { read(channel, out).map(|trouble| (channel, trouble)) } else { Some((channel, trouble)) }
                })
                .collect();
        }
        for (channel, trouble) in waiting {
            self.silent.insert(channel.key.clone());
            out.refuse(&channel.key, trouble.cause, trouble.words);
        }
        Ok(())
    }
}
