//! Schedules against a walker that is too slow to be wrong: it looks at every second of the clock on the wall.
//!
//! The walker shares nothing with the crate under test: it reads expressions with a loop of its own, and asks the zone
//! what the clock shows at each second, instead of searching the calendar and working back to instants.

#![expect(clippy::unwrap_used, reason = "the shared steps of tests may panic like the tests do")]

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use streamer_clock::{Moment, SinceBoot, Zone};
use streamer_reading::Epoch;
use streamer_schedule::{Rhythm, Schedule, Ticker, Timing};

const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "America/Santiago",
    "Africa/Casablanca",
];

/// Longer than any hour that is repeated.
const EARLIER: i64 = 14_400;

/// Whether one field, in numbers only, names `number`.
fn names(field: &str, min: i64, max: i64, number: i64) -> bool {
    field.split(',').any(|item| {
        let (body, step) = item.split_once('/').unwrap_or((item, "1"));
        let (low, high) = match body.split_once('-') {
            Some((low, high)) => (low.parse().unwrap(), high.parse().unwrap()),
            None if body == "*" => (min, max),
            None => (body.parse().unwrap(), if item.contains('/') { max } else { body.parse().unwrap() }),
        };
        (low..=high).contains(&number) && (number - low) % step.parse::<i64>().unwrap() == 0
    })
}

fn matches(expression: &str, shown: DateTime) -> bool {
    let fields: Vec<_> = expression.split(' ').collect();
    let [second, minute, hour, day, month, weekday] = fields[..] else { panic!("six fields") };
    let sunday_first = i64::from(shown.weekday().to_sunday_zero_offset());
    let by_day = names(day, 1, 31, shown.day().into());
    let by_weekday =
        names(weekday, 0, 6, sunday_first) || names(weekday, 0, 7, 7) && sunday_first == 0 && weekday.contains('7');
    let days =
        if day.starts_with('*') || weekday.starts_with('*') { by_day && by_weekday } else { by_day || by_weekday };
    days && names(second, 0, 59, shown.second().into())
        && names(minute, 0, 59, shown.minute().into())
        && names(hour, 0, 23, shown.hour().into())
        && names(month, 1, 12, shown.month().into())
}

/// Every run in (`from`, `to`], in seconds, looking every `step` seconds.
fn walk(expression: &str, zone: &TimeZone, from: i64, to: i64, step: usize) -> Vec<i64> {
    let shown = |at: i64| zone.to_datetime(Timestamp::from_second(at).unwrap());
    let hour = expression.split(' ').nth(2).unwrap();
    let by_elapsed = hour.contains('*') || hour.contains('/') || hour == "0-23";
    let mut runs = Vec::new();
    // Begin hours early, so that the highest time shown so far is known.
    let mut highest = shown(from - EARLIER);
    for at in (from - EARLIER..=to).step_by(step) {
        let now = shown(at);
        let run = if by_elapsed {
            matches(expression, now)
        } else {
            // What the clock leaps over is made up for, once, on landing; what it shows again is over.
            let mut run = false;
            let mut reading = highest;
            while reading < now {
                reading = reading.checked_add(Duration::from_secs(u64::try_from(step).unwrap())).unwrap();
                run |= matches(expression, reading);
            }
            run
        };
        highest = highest.max(now);
        if run && at > from {
            runs.push(at);
        }
    }
    runs
}

fn moment(secs: i64) -> Moment {
    Moment { wall: Epoch::from_secs(secs).unwrap(), boot: SinceBoot::from_micros(5_000_000) }
}

/// Every run in (`from`, `to`] as the crate has it.
fn ticks(timing: Timing, zone: &Zone, from: i64, to: i64) -> Vec<i64> {
    let mut now = moment(from);
    let mut ticker = Ticker::new(Schedule::new("an-input", timing, zone.clone()).unwrap(), now);
    let mut runs = Vec::new();
    loop {
        let due = ticker.due();
        assert!(due.at > now.boot || runs.is_empty(), "the next tick lies in the future");
        if due.at == SinceBoot::NEVER || due.wall > Epoch::from_secs(to).unwrap() {
            return runs;
        }
        now = now.plus(due.at.since(now.boot));
        assert_eq!(now.wall, due.wall);
        assert_eq!(now.wall.micros() % 1_000_000, 0);
        runs.push(now.wall.micros() / 1_000_000);
        assert_eq!(ticker.next(now).missed, 0);
    }
}

/// The first runs that are not the same, to be read by a person.
fn difference(ours: &[i64], walked: &[i64]) -> Option<(Option<i64>, Option<i64>)> {
    let pairs = (0..ours.len().max(walked.len())).map(|place| (ours.get(place).copied(), walked.get(place).copied()));
    pairs.into_iter().find(|(ours, walked)| ours != walked)
}

/// Instants around which zones change their clocks, or change of day, month and year matter.
fn starts(zone: &TimeZone) -> Vec<i64> {
    let begin = Timestamp::from_second(1_767_225_600).unwrap();
    let changes = zone.following(begin).take(6).map(|change| change.timestamp().as_second() / 60 * 60 - 5 * 3_600);
    changes.chain([1_767_225_600 - 7_200, 1_772_323_200, 1_835_395_200 - 3_600]).collect()
}

fn field(min: u8, max: u8) -> impl Strategy<Value = String> {
    let number = min..=max;
    prop_oneof![
        3 => Just("*".to_owned()),
        3 => number.clone().prop_map(|n| n.to_string()),
        1 => (2..=max).prop_map(|step| format!("*/{step}")),
        1 => (number.clone(), 2..=max).prop_map(|(low, step)| format!("{low}/{step}")),
        1 => (number.clone(), number.clone()).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        1 => (number.clone(), number.clone(), 2..=max).prop_map(|(a, b, step)| format!("{}-{}/{step}", a.min(b), a.max(b))),
        2 => proptest::collection::vec(number, 1..4)
            .prop_map(|all| all.iter().map(u8::to_string).collect::<Vec<_>>().join(",")),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    // Seconds and hours are what the changes of the clock are about; days are mostly left open, so that runs come.
    let second = prop_oneof![4 => Just("0".to_owned()), 1 => field(0, 59)];
    let hour = prop_oneof![2 => Just("2".to_owned()), 1 => Just("1-3".to_owned()), 1 => Just("3".to_owned()), 1 => Just("0".to_owned()), 4 => field(0, 23)];
    let day = prop_oneof![3 => Just("*".to_owned()), 1 => field(1, 31)];
    let month = prop_oneof![4 => Just("*".to_owned()), 1 => field(1, 12)];
    let weekday = prop_oneof![3 => Just("*".to_owned()), 1 => field(0, 6), 1 => Just("5-7".to_owned())];
    (second, field(0, 59), hour, day, month, weekday)
        .prop_map(|(s, m, h, d, mo, w)| format!("{s} {m} {h} {d} {mo} {w}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cron_runs_when_the_clock_on_the_wall_says_so(
        expression in expression(), zone in 0..ZONES.len(), start in any::<prop::sample::Index>(), shift in -120_i64..420,
    ) {
        let zone = Zone::named(ZONES[zone]).unwrap();
        let from = start.get(&starts(zone.tz())) + shift * 60;
        // A day and a bit, the change of the clock in it; less where each second has to be looked at.
        let (step, to) = if expression.starts_with("0 ") { (60, from + 100_000) } else { (1, from + 30_000) };
        match expression.parse() {
            Ok(cron) => {
                let runs = ticks(Timing::new(Rhythm::Cron(cron)), &zone, from, to);
                let walked = walk(&expression, zone.tz(), from, to, step);
                prop_assert_eq!(difference(&runs, &walked), None, "{} in {}", expression, zone);
            }
            // Only a day that no month has is refused.
            Err(refused) => prop_assert_eq!(refused, streamer_schedule::CronError::Never, "{}", expression),
        }
    }

    #[test]
    fn aligned_intervals_tick_when_the_clock_shows_a_multiple(
        every in prop_oneof![Just(1_u64), Just(7), Just(60), Just(420), Just(600), Just(900), Just(1_800), Just(3_600),
            Just(7_200), Just(10_800), Just(43_200), Just(86_400)],
        zone in 0..ZONES.len(), start in any::<prop::sample::Index>(), shift in -7_200_i64..25_200,
    ) {
        let zone = Zone::named(ZONES[zone]).unwrap();
        let from = start.get(&starts(zone.tz())) + shift;
        let to = from + if every < 60 { 20_000 } else { 100_000 };
        let timing = Timing { run_at_start: false, ..Timing::new(Rhythm::Aligned(Duration::from_secs(every))) };
        let runs = ticks(timing, &zone, from, to);
        let reading = |at: i64| at + i64::from(zone.tz().to_offset(Timestamp::from_second(at).unwrap()).seconds());
        let every = i64::try_from(every).unwrap();
        let mut highest = reading(from - EARLIER);
        let mut expected = Vec::new();
        for at in from - EARLIER + 1..=to {
            let now = reading(at);
            let run = if every <= 3_600 { now % every == 0 } else { now > highest && now / every > highest / every };
            highest = highest.max(now);
            if run && at > from {
                expected.push(at);
            }
        }
        prop_assert_eq!(difference(&runs, &expected), None, "every {} s in {}", every, zone);
    }
}
