//! A quantity that a sensor measures: its key and unit, what the datasheet allows, and the digits that mean something.

use std::fmt::Display;

use streamer_plugin::{Made, Readings};

/// One key of a sensor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quantity {
    /// For the reference.
    pub(crate) made: Made,
    low: f64,
    high: f64,
    digits: i32,
}

impl Quantity {
    /// A quantity from `low` to `high` in its unit, told with `digits` after the point.
    pub(crate) const fn new(
        key: &'static str,
        unit: &'static str,
        about: &'static str,
        (low, high): (f64, f64),
        digits: i32,
    ) -> Self {
        Self { made: Made { key, unit, about }, low, high, digits }
    }

    /// Air or chip temperature.
    pub(crate) const fn temperature(range: (f64, f64), digits: i32) -> Self {
        Self::new("temperature", "°C", "temperature", range, digits)
    }

    /// Relative humidity.
    pub(crate) const fn humidity(digits: i32) -> Self {
        Self::new("humidity", "%", "relative humidity", (0.0, 100.0), digits)
    }

    /// Air pressure where the sensor is, not at sea level.
    pub(crate) const fn pressure(range: (f64, f64)) -> Self {
        Self::new("pressure", "hPa", "air pressure at the sensor, in hectopascal", range, 4)
    }

    /// Light as the eye sees it.
    pub(crate) const fn illuminance(high: f64) -> Self {
        Self::new("illuminance", "lx", "illuminance", (0.0, high), 4)
    }

    /// The same quantity where the chip makes it more than once or under another name.
    pub(crate) const fn called(self, key: &'static str, about: &'static str) -> Self {
        Self { made: Made { key, unit: self.made.unit, about }, ..self }
    }

    /// The same quantity in another range.
    pub(crate) const fn within(self, low: f64, high: f64) -> Self {
        Self { low, high, ..self }
    }

    /// Whether the sensor can have measured this.
    pub(crate) fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// A reading, or a refusal where the chip cannot have measured this.
    pub(crate) fn put(&self, out: &mut Readings, value: f64) {
        let Self { made, low, high, digits } = *self;
        if !self.holds(value) {
            let words = format_args!("{value:.2} {} is beyond what the sensor measures, {low} to {high}", made.unit);
            out.refuse(made.key, "range", words);
            return;
        }
        out.put(made.key, rounded(value, digits));
    }

    /// A refusal of a value whose checksum is wrong.
    pub(crate) fn refuse_crc(&self, out: &mut Readings, bytes: &[u8]) {
        let words = format_args!("wrong checksum in {bytes:02x?}: a long cable, a bad contact or weak pull-ups");
        out.refuse(self.made.key, "crc", words);
    }

    /// A refusal where the chip says by itself that the value does not count.
    pub(crate) fn refuse(&self, out: &mut Readings, cause: &'static str, words: impl Display) {
        out.refuse(self.made.key, cause, words);
    }
}

/// Refuses a round as a whole: the chip has nothing new, or never had.
pub(crate) fn not_measured(out: &mut Readings, words: impl Display) {
    out.refuse("measurement", "not_measured", words);
}

/// Takes off the digits that a chip does not have; what is left prints short.
fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    let rounded = (value * scale).round() / scale;
    // No thermometer shows -0.
    if rounded == 0.0 { 0.0 } else { rounded }
}
