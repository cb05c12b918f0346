//! Lines by a regular expression: every named group that matches something is a reading under its name.

use regex::{CaptureLocations, Regex};
use streamer_reading::{Epoch, Key};

use crate::item::{Item, Refused, Sink};
use crate::series::{Pins, Series, Units};
use crate::stamp::Stamper;
use crate::{Cause, FormatError};

/// A regular expression, or in one line why it is none.
pub(crate) fn regex(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern).map_err(|error| {
        // Its own words draw the pattern over several lines; whoever shows ours shows the pattern as well.
        let words = error.to_string();
        words.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
    })
}

#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    regex: Regex,
    /// Where the groups of this line are: room that every line uses again.
    places: CaptureLocations,
    groups: Vec<(usize, Series)>,
    time: Option<usize>,
    units: Units,
    stamper: Option<Stamper>,
}

impl Pattern {
    pub(crate) fn new(pattern: &str, pins: &Pins, units: Units, stamper: Option<Stamper>) -> Result<Self, FormatError> {
        let regex = regex(pattern).map_err(FormatError::Pattern)?;
        let mut groups = Vec::new();
        let mut time = None;
        for (group, name) in regex.capture_names().enumerate() {
            let Some(name) = name else { continue };
            if stamper.as_ref().is_some_and(|stamper| stamper.is(name)) {
                time = Some(group);
            } else {
                groups.push((group, Series::new(Key::new(name)?, pins)));
            }
        }
        if groups.is_empty() {
            return Err(FormatError::NoGroups);
        }
        let known = |name: &str| groups.iter().any(|(_, series)| series.key().as_str() == name);
        if let Some(name) = pins.keys().find(|name| !known(name)) {
            return Err(FormatError::NoSuchGroup { what: "types", name: name.clone() });
        }
        match &stamper {
            Some(stamper) if time.is_none() => {
                Err(FormatError::NoSuchGroup { what: "epoch", name: stamper.key().to_owned() })
            }
            _ => Ok(Self { places: regex.capture_locations(), regex, groups, time, units, stamper }),
        }
    }

    pub(crate) fn series(&self) -> impl Iterator<Item = &Series> {
        self.groups.iter().map(|(_, series)| series)
    }

    pub(crate) fn restart(&mut self) {
        if let Some(stamper) = &mut self.stamper {
            stamper.restart();
        }
    }

    pub(crate) fn read(&mut self, line: &str, now: Epoch, sink: &mut Sink<'_>) {
        if self.regex.captures_read(&mut self.places, line).is_none() {
            return sink(Item::Refused(Refused { key: None, cause: Cause::NoMatch, text: line }));
        }
        let places = &self.places;
        let text = |group| places.get(group).filter(|(start, end)| start < end).map(|(start, end)| &line[start..end]);
        let mut epoch = None;
        if let Some(stamper) = &mut self.stamper {
            let Ok(read) = stamper.stamp(self.time.and_then(text), line, now, sink) else { return };
            epoch = read;
        }
        for (group, series) in &mut self.groups {
            if let Some(text) = text(*group) {
                series.read(text, &self.units, epoch, sink);
            }
        }
    }
}
