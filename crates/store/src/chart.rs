//! A series drawn from what is cheapest: single readings where the range is narrow, minutes or hours where it is wide.
//! The work of a chart is bounded whatever the store holds.

use std::ops::Range;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Result, params};
use streamer_reading::Epoch;

use crate::fresh;
use crate::occupied::Table;
use crate::rollups::Tally;
use crate::span::{MINUTES, Span};

/// Points of a chart, at most.
const MOST_PIXELS: u32 = 10_000;
/// Single readings looked at for one chart, at most; more than that are drawn from minutes.
const MOST_READINGS: u64 = 200_000;
/// Minutes looked at for one chart, at most (six weeks); more than that are drawn from hours, which then fill a chart
/// of a thousand pixels as well.
const MOST_MINUTES: i64 = 60_000;

/// Numbers of one key, gathered into points of one width.
///
/// A point holds all readings from its epoch to just before the next point's. Where the width is less than a minute it
/// was made of single readings; otherwise of whole minutes or whole hours, and then the first and the last point reach
/// to the ends of their minutes or hours, a little beyond what was asked for. There are never more points than pixels,
/// but there may be fewer: a width is rounded up to whole minutes or hours, and points without readings are left out.
/// Before the cut of retention only hours are left: there a point holds the hours that begin within it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chart {
    /// How much time a point stands for.
    pub width: Duration,
    /// In the order of time.
    pub points: Vec<Point>,
}

/// What the readings within one point were.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Where the point begins.
    pub epoch: Epoch,
    /// The least of them.
    pub min: f64,
    /// The greatest of them.
    pub max: f64,
    /// Their mean, each counted alike.
    pub mean: f64,
    /// The newest of them.
    pub last: f64,
    /// How many they are.
    pub count: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Source {
    Readings,
    Minutes,
    Hours,
}

pub(crate) fn draw(file: &Connection, stream: i64, from: Epoch, to: Epoch, pixels: u32) -> Result<Chart> {
    let asked = to.micros().saturating_sub(from.micros());
    if asked <= 0 || pixels == 0 {
        return Ok(Chart::default());
    }
    let pixels = i64::from(pixels.min(MOST_PIXELS));
    // One look at the file: what is committed meanwhile is not half seen, and locks are taken once.
    let _look = file.unchecked_transaction()?;
    let Some((first, last)) = extent(file, stream, from, to)? else { return Ok(Chart::default()) };

    let whole = (hours_before_cut(file)? * MINUTES).clamp(first, last + 1);
    let mut minutes = Vec::new();
    let mut source = Source::Hours;
    if last - whole < MOST_MINUTES {
        minutes = rollups(file, stream, Span::Minute, whole..last + 1)?;
        source = Source::Minutes;
        let readings: u64 = minutes.iter().map(|(_, tally)| tally.count).sum();
        if div_up(asked, pixels) < Span::Minute.micros() && readings <= MOST_READINGS {
            source = Source::Readings;
        }
    }
    let mut points = Points::new(from, to, pixels, source);
    let only_hours = source == Source::Hours || whole > last;
    if only_hours || whole > first {
        let hours_end = if only_hours { last.div_euclid(MINUTES) + 1 } else { whole.div_euclid(MINUTES) };
        for (hour, tally) in rollups(file, stream, Span::Hour, first.div_euclid(MINUTES)..hours_end)? {
            points.add(Span::Hour.at(hour, 0), &tally);
        }
    }
    for (minute, tally) in &minutes {
        match source {
            Source::Readings => add_readings(file, stream, *minute, from, to, &mut points)?,
            Source::Minutes | Source::Hours => points.add(Span::Minute.at(*minute, 0), tally),
        }
    }
    Ok(points.chart())
}

const fn div_up(number: i64, by: i64) -> i64 {
    number / by + (number % by > 0) as i64
}

/// The first and the last minute of the range that can hold anything of the stream.
fn extent(file: &Connection, stream: i64, from: Epoch, to: Epoch) -> Result<Option<(i64, i64)>> {
    let newest: Option<i64> =
        file.prepare_cached("SELECT epoch FROM streams WHERE id = ?1")?.query_row([stream], |row| row.get(0))?;
    let newest = newest.map(|epoch| Span::Minute.of(Epoch::from_micros(epoch)).0);
    let (newest, oldest) = match fresh::open(file)? {
        Some(block) => (
            newest.max(fresh::last_minute(file, block, stream)?),
            Table::Hours.first(file)?.into_iter().chain([block.hour()]).min(),
        ),
        None => (newest, Table::Hours.first(file)?),
    };
    // Every number has its hour, and hours go last.
    let (Some(newest), Some(oldest)) = (newest, oldest) else { return Ok(None) };
    let first = Span::Minute.of(from).0.max(oldest.saturating_mul(MINUTES));
    let last = Span::Minute.of(to.plus_micros(-1)).0.min(newest);
    Ok((first <= last).then_some((first, last)))
}

/// The hour from which on all readings and minutes are there; before it only hours are.
fn hours_before_cut(file: &Connection) -> Result<i64> {
    let cut: Option<i64> = file.prepare_cached("SELECT cut FROM retention")?.query_row([], |row| row.get(0))?;
    Ok(cut.map_or(i64::MIN / MINUTES, |minute| minute.div_euclid(MINUTES) + i64::from(minute.rem_euclid(MINUTES) > 0)))
}

/// The rollups of one stream. Each is looked up by itself: those of one span lie together, whatever their stream.
fn rollups(file: &Connection, stream: i64, span: Span, range: Range<i64>) -> Result<Vec<(i64, Tally)>> {
    let mut find = file.prepare_cached(match span {
        Span::Minute => {
            "SELECT min, max, sum, count, last, last_micros FROM settled_minutes WHERE minute = ?1 AND stream = ?2"
        }
        Span::Hour => {
            "SELECT min, max, sum, count, last, last_micros FROM settled_hours WHERE hour = ?1 AND stream = ?2"
        }
    })?;
    let table = match span {
        Span::Minute => Table::Minutes,
        Span::Hour => Table::Hours,
    };
    let mut found = Vec::new();
    let mut next = Some(range.start);
    while let Some(start) = next.filter(|start| *start < range.end) {
        next = match find.query_row([start, stream], Tally::from_row).optional()? {
            Some(tally) => {
                found.push((start, tally));
                Some(start + 1)
            }
            None => table.after(file, start)?,
        };
    }
    if let Some(block) = fresh::open(file)? {
        for (minute, tally) in fresh::tallies(file, block, stream)? {
            add_fresh(&mut found, span, &range, minute, &tally);
        }
    }
    Ok(found)
}

/// Takes in the numbers of one minute that are not settled yet, in the place of their span.
fn add_fresh(found: &mut Vec<(i64, Tally)>, span: Span, range: &Range<i64>, minute: i64, tally: &Tally) {
    let (number, from_start) = span.of(Span::Minute.at(minute, 0));
    if !range.contains(&number) {
        return;
    }
    let tally = Tally { last_micros: from_start + tally.last_micros, ..*tally };
    match found.binary_search_by_key(&number, |(number, _)| *number) {
        Ok(at) => found[at].1.merge(&tally),
        Err(at) => found.insert(at, (number, tally)),
    }
}

fn add_readings(
    file: &Connection,
    stream: i64,
    minute: i64,
    from: Epoch,
    to: Epoch,
    points: &mut Points,
) -> Result<()> {
    let within = |epoch: Epoch| epoch.micros().saturating_sub(Span::Minute.at(minute, 0).micros());
    let mut find = file.prepare_cached(if fresh::has(file, minute)? {
        "SELECT micros, value FROM fresh_readings WHERE minute = ?1 AND stream = ?2 AND micros >= ?3 AND micros < ?4
         ORDER BY micros, n"
    } else {
        "SELECT micros, value FROM settled_readings WHERE minute = ?1 AND stream = ?2 AND micros >= ?3 AND micros < ?4
         ORDER BY micros, n"
    })?;
    let mut rows = find.query(params![minute, stream, within(from), within(to)])?;
    while let Some(row) = rows.next()? {
        let number = match row.get_ref(1)? {
            ValueRef::Real(number) => number,
            #[expect(clippy::cast_precision_loss, reason = "a chart is drawn in floating point")]
            ValueRef::Integer(number) => number as f64,
            ValueRef::Text(_) | ValueRef::Blob(_) | ValueRef::Null => continue,
        };
        points.add(Span::Minute.at(minute, row.get(0)?), &Tally::of(number, 0));
    }
    Ok(())
}

/// Points as they fill, in the order of time.
struct Points {
    origin: i64,
    width: i64,
    filled: Vec<(i64, Tally)>,
}

impl Points {
    fn new(from: Epoch, to: Epoch, pixels: i64, source: Source) -> Self {
        let unit = match source {
            Source::Readings => 1,
            Source::Minutes => Span::Minute.micros(),
            Source::Hours => Span::Hour.micros(),
        };
        let origin = from.micros().div_euclid(unit).saturating_mul(unit);
        let per_pixel = div_up(to.micros().saturating_sub(origin), pixels);
        Self { origin, width: div_up(per_pixel, unit).saturating_mul(unit), filled: Vec::new() }
    }

    /// Takes in what begins at `epoch`, which is not before what came before it.
    fn add(&mut self, epoch: Epoch, tally: &Tally) {
        let place = epoch.micros().saturating_sub(self.origin).max(0) / self.width;
        let tally = Tally { last_micros: 0, ..*tally };
        match self.filled.last_mut() {
            Some((last, filled)) if *last == place => filled.merge(&tally),
            _ => self.filled.push((place, tally)),
        }
    }

    fn chart(self) -> Chart {
        let point = |(place, tally): (i64, Tally)| Point {
            epoch: Epoch::from_micros(self.origin.saturating_add(place * self.width)),
            min: tally.min,
            max: tally.max,
            #[expect(clippy::cast_precision_loss, reason = "a count of readings is far below 2^53")]
            // Rounding must not put the mean outside of what it is the mean of.
            mean: (tally.sum / tally.count as f64).clamp(tally.min, tally.max),
            last: tally.last,
            count: tally.count,
        };
        Chart {
            width: Duration::from_micros(self.width.unsigned_abs()),
            points: self.filled.into_iter().map(point).collect(),
        }
    }
}
