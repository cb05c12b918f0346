//! From the time on a kitchen clock to instants, where that clock is put forward and back.
//!
//! A pattern (a cron expression, multiples of an interval) is asked for readings of the kitchen clock only; the rules
//! for hours that are skipped or repeated stand here, once.

use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use streamer_clock::Zone;
use streamer_reading::Epoch;

/// A reading of a kitchen clock, in microseconds since it showed the first of January 1970.
pub(crate) type Local = i64;

/// What happens to readings that a change of the clock repeats or skips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passes {
    /// A repeated reading counts on its first pass only, a skipped one at the first instant after it.
    Once,
    /// A reading counts whenever the clock shows it: on both passes, and not at all when it is skipped.
    Every,
}

/// The first instant after `after` that `next` names: `next` gives the first reading of its pattern after a reading.
pub(crate) fn next(zone: &Zone, passes: Passes, after: Epoch, next: impl Fn(Local) -> Option<Local>) -> Option<Epoch> {
    let after = Timestamp::from_microsecond(after.micros()).ok()?;
    let at = match passes {
        Passes::Once => once(zone.tz(), after, next),
        Passes::Every => every(zone.tz(), after, next),
    }?;
    Some(Epoch::from_micros(at.as_microsecond()))
}

/// Piece by piece, each from one change of the clock to the next.
fn every(tz: &TimeZone, after: Timestamp, next: impl Fn(Local) -> Option<Local>) -> Option<Timestamp> {
    let (mut offset, mut from) = (tz.to_offset(after), after.as_microsecond());
    let mut reading = from + micros(offset);
    for change in tz.following(after) {
        let found = instant(next(reading)?, offset)?;
        if found < change.timestamp() {
            return Some(found);
        }
        (offset, from) = (change.offset(), change.timestamp().as_microsecond());
        // The reading at the change itself may be in the pattern.
        reading = from + micros(offset) - 1;
    }
    instant(next(reading)?, offset)
}

fn once(tz: &TimeZone, after: Timestamp, next: impl Fn(Local) -> Option<Local>) -> Option<Timestamp> {
    let found = next(highest(tz, after)?)?;
    match ambiguity(tz, found)? {
        AmbiguousOffset::Unambiguous { offset } => instant(found, offset),
        AmbiguousOffset::Fold { before, .. } => instant(found, before),
        // The change comes after the instant that the later offset makes of a skipped reading.
        AmbiguousOffset::Gap { after, .. } => {
            let before_change = instant(found, after)?;
            tz.following(before_change).find(|change| change.offset() == after).map(|change| change.timestamp())
        }
    }
}

/// The highest reading that the clock showed up to `at`: on the second pass it is where the first one ended.
fn highest(tz: &TimeZone, at: Timestamp) -> Option<Local> {
    let offset = tz.to_offset(at);
    let reading = at.as_microsecond() + micros(offset);
    match ambiguity(tz, reading)? {
        AmbiguousOffset::Fold { before, after } if after == offset => {
            let just_after = Timestamp::from_microsecond(at.as_microsecond() + 1).ok()?;
            let change = tz.preceding(just_after).find(|change| change.offset() == after)?;
            Some(change.timestamp().as_microsecond() + micros(before) - 1)
        }
        _ => Some(reading),
    }
}

fn ambiguity(tz: &TimeZone, reading: Local) -> Option<AmbiguousOffset> {
    let civil = TimeZone::UTC.to_datetime(Timestamp::from_microsecond(reading).ok()?);
    Some(tz.to_ambiguous_timestamp(civil).offset())
}

fn instant(reading: Local, offset: Offset) -> Option<Timestamp> {
    Timestamp::from_microsecond(reading - micros(offset)).ok()
}

fn micros(offset: Offset) -> i64 {
    i64::from(offset.seconds()) * 1_000_000
}
