//! Cron expressions as Unix knows them. They name readings of a kitchen clock; which instants those are, `civil` says.
//!
//! The crate `cron` searches the calendar. It counts weekdays from one, wants both day fields to match, and steps
//! through a change of the clock in ways of its own; so it is given plain lists of numbers, one expression for each day
//! field that may match alone, and local time as if it were UTC.

mod field;
mod words;

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use chrono::{DateTime, Utc};
pub use field::Fault;
use field::{DAY, Field, HOUR, MINUTE, MONTH, SECOND, Unit, WEEKDAY};

use crate::civil::{Local, Passes};

const SHORTHANDS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// From here on the calendar is searched to see whether an expression ever fires: a leap day on each weekday follows.
const YEAR_2000: i64 = 946_684_800;

/// Why something is no cron expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CronError {
    /// Too few fields, or too many.
    #[error("a cron expression has five or six fields ([second] minute hour day month weekday), not {0}")]
    FieldCount(usize),
    /// A word after `@` that is none of the known ones.
    #[error("{0:?} is unknown; there are @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually")]
    Shorthand(String),
    /// `@reboot`, which is another key here.
    #[error("\"@reboot\" is no time; leave it out and set run_at_start = true")]
    Reboot,
    /// `@every`, which is another key here.
    #[error("\"@every\" is an interval; write interval = \"...\" instead of cron")]
    Every,
    /// A zone in front, as other programs have it.
    #[error("a zone has no place in a cron expression; leave it out and set timezone in [agent]")]
    Zone,
    /// A mistake in one field.
    #[error("the {unit} {text:?} {fault}")]
    Field {
        /// What the field counts.
        unit: &'static str,
        /// The part of the field that is wrong.
        text: String,
        /// Where that part stands in the expression, in bytes.
        place: Range<usize>,
        /// What is wrong with it.
        fault: Fault,
    },
    /// No day matches, like the 30th of February.
    #[error("it never fires: no {unit} of the named months is one of the named ones", unit = DAY.name)]
    Never,
}

impl CronError {
    /// Where in the expression the mistake is, in bytes; none if it is in the whole.
    pub fn place(&self) -> Option<Range<usize>> {
        match self {
            Self::Field { place, .. } => Some(place.clone()),
            _ => None,
        }
    }
}

/// A cron expression: five fields, or six with seconds in front.
///
/// Zero and seven are both Sunday, months and weekdays have names, and where both day fields are set (begin with no
/// star) a day matches if either does.
///
/// ```
/// use streamer_schedule::Cron;
/// let cron: Cron = "30 2 * * mon-fri".parse()?;
/// assert_eq!(cron.describe(), "at 02:30 on Monday, Tuesday, Wednesday, Thursday, Friday");
///
/// let error = "0 25 * * *".parse::<Cron>().unwrap_err();
/// assert_eq!(error.to_string(), "the hour \"25\" is not between 0 and 23");
/// assert_eq!(error.place(), Some(2..4));
/// # Ok::<(), streamer_schedule::CronError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Cron {
    text: String,
    fields: Fields,
    /// A day must match one of these.
    searches: Vec<cron::Schedule>,
}

#[derive(Debug, Clone)]
struct Fields {
    second: Field,
    minute: Field,
    hour: Field,
    day: Field,
    month: Field,
    weekday: Field,
}

impl Cron {
    /// What the expression means, in words.
    pub fn describe(&self) -> String {
        words::describe(&self.fields)
    }

    /// A fixed time of day happens once a day, whatever the clock does; what has a star or a step in the hour goes on
    /// by elapsed time. All hours written out are a star.
    pub(crate) fn passes(&self) -> Passes {
        let running = self.fields.hour.running || self.fields.hour.is_all(&HOUR);
        if running { Passes::Every } else { Passes::Once }
    }

    /// The first reading after `after`; none after the year 2100.
    pub(crate) fn next(&self, after: Local) -> Option<Local> {
        let after = DateTime::<Utc>::from_timestamp(after.div_euclid(1_000_000), 0)?;
        let found = self.searches.iter().filter_map(|search| search.after(&after).next()).min()?;
        Some(found.timestamp() * 1_000_000)
    }
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        let fields = match text.trim() {
            short if short.starts_with("@every") => return Err(CronError::Every),
            "@reboot" => return Err(CronError::Reboot),
            zoned if zoned.starts_with("TZ=") || zoned.starts_with("CRON_TZ=") => return Err(CronError::Zone),
            short if short.starts_with('@') => {
                let known = SHORTHANDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(short));
                Fields::read(known.ok_or_else(|| CronError::Shorthand(short.into()))?.1)?
            }
            _ => Fields::read(text)?,
        };
        let cron = Self { text: text.trim().into(), searches: fields.searches(), fields };
        if cron.next(YEAR_2000 * 1_000_000).is_none() {
            return Err(CronError::Never);
        }
        Ok(cron)
    }
}

/// The expression as it was written.
impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Cron {}

impl Fields {
    fn read(text: &str) -> Result<Self, CronError> {
        // The start of a field, in bytes, is where its slice begins in the text.
        let parts: Vec<_> =
            text.split_whitespace().map(|part| (part, part.as_ptr().addr() - text.as_ptr().addr())).collect();
        let read = |unit: &'static Unit, place: usize| Field::read(unit, parts[place].0, parts[place].1);
        let seconds = match parts.len() {
            5 => 0,
            6 => 1,
            count => return Err(CronError::FieldCount(count)),
        };
        Ok(Self {
            second: if seconds == 1 { read(&SECOND, 0)? } else { Field::just(0) },
            minute: read(&MINUTE, seconds)?,
            hour: read(&HOUR, seconds + 1)?,
            day: read(&DAY, seconds + 2)?,
            month: read(&MONTH, seconds + 3)?,
            weekday: read(&WEEKDAY, seconds + 4)?,
        })
    }

    fn searches(&self) -> Vec<cron::Schedule> {
        let (day, weekday) = (list(&self.day, &DAY, 0), list(&self.weekday, &WEEKDAY, 1));
        let either = !self.day.star && !self.weekday.star;
        let days = if either { vec![(day, "*".into()), ("*".into(), weekday)] } else { vec![(day, weekday)] };
        let times = [(&self.second, &SECOND), (&self.minute, &MINUTE), (&self.hour, &HOUR)].map(|(f, u)| list(f, u, 0));
        let month = list(&self.month, &MONTH, 0);
        let spelled = days.iter().map(|(day, weekday)| format!("{} {day} {month} {weekday}", times.join(" ")));
        // Lists of numbers within their units are always read; were they not, the expression would never fire.
        spelled.filter_map(|expression| cron::Schedule::from_str(&expression).ok()).collect()
    }
}

/// The numbers of a field as a list, each raised by `more`; a star if it is all of them.
fn list(field: &Field, unit: &Unit, more: u8) -> String {
    if field.is_all(unit) {
        return "*".into();
    }
    field.numbers().map(|number| (number + more).to_string()).collect::<Vec<_>>().join(",")
}
