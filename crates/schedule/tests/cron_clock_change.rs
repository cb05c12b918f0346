//! Runs around changes of the clock that other schedulers got wrong, with the instants that are right.
//!
//! The data was written for public bug reports: kelektiv/node-cron 563, sidekiq/sidekiq 5049, meteor/meteor-synced-cron
//! 152, vatesfr/xen-orchestra 4024, laravel/docs 3198 (minute jobs silent for an hour, daily jobs twice or not at all, a
//! scheduler that fired without pause), and zslayton/cron 145. It says what must run in a stretch of time, in UTC.

#![expect(clippy::unwrap_used, reason = "the shared steps of tests may panic like the tests do")]

use streamer_clock::{Moment, SinceBoot, Zone};
use streamer_reading::Epoch;
use streamer_schedule::{Rhythm, Schedule, Ticker, Timing};

fn instant(text: &str) -> Epoch {
    Epoch::from_micros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
}

#[test]
fn every_run_comes_and_no_other() {
    let cases: serde_json::Value = serde_json::from_str(include_str!("cron_clock_change.json")).unwrap();
    let cases = cases.as_array().unwrap();
    assert_eq!(cases.len(), 8);
    for case in cases {
        let text = |key: &str| case[key].as_str().unwrap();
        let timing = Timing::new(Rhythm::Cron(text("cron").parse().unwrap()));
        let schedule = Schedule::new("exec-date", timing, Zone::named(text("timezone")).unwrap()).unwrap();
        let (from, to) = (instant(text("from")), instant(text("to")));

        let mut now = Moment { wall: from.plus_micros(-1), boot: SinceBoot::from_micros(77) };
        let mut ticker = Ticker::new(schedule, now);
        let mut runs = Vec::new();
        while ticker.due().wall < to {
            let due = ticker.due();
            now = now.plus(due.at.since(now.boot));
            assert_eq!(now.wall, due.wall, "{case}");
            runs.push(now.wall);
            assert_eq!(ticker.next(now).missed, 0, "{case}");
        }
        if let Some(expected) = case["runs"].as_array() {
            let expected: Vec<_> = expected.iter().map(|run| instant(run.as_str().unwrap())).collect();
            assert_eq!(runs, expected, "{case}");
        } else {
            assert_eq!(u64::try_from(runs.len()).ok(), case["count"].as_u64(), "{case}");
        }
    }
}
