//! What people write and what they read back: expressions, mistakes with their places, schedules in words.

#![expect(clippy::unwrap_used, reason = "the shared steps of tests may panic like the tests do")]

use std::time::Duration;

use streamer_clock::{Moment, SinceBoot, Zone};
use streamer_reading::Epoch;
use streamer_schedule::{Cron, CronError, Rhythm, Schedule, ScheduleError, Timing};

fn cron(text: &str) -> Cron {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn runs(text: &str, from: &str, count: usize) -> Vec<String> {
    let wall = Epoch::from_micros(from.parse::<jiff::Timestamp>().unwrap().as_microsecond());
    let now = Moment { wall, boot: SinceBoot::ZERO };
    let schedule = Schedule::new("an-input", Timing::new(Rhythm::Cron(cron(text))), Zone::utc()).unwrap();
    let runs = schedule.upcoming(now, count).into_iter();
    runs.map(|run| jiff::Timestamp::from_microsecond(run.micros()).unwrap().to_string()).collect()
}

#[test]
fn expressions_in_words() {
    for (text, words) in [
        ("* * * * *", "every minute"),
        ("* * * * * *", "every second"),
        ("*/10 * * * *", "every 10 minutes"),
        ("*/5 * * * * *", "every 5 seconds"),
        ("0 * * * *", "every hour"),
        ("0 */2 * * *", "every 2 hours"),
        ("15 * * * *", "at minute 15 of every hour"),
        ("15,45 9-11 * * *", "at minute 15, 45 of hour 9, 10, 11"),
        ("*/10 2 * * *", "every 10 minutes of hour 2"),
        ("30 5 * * * *", "at second 30 of minute 5 of every hour"),
        ("30 * * * * *", "at second 30 of every minute"),
        ("30 2 * * *", "at 02:30"),
        ("5 30 2,14 * * *", "at 02:30:05, 14:30:05"),
        ("@weekly", "at 00:00 on Sunday"),
        ("@yearly", "at 00:00 on day 1 of the month in January"),
        ("0 0 13 * 5", "at 00:00 on day 13 of the month or on Friday"),
        (
            "0 0 */2 * 5",
            "at 00:00 on day 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31 of the month that falls on Friday",
        ),
    ] {
        assert_eq!(cron(text).describe(), words, "{text}");
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    for (text, words, place) in [
        ("* * * *", "a cron expression has five or six fields ([second] minute hour day month weekday), not 4", None),
        ("", "a cron expression has five or six fields ([second] minute hour day month weekday), not 0", None),
        ("60 * * * *", "the minute \"60\" is not between 0 and 59", Some("60")),
        ("0 1,24 * * *", "the hour \"24\" is not between 0 and 23", Some("24")),
        ("0 0 0 * *", "the day of the month \"0\" is not between 1 and 31", Some("0 * *")),
        ("0 0 * foo *", "the month \"foo\" is no number and no name of three letters", Some("foo")),
        ("0 0 * * 8", "the weekday \"8\" is not between 0 and 7", Some("8")),
        ("x 0 * * *", "the minute \"x\" is no number", Some("x")),
        (
            "0 22-2 * * *",
            "the hour \"22-2\" runs backwards; give its two parts as a list, like \"22-23,0-2\"",
            Some("22-2"),
        ),
        ("*/0 * * * *", "the minute \"*/0\" has no step; a step is a whole number from 1", Some("*/0")),
        ("1,,2 * * * *", "the minute \"\" is no number", Some("")),
        ("0 0 L * *", "the day of the month \"L\" uses L, W or #, which are not understood here", Some("L")),
        ("0 0 * * 5#3", "the weekday \"5#3\" uses L, W or #, which are not understood here", Some("5#3")),
        ("-1 * * * *", "the minute \"-1\" is no number", Some("-1")),
        ("0 0 30 2 *", "it never fires: no day of the month of the named months is one of the named ones", None),
        ("0 0 31 4,6,9,11 *", "it never fires: no day of the month of the named months is one of the named ones", None),
        ("@reboot", "\"@reboot\" is no time; leave it out and set run_at_start = true", None),
        ("@every 5m", "\"@every\" is an interval; write interval = \"...\" instead of cron", None),
    ] {
        let error = text.parse::<Cron>().unwrap_err();
        assert_eq!(error.to_string(), words, "{text}");
        let shown = error.place().map(|place| &text[place.start..]);
        assert_eq!(shown.is_some(), place.is_some(), "{text}");
        assert!(shown.unwrap_or("").starts_with(place.unwrap_or("")), "{text}: {shown:?}");
    }
    assert!(matches!("@fortnightly".parse::<Cron>(), Err(CronError::Shorthand(_))));
    let place = "0  1,24 * * *".parse::<Cron>().unwrap_err().place();
    assert_eq!(place, Some(5..7), "blanks and list items before it count");
}

#[test]
fn unix_days() {
    // Sunday is 0, 7 and its name; 2026-11-29 is one.
    for text in ["0 0 * * 0", "0 0 * * 7", "0 0 * * SUN", "0 0 * * 6-7", "0 0 * * sat-sun"] {
        let run = runs(text, "2026-11-28T12:00:00Z", 1);
        assert_eq!(run, ["2026-11-29T00:00:00Z"], "{text}");
    }
    // Both day fields set: either will do. One with a star: both must match.
    assert_eq!(
        runs("0 0 13 * 5", "2026-11-01T00:00:00Z", 4),
        ["2026-11-06T00:00:00Z", "2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z", "2026-11-27T00:00:00Z"]
    );
    assert_eq!(
        runs("0 0 1 * 1", "2026-11-25T00:00:00Z", 3),
        ["2026-11-30T00:00:00Z", "2026-12-01T00:00:00Z", "2026-12-07T00:00:00Z"]
    );
    assert_eq!(runs("0 0 */2 * 5", "2026-11-01T00:00:00Z", 2), ["2026-11-13T00:00:00Z", "2026-11-27T00:00:00Z"]);
    // A day that a month lacks is not moved to another; a leap day waits for its year.
    assert_eq!(runs("0 0 31 * *", "2026-11-01T00:00:00Z", 1), ["2026-12-31T00:00:00Z"]);
    assert_eq!(runs("0 0 29 feb *", "2026-11-01T00:00:00Z", 1), ["2028-02-29T00:00:00Z"]);
    // A fifth Friday in a leap February comes once in 28 years.
    assert_eq!(runs("0 0 29 2 */5", "2026-11-01T00:00:00Z", 1), ["2032-02-29T00:00:00Z"]);
}

#[test]
fn schedules_in_words() {
    let berlin = || Zone::named("Europe/Berlin").unwrap();
    let says = |timing| Schedule::new("an-input", timing, berlin()).unwrap().describe();
    let ten = Duration::from_secs(10);
    assert_eq!(says(Timing::new(Rhythm::Every(ten))), "every 10s, and at the start");
    assert_eq!(
        says(Timing { offset: ten, jitter: ten, run_at_start: false, ..Timing::new(Rhythm::Aligned(ten * 540)) }),
        "every 1h 30m by the clock (Europe/Berlin), moved by 10s, up to 10s late"
    );
    assert_eq!(says(Timing::new(Rhythm::Cron(cron("30 2 * * *")))), "at 02:30 (Europe/Berlin)");
}

#[test]
fn timings_that_contradict_themselves() {
    let ten = Duration::from_secs(10);
    let refused = |timing| Schedule::new("an-input", timing, Zone::utc()).unwrap_err();
    assert_eq!(
        refused(Timing::new(Rhythm::Every(Duration::ZERO))).to_string(),
        "the interval 0s is too short; the shortest is 1ms"
    );
    assert_eq!(
        refused(Timing { jitter: ten * 2, ..Timing::new(Rhythm::Aligned(ten)) }).to_string(),
        "the jitter of 20s is not shorter than the interval of 10s"
    );
    let moved = Timing { offset: ten, ..Timing::new(Rhythm::Cron(cron("@hourly"))) };
    assert_eq!(refused(moved), ScheduleError::OffsetOfCron);
}
