//! Reads the pieces of a time off a text. It knows digits, names and offsets, and nothing of calendars.

use super::pieces::Piece;
use crate::EpochCause;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// What a time says of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Fields<'t> {
    pub year: Option<i32>,
    /// Month and day, or day of the year.
    pub date: Option<Date>,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub micros: u32,
    /// The second half of the day, where hours count to twelve.
    pub afternoon: Option<bool>,
    pub zone: Option<Written<'t>>,
    pub unix: Option<i64>,
}

/// A day within a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Date {
    MonthDay { month: u32, day: u32 },
    DayOfYear(u32),
}

/// A zone as it stands behind a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written<'t> {
    /// Seconds east of Greenwich.
    Offset(i32),
    /// `CET`.
    Name(&'t str),
}

/// A place in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scan<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scan<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn at(self) -> usize {
        self.at
    }

    /// The fields that `pieces` find here.
    pub(super) fn pieces(&mut self, pieces: &[Piece]) -> Result<Fields<'t>, EpochCause> {
        let mut fields = Fields::default();
        let (mut month, mut day) = (None, None);
        for piece in pieces {
            match *piece {
                Piece::Year => fields.year = Some(self.year()?),
                Piece::YearOfCentury => {
                    let year = self.number(2, "a year of two digits")?;
                    fields.year = Some(i32::try_from(if year < 69 { 2000 + year } else { 1900 + year }).unwrap_or(0));
                }
                Piece::Month => month = Some(self.number(2, "a month")?),
                Piece::MonthName => month = Some(self.name(&MONTHS, "the name of a month")?),
                Piece::Day => day = Some(self.day()?),
                Piece::DayOfYear => fields.date = Some(Date::DayOfYear(self.number(3, "a day of the year")?)),
                Piece::Weekday => _ = self.name(&WEEKDAYS, "the name of a weekday")?,
                Piece::Hour => fields.hour = self.padded("an hour")?,
                Piece::HourOfHalf => {
                    fields.hour = self.padded("an hour")?;
                    if !(1..=12).contains(&fields.hour) {
                        return Err(EpochCause::NoSuchDate);
                    }
                }
                Piece::Half => fields.afternoon = Some(self.half()?),
                Piece::Minute => fields.minute = self.number(2, "a minute")?,
                Piece::Second { fraction } => {
                    fields.second = self.number(2, "a second")?;
                    if fraction {
                        self.optional_fraction(&mut fields);
                    }
                }
                Piece::Fraction => fields.micros = self.fraction().ok_or_else(|| self.wants("a fraction"))?,
                Piece::OptionalFraction => self.optional_fraction(&mut fields),
                Piece::Offset => fields.zone = Some(Written::Offset(self.offset()?)),
                Piece::ZoneName => fields.zone = Some(self.zone_name()?),
                Piece::Unix => {
                    let digits = self.run(|b| b.is_ascii_digit() || b == b'-');
                    fields.unix = Some(digits.parse().map_err(|_| self.wants("seconds since 1970"))?);
                    self.optional_fraction(&mut fields);
                }
                Piece::Literal(c) => self.literal(c)?,
                Piece::Blank => self.blanks(),
            }
        }
        if let (Some(month), Some(day)) = (month, day) {
            fields.date = Some(Date::MonthDay { month, day });
        }
        Ok(fields)
    }

    /// `2026-03-05T06:00:01.25+01:00`; a blank for the T, a comma for the point and no offset are taken too.
    pub(super) fn rfc3339(&mut self) -> Result<Fields<'t>, EpochCause> {
        let year = Some(self.year()?);
        self.literal('-')?;
        let month = self.number(2, "a month")?;
        self.literal('-')?;
        let date = Some(Date::MonthDay { month, day: self.number(2, "a day")? });
        if !matches!(self.peek(), Some(b'T' | b't' | b' ' | b'_')) {
            return Err(self.wants("a T between date and time"));
        }
        self.at += 1;
        let hour = self.number(2, "an hour")?;
        self.literal(':')?;
        let minute = self.number(2, "a minute")?;
        let mut fields = Fields { year, date, hour, minute, ..Fields::default() };
        if self.peek() == Some(b':') {
            self.at += 1;
            fields.second = self.number(2, "a second")?;
            self.optional_fraction(&mut fields);
        }
        let before = self.at;
        self.blanks();
        match self.peek() {
            Some(b'Z' | b'z' | b'+') => fields.zone = Some(Written::Offset(self.offset()?)),
            // A hyphen behind blanks may be anything.
            Some(b'-') if self.at == before => fields.zone = Some(Written::Offset(self.offset()?)),
            _ => self.at = before,
        }
        Ok(fields)
    }

    /// `Mar  5 06:00:01`, with a year after the day or after the time if there is one; or RFC 3339, as newer daemons
    /// write it.
    pub(super) fn syslog(&mut self) -> Result<Fields<'t>, EpochCause> {
        if self.peek().is_some_and(|b| b.is_ascii_digit()) {
            return self.rfc3339();
        }
        let month = self.name(&MONTHS, "the name of a month")?;
        self.blanks();
        let day = self.day()?;
        self.blanks();
        let mut year = self.whole_year();
        self.blanks();
        let hour = self.number(2, "an hour")?;
        self.literal(':')?;
        let minute = self.number(2, "a minute")?;
        self.literal(':')?;
        let second = self.number(2, "a second")?;
        let mut fields = Fields { hour, minute, second, ..Fields::default() };
        fields.date = Some(Date::MonthDay { month, day });
        self.optional_fraction(&mut fields);
        if year.is_none() {
            let mut after = *self;
            after.blanks();
            year = after.whole_year();
            if year.is_some() {
                *self = after;
            }
        }
        fields.year = year;
        Ok(fields)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn wants(&self, wanted: &'static str) -> EpochCause {
        EpochCause::Shape { wanted, at: self.at }
    }

    fn run(&mut self, belongs: impl Fn(u8) -> bool) -> &'t str {
        let start = self.at;
        while self.peek().is_some_and(&belongs) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    fn blanks(&mut self) {
        self.run(|b| b.is_ascii_whitespace());
    }

    fn literal(&mut self, c: char) -> Result<(), EpochCause> {
        if !self.text[self.at..].starts_with(c) {
            return Err(self.wants("the next sign of the format"));
        }
        self.at += c.len_utf8();
        Ok(())
    }

    /// Up to `most` digits.
    fn number(&mut self, most: usize, wanted: &'static str) -> Result<u32, EpochCause> {
        let start = self.at;
        let mut number = 0;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            if self.at - start == most {
                break;
            }
            number = number * 10 + u32::from(digit - b'0');
            self.at += 1;
        }
        if self.at == start { Err(self.wants(wanted)) } else { Ok(number) }
    }

    /// Digits that may be padded with a blank.
    fn padded(&mut self, wanted: &'static str) -> Result<u32, EpochCause> {
        self.blanks();
        self.number(2, wanted)
    }

    fn day(&mut self) -> Result<u32, EpochCause> {
        self.padded("a day")
    }

    fn year(&mut self) -> Result<i32, EpochCause> {
        let start = self.at;
        let year = self.number(4, "a year")?;
        if self.at - start < 4 {
            return Err(EpochCause::Shape { wanted: "a year of four digits", at: start });
        }
        Ok(i32::try_from(year).unwrap_or(0))
    }

    /// Four digits with nothing behind them that would make them something else.
    fn whole_year(&mut self) -> Option<i32> {
        let mut ahead = *self;
        let year = ahead.year().ok()?;
        if ahead.peek().is_some_and(|b| !b.is_ascii_whitespace()) && ahead.peek() != Some(b':') {
            return None;
        }
        *self = ahead;
        Some(year)
    }

    /// Digits after the point, as millionths. Those beyond the sixth are cut.
    fn fraction(&mut self) -> Option<u32> {
        let digits = self.run(|b| b.is_ascii_digit()).as_bytes();
        let at = |place: usize| digits.get(place).map_or(0, |digit| u32::from(digit - b'0'));
        (!digits.is_empty()).then(|| (0..6).fold(0, |micros, place| micros * 10 + at(place)))
    }

    fn optional_fraction(&mut self, fields: &mut Fields<'_>) {
        let behind = self.text.as_bytes().get(self.at + 1);
        if matches!(self.peek(), Some(b'.' | b',')) && behind.is_some_and(u8::is_ascii_digit) {
            self.at += 1;
            fields.micros = self.fraction().unwrap_or(0);
        }
    }

    /// Which of `names` stands here, whole or with its first three letters; counted from one.
    fn name(&mut self, names: &[&str], wanted: &'static str) -> Result<u32, EpochCause> {
        let start = self.at;
        let word = self.run(|b| b.is_ascii_alphabetic()).as_bytes();
        let is = |name: &&str| {
            let name = name.as_bytes();
            // September is the one month that people also cut to four letters.
            (word.len() == 3 || word.len() == name.len() || (word.len() == 4 && name == b"september"))
                && name[..word.len().min(name.len())].eq_ignore_ascii_case(word)
        };
        let index = names.iter().position(is).ok_or(EpochCause::Shape { wanted, at: start })?;
        Ok(u32::try_from(index).unwrap_or(0) + 1)
    }

    /// `AM`, `pm`, `a.m.`: whether it is the second half of the day.
    fn half(&mut self) -> Result<bool, EpochCause> {
        let start = self.at;
        let word = self.run(|b| b.is_ascii_alphabetic() || b == b'.').as_bytes();
        let letters =
            |wanted: &[u8]| word.iter().filter(|b| **b != b'.').map(u8::to_ascii_lowercase).eq(wanted.iter().copied());
        match (letters(b"am"), letters(b"pm")) {
            (false, false) => Err(EpochCause::Shape { wanted: "AM or PM", at: start }),
            (_, afternoon) => Ok(afternoon),
        }
    }

    /// `+0100`, `+01:00`, `+01`, `Z`: seconds east of Greenwich.
    fn offset(&mut self) -> Result<i32, EpochCause> {
        let start = self.at;
        let sign = match self.peek() {
            Some(b'Z' | b'z') => {
                self.at += 1;
                return Ok(0);
            }
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Err(self.wants("an offset such as +0100")),
        };
        self.at += 1;
        let digits = self.at;
        let hours = self.number(2, "hours of an offset")?;
        if self.at - digits < 2 {
            return Err(EpochCause::Shape { wanted: "an offset such as +0100", at: start });
        }
        if self.peek() == Some(b':') {
            self.at += 1;
        }
        let minutes = if self.peek().is_some_and(|b| b.is_ascii_digit()) { self.number(2, "minutes")? } else { 0 };
        if hours > 18 || minutes > 59 {
            return Err(EpochCause::NoSuchDate);
        }
        Ok(sign * i32::try_from(hours * 3600 + minutes * 60).unwrap_or(0))
    }

    /// `CET`; an offset in its place is taken too.
    fn zone_name(&mut self) -> Result<Written<'t>, EpochCause> {
        if matches!(self.peek(), Some(b'+' | b'-')) {
            return self.offset().map(Written::Offset);
        }
        let name = self.run(|b| b.is_ascii_alphabetic());
        if name.is_empty() { Err(self.wants("the name of a zone")) } else { Ok(Written::Name(name)) }
    }
}
