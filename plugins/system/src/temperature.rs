//! Temperatures of thermal zones and of hwmon sensors.
//!
//! A sensor that takes its time (a 1-Wire probe measures for three quarters of a second) is read on a thread of its own,
//! and its reading bears the time at which it was asked.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use streamer_plugin::clock::SinceBoot;
use streamer_plugin::sysfs::first_line;
use streamer_plugin::{Key, Readings, Site, When};

use crate::apart::Apart;
use crate::collector::Collector;
use crate::keys::key;
use crate::scan::{first, integer, shown};
use crate::sensors::{Found, find};
use crate::source::{Buffer, Source, Told};

/// How often it is looked whether sensors came or went.
const LOOK: Duration = Duration::from_secs(60);
/// A sensor that takes longer is read apart.
const SLOW: Duration = Duration::from_millis(8);
/// In thousandths of a degree: what no sensor that is read this way can measure.
const LOWEST: i64 = -55_000;
const HIGHEST: i64 = 200_000;

pub(crate) struct Temperature {
    site: Site,
    sensors: Vec<Sensor>,
    /// Names of sensors that cannot be told apart.
    doubtful: Vec<String>,
    look_at: SinceBoot,
}

struct Sensor {
    key: Key,
    file: PathBuf,
    state: Option<Source>,
    way: Way,
}

enum Way {
    Here(Source),
    Apart(Apart<Answer>, Option<SinceBoot>),
}

/// What reading one sensor came to.
enum Answer {
    Millidegrees(i64),
    NoNumber(String),
    Gone,
    Unreadable(io::Error),
}

impl Temperature {
    pub(crate) fn new(site: &Site) -> Self {
        Self { site: site.clone(), sensors: Vec::new(), doubtful: Vec::new(), look_at: SinceBoot::ZERO }
    }

    fn look(&mut self) {
        let mut old = std::mem::take(&mut self.sensors);
        let (found, doubtful) = find(&self.site);
        self.doubtful = doubtful;
        for Found { name, file, state } in found {
            let key = key(format!("temperature_{name}"));
            let kept = old.iter().position(|sensor| sensor.key == key && sensor.file == file);
            self.sensors.push(match kept {
                Some(place) => old.swap_remove(place),
                None => {
                    let way = Way::Here(Source::new(&file));
                    Sensor { key, file, state: state.map(Source::new), way }
                }
            });
        }
    }
}

fn read(source: &mut Source, buffer: &mut Buffer) -> Answer {
    const NO_DEVICE: [i32; 2] = [6, 19];
    match source.read(buffer) {
        Told::Text => match integer(first(buffer.text())) {
            Some(number) => Answer::Millidegrees(number),
            None => Answer::NoNumber(shown(first(buffer.text()))),
        },
        Told::Nothing => Answer::Gone,
        Told::Unreadable(error) if error.raw_os_error().is_some_and(|e| NO_DEVICE.contains(&e)) => Answer::Gone,
        Told::Unreadable(error) => Answer::Unreadable(error),
    }
}

impl Collector for Temperature {
    fn collect(&mut self, buffer: &mut Buffer, out: &mut Readings) {
        if out.began().boot >= self.look_at {
            self.look();
            self.look_at = out.began().boot.plus(LOOK);
        }
        for name in &self.doubtful {
            let words = "nothing tells them apart that is the same after the next start; they are left out";
            out.remark(format!("temperature {name}"), format_args!("several sensors are called {name}, and {words}"));
        }
        let mut gone = false;
        for sensor in &mut self.sensors {
            gone |= !sensor.collect(buffer, out);
        }
        if gone {
            // At the next round, for what came in its place is not there yet.
            self.look_at = SinceBoot::ZERO;
        }
    }
}

impl Sensor {
    /// Tells the temperature, or why there is none; false if the sensor is not there any more.
    fn collect(&mut self, buffer: &mut Buffer, out: &mut Readings) -> bool {
        let (answer, when) = match &mut self.way {
            Way::Here(source) => {
                let began = out.clock().boot();
                let answer = read(source, buffer);
                if out.clock().boot().since(began) > SLOW {
                    self.read_apart();
                }
                (Some(answer), When::Began)
            }
            Way::Apart(apart, asked) => {
                let when = asked.map_or(When::Began, When::SinceBoot);
                let answer = if asked.is_some() { apart.answer(Duration::ZERO) } else { None };
                // Asking again would throw away an answer that comes at this moment.
                let hangs = asked.is_some() && answer.is_none();
                if !hangs && apart.ask() {
                    *asked = Some(out.began().boot);
                } else {
                    out.remark(self.key.as_str(), format_args!("{} does not answer", self.file.display()));
                }
                (answer, when)
            }
        };
        match answer {
            Some(Answer::Gone) => return false,
            Some(Answer::Millidegrees(number)) => self.put(number, when, buffer, out),
            Some(Answer::NoNumber(text)) => {
                out.refuse(self.key.as_str(), "number", format_args!("{} holds {text:?}", self.file.display()));
            }
            Some(Answer::Unreadable(error)) => self.silent(&error.to_string(), out),
            None => {}
        }
        true
    }

    fn read_apart(&mut self) {
        let (mut source, mut buffer) = (Source::new(&self.file), Buffer::new());
        if let Ok(apart) = Apart::new(move || read(&mut source, &mut buffer)) {
            self.way = Way::Apart(apart, None);
        }
    }

    fn put(&mut self, number: i64, when: When, buffer: &mut Buffer, out: &mut Readings) {
        let state = match self.state.as_mut().map(|source| source.read(buffer)) {
            Some(Told::Text) => first(buffer.text()),
            _ => b"",
        };
        match state {
            b"disabled" if number == 0 => self.silent("it is disabled", out),
            b"1" => {
                out.refuse(self.key.as_str(), "fault", "the driver says that the sensor is broken or not connected")
            }
            _ if !(LOWEST..=HIGHEST).contains(&number) => {
                let words = format_args!("{number} thousandths of a degree; −55 to 200 °C can be");
                out.refuse(self.key.as_str(), "range", words);
            }
            _ => {
                #[expect(clippy::cast_precision_loss, reason = "at most 200,000")]
                let degrees = number as f64 / 1000.0;
                out.put_at(&self.key, degrees, when);
            }
        }
    }

    fn silent(&self, why: &str, out: &mut Readings) {
        let mode = self.file.with_file_name("mode");
        let cure = match first_line(&mode).as_deref() {
            Some("disabled") => format!(": enable the zone (echo enabled > {})", mode.display()),
            _ => "; it is left out until it can".to_owned(),
        };
        out.remark(self.key.as_str(), format_args!("{} cannot be read ({why}){cure}", self.file.display()));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use streamer_plugin::clock::{Clock, Moment};
    use streamer_plugin::{Epoch, Value};

    use super::*;

    #[test]
    fn a_slow_sensor_holds_up_nobody_and_its_reading_bears_the_time_of_asking() {
        let start = Moment { wall: Epoch::ZERO, boot: SinceBoot::from_micros(5_000_000) };
        let (clock, hand) = Clock::moved(start);
        let (measure, measured) = channel::<i64>();
        let apart = Apart::new(move || Answer::Millidegrees(measured.recv().unwrap_or(0))).unwrap();
        let (key, file) = (key("temperature_slow"), PathBuf::from("/none"));
        let mut sensor = Sensor { key, file, state: None, way: Way::Apart(apart, None) };
        let mut round = || {
            let mut out = Readings::new(&clock, Duration::from_secs(1));
            assert!(sensor.collect(&mut Buffer::new(), &mut out));
            out
        };
        let first = round();
        assert!(first.is_empty() && first.remarks().is_empty());
        hand.advance(Duration::from_secs(1));
        let second = round();
        assert!(second.is_empty());
        assert_eq!(second.remarks().len(), 1);
        measure.send(21_500).unwrap();
        let third = std::iter::repeat_with(round).find(|out| !out.is_empty()).unwrap();
        assert_eq!(third.items()[0].value, Value::try_from(21.5).unwrap());
        assert_eq!(third.items()[0].when, When::SinceBoot(start.boot));
    }
}
