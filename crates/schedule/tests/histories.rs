//! Schedules on clocks to which things happen: suspends, steps, slow readings, in thousands of random histories.

#![expect(clippy::unwrap_used, reason = "the shared steps of tests may panic like the tests do")]

use std::time::Duration;

use proptest::prelude::*;
use streamer_clock::{Moment, SinceBoot, Zone};
use streamer_reading::Epoch;
use streamer_schedule::{Rhythm, Schedule, Ticker, Timing};

const SECOND: u64 = 1_000_000;

fn at(wall_secs: i64, boot_micros: u64) -> Moment {
    Moment { wall: Epoch::from_secs(wall_secs).unwrap(), boot: SinceBoot::from_micros(boot_micros) }
}

fn step(now: Moment, micros: i64) -> Moment {
    Moment { wall: now.wall.plus_micros(micros), ..now }
}

fn start(text: &str, wall: Moment) -> Ticker {
    let cron = Timing::new(Rhythm::Cron(text.parse().unwrap()));
    Ticker::new(Schedule::new("an-input", cron, Zone::utc()).unwrap(), wall)
}

/// The moment at which the due tick comes, if nothing happens before.
fn come(ticker: &Ticker, now: Moment) -> Moment {
    now.plus(ticker.due().at.since(now.boot))
}

fn timing() -> impl Strategy<Value = Timing> {
    let every = prop_oneof![Just(1_000_u64), 1_001..60 * SECOND, 60 * SECOND..3_600 * SECOND, Just(86_400 * SECOND)];
    let interval = (every, any::<bool>(), 0..1_000_u64, 0..1_000_u64, any::<bool>()).prop_map(
        |(every, aligned, offset, jitter, run_at_start)| {
            let span = Duration::from_micros(every);
            Timing {
                rhythm: if aligned { Rhythm::Aligned(span) } else { Rhythm::Every(span) },
                offset: span.mul_f64(f64::from(u32::try_from(offset).unwrap()) / 1_000.0),
                jitter: span.mul_f64(f64::from(u32::try_from(jitter).unwrap()) / 1_001.0),
                run_at_start,
            }
        },
    );
    let texts = ["*/10 * * * * *", "*/10 * * * *", "30 2 * * *", "0 0 1 * *", "15 9-17 * * mon-fri", "*/5 2 * * *"];
    let cron =
        (prop::sample::select(texts.to_vec()), any::<bool>(), 0..100_u64).prop_map(|(text, run_at_start, jitter)| {
            let jitter = Duration::from_secs(jitter);
            Timing { run_at_start, jitter, ..Timing::new(Rhythm::Cron(text.parse().unwrap())) }
        });
    prop_oneof![interval, cron]
}

#[derive(Debug, Clone)]
enum Happening {
    /// The tick is taken up this many microseconds late.
    Run(u64),
    /// The machine sleeps.
    Suspend(u64),
    /// The wall clock is set.
    Step(i64),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => prop_oneof![0..2_000_u64, 0..20 * SECOND].prop_map(Happening::Run),
        1 => prop_oneof![1..100 * SECOND, 1..200_000 * SECOND].prop_map(Happening::Suspend),
        1 => prop_oneof![-2_000_000_i64..2_000_000, -400_000_000_000..400_000_000_000_i64, Just(1_600_000_000_000_000)]
            .prop_map(Happening::Step),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_run_no_burst_never_in_the_past(
        timing in timing(), wall in prop_oneof![Just(0_i64), Just(1_790_000_000), 1_774_700_000..1_774_900_000_i64],
        history in prop::collection::vec(happening(), 1..30), id in "[a-z]{1,8}", berlin in any::<bool>(),
    ) {
        let zone = if berlin { Zone::named("Europe/Berlin").unwrap() } else { Zone::utc() };
        let mut now = at(wall, 12 * SECOND + 345);
        let mut ticker = Ticker::new(Schedule::new(&id, timing.clone(), zone).unwrap(), now);
        prop_assert_eq!(ticker.due().at == now.boot, timing.run_at_start);
        for happening in history {
            match happening {
                Happening::Run(late) => {
                    let due = ticker.due();
                    prop_assume!(due.at != SinceBoot::NEVER);
                    now = come(&ticker, now).plus(Duration::from_micros(late));
                    let next = ticker.next(now);
                    prop_assert!(next.at > now.boot && next.at > due.at, "{:?} follows {:?} at {:?}", next, due, now);
                    prop_assert!(next.wall > now.wall);
                    prop_assert_eq!(next, ticker.due());
                }
                Happening::Suspend(micros) => {
                    now = now.plus(Duration::from_micros(micros));
                    // The kernel tells of a suspend as of a step.
                    let due = ticker.due();
                    let told = ticker.stepped(now);
                    prop_assert_eq!(told.at <= now.boot, due.at <= now.boot);
                }
                Happening::Step(micros) => {
                    now = step(now, micros);
                    let due = ticker.due();
                    let told = ticker.stepped(now);
                    match timing.rhythm {
                        Rhythm::Every(_) => prop_assert_eq!(told.at, due.at),
                        _ if due.wall > now.wall => prop_assert!(told.at > now.boot || timing.run_at_start),
                        _ => prop_assert!(told.wall <= now.wall || told.at > now.boot),
                    }
                }
            }
        }
    }

    #[test]
    fn an_interval_keeps_its_grid_through_everything(
        every in 1_000..7_200 * SECOND, history in prop::collection::vec(happening(), 1..40),
    ) {
        let timing = Timing::new(Rhythm::Every(Duration::from_micros(every)));
        let mut now = at(0, 9 * SECOND);
        let mut ticker = Ticker::new(Schedule::new("an-input", timing, Zone::utc()).unwrap(), now);
        let first = ticker.next(now);
        prop_assert!(first.at.since(now.boot) >= Duration::from_micros(every / 2));
        prop_assert!(first.at.since(now.boot) < Duration::from_micros(every + every / 2 + 1));
        for happening in history {
            match happening {
                Happening::Run(late) => {
                    now = come(&ticker, now).plus(Duration::from_micros(late));
                    let due = ticker.due();
                    let next = ticker.next(now);
                    let gaps = (next.at.micros() - due.at.micros()) / every;
                    prop_assert_eq!((next.at.micros() - first.at.micros()) % every, 0);
                    prop_assert_eq!(u64::from(next.missed), gaps - 1);
                    prop_assert!(next.at.since(now.boot) <= Duration::from_micros(every));
                }
                Happening::Suspend(micros) => now = now.plus(Duration::from_micros(micros)),
                Happening::Step(micros) => now = step(now, micros),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_lot_keeps_each_tick_in_its_own_gap(timing in timing(), wall in 1_774_700_000..1_774_900_000_i64, id in "[a-z]{1,8}") {
        let mut now = at(wall, 5 * SECOND);
        let mut ticker = Ticker::new(Schedule::new(&id, timing.clone(), Zone::utc()).unwrap(), now);
        for _ in 0..40 {
            let due = ticker.due();
            prop_assert_eq!(due.missed, 0);
            now = come(&ticker, now);
            prop_assert!(now.wall >= due.wall);
            let lot = u64::try_from(now.wall.micros() - due.wall.micros()).unwrap();
            prop_assert!(Duration::from_micros(lot) < timing.jitter.max(Duration::from_micros(1)));
            ticker.next(now);
        }
    }
}

#[test]
fn the_first_tick_leaves_half_an_interval_to_the_reading_at_the_start() {
    let minutes = Schedule::new("x", Timing::new(Rhythm::Aligned(Duration::from_secs(60))), Zone::utc()).unwrap();
    for (wall, first) in [(0, 60), (29, 60), (30, 60), (31, 120), (59, 120), (60, 120)] {
        let mut ticker = Ticker::new(minutes.clone(), at(wall, 0));
        assert_eq!(ticker.next(at(wall, 0)).wall, Epoch::from_secs(first).unwrap(), "from {wall}");
    }
    // An expression names its times one by one: none is left out.
    let timing = Timing { run_at_start: true, ..Timing::new(Rhythm::Cron("* * * * *".parse().unwrap())) };
    let mut ticker = Ticker::new(Schedule::new("x", timing, Zone::utc()).unwrap(), at(59, 0));
    assert_eq!(ticker.next(at(59, 0)).wall, Epoch::from_secs(60).unwrap());
}

#[test]
fn a_month_of_seconds_does_not_drift() {
    let timing = Timing::new(Rhythm::Every(Duration::from_secs(1)));
    let mut now = at(1_790_000_000, 33);
    let mut ticker = Ticker::new(Schedule::new("system", timing, Zone::utc()).unwrap(), now);
    let first = ticker.next(now);
    let month = 30 * 86_400;
    for tick in 1..=month {
        // Each one is taken up a little late.
        now = come(&ticker, now).plus(Duration::from_micros(tick % 900));
        ticker.next(now);
    }
    assert_eq!(ticker.due().at.since(first.at), Duration::from_secs(month));
}

#[test]
fn a_tick_that_a_step_passed_is_run_once_at_once() {
    let mut ticker = start("0 * * * *", at(3_600 * 11 + 60, 0));
    let now = step(at(3_600 * 11 + 60, 0), 2 * 3_600 * 1_000_000 + 300_000_000);
    let due = ticker.stepped(now);
    assert_eq!((due.at, due.wall), (now.boot, Epoch::from_secs(3_600 * 12).unwrap()));
    let next = ticker.next(now);
    assert_eq!((next.wall, next.missed), (Epoch::from_secs(3_600 * 14).unwrap(), 1));
}

#[test]
fn a_small_step_back_repeats_nothing_and_a_large_one_leaves_no_hole() {
    let noon = 3_600 * 12;
    let mut ticker = start("*/10 * * * *", at(noon - 60, 0));
    let now = come(&ticker, at(noon - 60, 0));
    ticker.next(now);
    // Half a second back: twelve o'clock comes again and is left out.
    let back = step(now, -500_000);
    assert_eq!(ticker.stepped(back).wall, Epoch::from_secs(noon + 600).unwrap());
    // Two hours back: the input goes on at the times that the clock now shows.
    let back = step(now, -2 * 3_600_000_000);
    assert_eq!(ticker.stepped(back).wall, Epoch::from_secs(noon - 7_200 + 600).unwrap());

    // A daily job is not run again the same day.
    let mut ticker = start("30 2 * * *", at(0, 0));
    let now = come(&ticker, at(0, 0));
    ticker.next(now);
    assert_eq!(ticker.stepped(step(now, -3_600_000_000)).wall, Epoch::from_secs(86_400 + 9_000).unwrap());
}

#[test]
fn a_tick_taken_up_on_a_clock_that_was_slewed_back_is_not_repeated() {
    let mut ticker = start("*/10 * * * *", at(3_540, 0));
    let now = step(come(&ticker, at(3_540, 0)), -200);
    assert_eq!(ticker.next(now).wall, Epoch::from_secs(4_200).unwrap());
}

#[test]
fn a_clock_that_showed_a_time_after_the_calendars_end_recovers() {
    let far = 4_300_000_000;
    let mut ticker = start("@daily", at(far, 0));
    assert_eq!(ticker.due().at, SinceBoot::NEVER);
    let now = step(at(far, 60), (1_790_000_000 - far) * 1_000_000);
    assert_eq!(ticker.stepped(now).wall, Epoch::from_secs(1_790_035_200).unwrap());
}
