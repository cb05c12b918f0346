//! From the fields of a time to its instant: years that are not written, hours that come twice or never.
//!
//! A year that is missing is the latest that does not put the line into the future. An hour that comes twice is the pass
//! that keeps the file in order. An hour that never comes is read as if the clocks had not been changed yet.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use streamer_reading::{Epoch, Refusal};

use super::AHEAD;
use super::scan::{Date, Fields, Written};
use crate::EpochCause;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
const QUARTER: i64 = 900 * SECOND;
/// A line that is less than this behind the one before it was overtaken by a thread, not by a change of the clocks.
const OVERTAKEN: i64 = SECOND;
/// A first line whose second pass lies this close to now was written just now.
const FRESH: i64 = 300 * SECOND;
/// 29 February may be eight years back.
const YEARS_BACK: i32 = 8;

/// The rules of a zone, with what was last found in them.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    zone: TimeZone,
    /// A quarter of an hour of civil time without a change in it, and its offset: most lines come close together.
    quarter: Option<(i64, i64)>,
    last: Option<Epoch>,
}

impl Calendar {
    pub(super) fn new(zone: TimeZone) -> Self {
        Self { zone, quarter: None, last: None }
    }

    /// A new file begins.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// The instant that `fields` mean, read at `now`.
    pub(super) fn epoch(&mut self, fields: &Fields<'_>, now: Epoch) -> Result<Epoch, EpochCause> {
        let epoch = match fields.unix {
            Some(seconds) => {
                let micros = i64::from(fields.micros);
                Epoch::from_secs(seconds)?.plus_micros(if seconds < 0 { -micros } else { micros })
            }
            None => self.civil(fields, now)?,
        };
        self.last = Some(epoch);
        Ok(epoch)
    }

    fn civil(&mut self, fields: &Fields<'_>, now: Epoch) -> Result<Epoch, EpochCause> {
        let time = time_of_day(fields)?;
        let latest = now.plus_micros(AHEAD);
        match (fields.year, fields.date) {
            (Some(year), Some(date)) => {
                let day = day_number(year, date).ok_or(EpochCause::NoSuchDate)?;
                self.instant(day * DAY + time, fields.zone, now)
            }
            (None, Some(date)) => {
                let this = self.year_and_day(latest)?.0 + i32::from(fields.zone.is_some());
                let years = (this - YEARS_BACK..=this).rev();
                let days = years.filter_map(|year| day_number(year, date));
                self.latest(days, time, fields.zone, now)
            }
            (_, None) => {
                let today = self.year_and_day(latest)?.1 + i64::from(fields.zone.is_some());
                self.latest((today - 2..=today).rev(), time, fields.zone, now)
            }
        }
    }

    /// The first of `days`, newest first, on which `time` is not in the future.
    fn latest(
        &mut self,
        days: impl Iterator<Item = i64>,
        time: i64,
        zone: Option<Written<'_>>,
        now: Epoch,
    ) -> Result<Epoch, EpochCause> {
        for day in days {
            let epoch = self.instant(day * DAY + time, zone, now)?;
            if epoch <= now.plus_micros(AHEAD) {
                return Ok(epoch);
            }
        }
        Err(EpochCause::NoSuchDate)
    }

    /// The instant at which a clock shows `civil` (microseconds since 1970 as if in Greenwich).
    fn instant(&mut self, civil: i64, zone: Option<Written<'_>>, now: Epoch) -> Result<Epoch, EpochCause> {
        match zone {
            Some(Written::Offset(east)) => Ok(Epoch::from_micros(civil - i64::from(east) * SECOND)),
            Some(Written::Name(name)) => self.named(civil, name),
            None => {
                let quarter = civil.div_euclid(QUARTER);
                if let Some((known, offset)) = self.quarter
                    && known == quarter
                {
                    return Ok(Epoch::from_micros(civil - offset));
                }
                Ok(match self.passes(civil)? {
                    (one, None) => {
                        self.remember(quarter, civil - one)?;
                        Epoch::from_micros(one)
                    }
                    (first, Some(second)) => Epoch::from_micros(self.pass(first, second, now)),
                })
            }
        }
    }

    /// Keeps the offset of a quarter of an hour if it is the same from its start to its end.
    fn remember(&mut self, quarter: i64, offset: i64) -> Result<(), EpochCause> {
        let (start, end) = (quarter * QUARTER, (quarter + 1) * QUARTER - SECOND);
        let plain = |civil| Ok::<_, EpochCause>(self.passes(civil)? == (civil - offset, None));
        if plain(start)? && plain(end)? {
            self.quarter = Some((quarter, offset));
        }
        Ok(())
    }

    /// The instants at which the zone's clocks show `civil`; for an hour that never comes, one by the old rule.
    fn passes(&self, civil: i64) -> Result<(i64, Option<i64>), EpochCause> {
        let shown = datetime(civil)?;
        let at = |offset: jiff::tz::Offset| civil - i64::from(offset.seconds()) * SECOND;
        Ok(match self.zone.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset } => (at(offset), None),
            AmbiguousOffset::Gap { before, .. } => (at(before), None),
            AmbiguousOffset::Fold { before, after } => (at(before), Some(at(after))),
        })
    }

    fn pass(&self, first: i64, second: i64, now: Epoch) -> i64 {
        let goes_on_in_second = match self.last {
            Some(last) => first <= last.micros() - OVERTAKEN,
            None => (now.micros() - second).abs() < FRESH,
        };
        if goes_on_in_second && second <= now.micros() + AHEAD { second } else { first }
    }

    /// With the name of a zone: the rule's own names first, for they also tell the two passes apart.
    fn named(&self, civil: i64, name: &str) -> Result<Epoch, EpochCause> {
        let (first, second) = self.passes(civil)?;
        for instant in [Some(first), second].into_iter().flatten() {
            let stamp = Timestamp::from_microsecond(instant).map_err(|_| EpochCause::NoSuchDate)?;
            if self.zone.to_offset_info(stamp).abbreviation() == name {
                return Ok(Epoch::from_micros(instant));
            }
        }
        let minutes = offset_of(name).ok_or(EpochCause::ZoneName)?;
        Ok(Epoch::from_micros(civil - minutes * 60 * SECOND))
    }

    /// The year and the day number that the zone's calendars show at `epoch`.
    fn year_and_day(&self, epoch: Epoch) -> Result<(i32, i64), EpochCause> {
        let stamp = Timestamp::from_microsecond(epoch.micros()).map_err(|_| EpochCause::NoSuchDate)?;
        let offset = self.zone.to_offset(stamp);
        let civil = epoch.micros() + i64::from(offset.seconds()) * SECOND;
        Ok((offset.to_datetime(stamp).year().into(), civil.div_euclid(DAY)))
    }
}

/// Minutes east of Greenwich for the names that mean one zone only. EST, CST, IST, BST and their like mean several.
fn offset_of(name: &str) -> Option<i64> {
    Some(match name {
        "UTC" | "GMT" | "UT" | "Z" | "z" | "WET" => 0,
        "CET" | "MEZ" | "WEST" => 60,
        "CEST" | "MESZ" | "EET" | "SAST" | "CAT" => 120,
        "EEST" | "MSK" | "EAT" => 180,
        "HKT" | "AWST" => 480,
        "JST" | "KST" => 540,
        "AEST" => 600,
        "AEDT" => 660,
        "NZST" => 720,
        "NZDT" => 780,
        "EDT" => -240,
        "MDT" => -360,
        "PDT" => -420,
        "AKDT" => -480,
        "AKST" => -540,
        "HST" => -600,
        _ => return None,
    })
}

fn time_of_day(fields: &Fields<'_>) -> Result<i64, EpochCause> {
    let hour = match fields.afternoon {
        Some(afternoon) => fields.hour % 12 + if afternoon { 12 } else { 0 },
        None => fields.hour,
    };
    // A leap second is the first of the next minute: Unix time has no other place for it.
    if hour > 23 || fields.minute > 59 || fields.second > 60 {
        return Err(EpochCause::NoSuchDate);
    }
    let seconds = i64::from(hour * 3600 + fields.minute * 60 + fields.second);
    Ok(seconds * SECOND + i64::from(fields.micros))
}

/// Days since the first of January 1970; none if the year has no such day.
fn day_number(year: i32, date: Date) -> Option<i64> {
    const BEFORE: [u32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    const LENGTH: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    if !(1..=9999).contains(&year) {
        return None;
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let in_year = match date {
        Date::DayOfYear(day) => (1..=365 + u32::from(leap)).contains(&day).then(|| day - 1)?,
        Date::MonthDay { month, day } => {
            let index = usize::try_from(month.checked_sub(1)?).ok()?;
            let length = LENGTH.get(index)? + u32::from(leap && month == 2);
            (1..=length).contains(&day).then(|| BEFORE[index] + u32::from(leap && month > 2) + day - 1)?
        }
    };
    let past = i64::from(year - 1);
    Some(past * 365 + past / 4 - past / 100 + past / 400 - 719_162 + i64::from(in_year))
}

fn datetime(civil: i64) -> Result<DateTime, EpochCause> {
    let stamp = Timestamp::from_microsecond(civil);
    let stamp = stamp.map_err(|_| {
        #[expect(clippy::cast_precision_loss, reason = "only shown")]
        Refusal::EpochRange(civil as f64)
    })?;
    Ok(jiff::tz::Offset::UTC.to_datetime(stamp))
}

#[cfg(test)]
mod tests {
    use jiff::civil;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn days_count_as_the_calendar_does(year in 1_i16..=9999, month in 1_i8..=13, day in 0_i8..=32) {
            let ours = day_number(year.into(), Date::MonthDay { month: month.unsigned_abs().into(), day: day.unsigned_abs().into() });
            let epoch = civil::date(1970, 1, 1);
            let theirs = civil::Date::new(year, month, day).ok().map(|date| i64::from((date - epoch).get_days()));
            prop_assert_eq!(ours, theirs);
        }
    }
}
