//! One field of a cron expression: which numbers it names, and what is wrong with it.

use std::fmt;
use std::ops::Range;

use super::CronError;

/// What a field counts.
#[derive(Debug)]
pub(super) struct Unit {
    pub name: &'static str,
    pub min: u8,
    pub max: u8,
    /// The names of its numbers, from `min` on.
    pub names: &'static [&'static str],
}

impl Unit {
    /// The last number of a whole round: seven is Sunday a second time.
    fn end(&self) -> u8 {
        if self.max == 7 { 6 } else { self.max }
    }
}

pub(super) static SECOND: Unit = Unit { name: "second", min: 0, max: 59, names: &[] };
pub(super) static MINUTE: Unit = Unit { name: "minute", min: 0, max: 59, names: &[] };
pub(super) static HOUR: Unit = Unit { name: "hour", min: 0, max: 23, names: &[] };
pub(super) static DAY: Unit = Unit { name: "day of the month", min: 1, max: 31, names: &[] };
pub(super) static MONTH: Unit = Unit {
    name: "month",
    min: 1,
    max: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
/// Seven is Sunday too.
pub(super) static WEEKDAY: Unit =
    Unit { name: "weekday", min: 0, max: 7, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

/// The mistake in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A number outside its unit.
    Outside {
        /// The lowest number.
        min: u8,
        /// The highest number.
        max: u8,
    },
    /// Neither a number nor a name that stands for one.
    NoNumber {
        /// Whether the field knows names.
        named: bool,
    },
    /// A range from a higher to a lower number.
    Backwards,
    /// A step of nothing.
    NoStep,
    /// A sign of other crons: `L`, `W`, `#`.
    Foreign,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside { min, max } => write!(f, "is not between {min} and {max}"),
            Self::NoNumber { named: false } => f.write_str("is no number"),
            Self::NoNumber { named: true } => f.write_str("is no number and no name of three letters"),
            Self::Backwards => f.write_str("runs backwards; give its two parts as a list, like \"22-23,0-2\""),
            Self::NoStep => f.write_str("has no step; a step is a whole number from 1"),
            Self::Foreign => f.write_str("uses L, W or #, which are not understood here"),
        }
    }
}

/// A field that was read: a set of numbers, and how it was spelled where that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    bits: u64,
    /// Begins with a star: for the days this means "not set".
    pub star: bool,
    /// Has a star or a step.
    pub running: bool,
}

impl Field {
    /// Reads `text`, which begins at `at` in the expression.
    pub(super) fn read(unit: &'static Unit, text: &str, at: usize) -> Result<Self, CronError> {
        let mut field = Self { bits: 0, star: text.starts_with(['*', '?']), running: text.contains(['*', '?', '/']) };
        let mut start = at;
        for item in text.split(',') {
            field.bits |= item_bits(unit, item).map_err(|fault| CronError::Field {
                unit: unit.name,
                text: item.into(),
                place: Range { start, end: start + item.len() },
                fault,
            })?;
            start += item.len() + 1;
        }
        if unit.max == 7 && field.bits & 1 << 7 != 0 {
            field.bits = field.bits & !(1 << 7) | 1;
        }
        Ok(field)
    }

    /// The field that names one number.
    pub(super) fn just(number: u8) -> Self {
        Self { bits: 1 << number, star: false, running: false }
    }

    /// The numbers, in order.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u8> + '_ {
        (0..64).filter(|number| self.bits & 1 << number != 0)
    }

    /// Whether it names every number of its unit.
    pub(super) fn is_all(&self, unit: &Unit) -> bool {
        (unit.min..=unit.end()).all(|number| self.bits & 1 << number != 0)
    }

    /// The only number, if it names just one.
    pub(super) fn only(&self) -> Option<u8> {
        let mut numbers = self.numbers();
        numbers.next().filter(|_| numbers.next().is_none())
    }

    /// The distance, if the numbers are all multiples of one from the lowest to the end of the unit.
    pub(super) fn step(&self, unit: &Unit) -> Option<u8> {
        let mut numbers = self.numbers();
        let (first, second) = (numbers.next()?, numbers.next()?);
        let step = second - first;
        let all = (unit.min..=unit.max).step_by(usize::from(step)).fold(0, |bits, number| bits | 1_u64 << number);
        (first == unit.min && all == self.bits && (unit.max + 1).is_multiple_of(step)).then_some(step)
    }
}

fn item_bits(unit: &Unit, item: &str) -> Result<u64, Fault> {
    let (body, step) = match item.split_once('/') {
        Some((body, step)) => (body, Some(step.parse::<u8>().ok().filter(|step| *step > 0).ok_or(Fault::NoStep)?)),
        None => (item, None),
    };
    let end = unit.end();
    let (low, high) = if matches!(body, "*" | "?") {
        (unit.min, end)
    } else if let Some((low, high)) = body.split_once('-') {
        let (low, mut high) = (number(unit, low)?, number(unit, high)?);
        // "sat-sun" means the end of the week.
        if high == 0 && unit.max == 7 && low > 0 {
            high = 7;
        }
        (low, high)
    } else {
        let only = number(unit, body)?;
        // A single number with a step runs to the end: "5/15" is 5, 20, 35, 50.
        (only, if step.is_some() { end.max(only) } else { only })
    };
    if low > high {
        return Err(Fault::Backwards);
    }
    Ok((low..=high).step_by(usize::from(step.unwrap_or(1))).fold(0, |bits, number| bits | 1 << number))
}

fn number(unit: &Unit, text: &str) -> Result<u8, Fault> {
    let lower = text.to_ascii_lowercase();
    if let Some(place) = unit.names.iter().position(|name| *name == lower) {
        return Ok(unit.min + u8::try_from(place).unwrap_or(0));
    }
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        let foreign = text.ends_with(['L', 'W']) || text.contains('#');
        return Err(if foreign { Fault::Foreign } else { Fault::NoNumber { named: !unit.names.is_empty() } });
    }
    let found = text.parse::<u8>().ok().filter(|number| (unit.min..=unit.max).contains(number));
    found.ok_or(Fault::Outside { min: unit.min, max: unit.max })
}
