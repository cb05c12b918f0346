//! Times as logs write them, against a calendar that is not ours.

use jiff::{Timestamp, Zoned, tz::TimeZone};
use proptest::prelude::*;
use streamer_clock::Zone;
use streamer_lines::{CsvOptions, EpochRule, Format, FormatError, Layout, Options, Reader};
use streamer_reading::Epoch;

use crate::found::{NOW, line_at, of, regex, time};

/// Reads lines that are a time and a value.
fn stamps(format: &str, zone: &str) -> Reader {
    let columns = Some(vec!["t".into(), "v".into()]);
    let layout = Layout::Csv(CsvOptions { delimiter: '|', columns, ..CsvOptions::default() });
    of(&Options { epoch: time(format, zone), ..Options::new(layout) })
}

fn stamp_at(reader: &mut Reader, text: &str, now: Epoch) -> String {
    line_at(reader, &format!("{text}|1"), now).join(" ")
}

fn at(seconds: &str) -> String {
    format!("v=1@{seconds}")
}

/// What a stamp that cannot be read leaves: it is counted, and the value keeps the time of reading.
const UNREAD: &str = "!t epoch v=1";

#[test]
fn spellings() {
    // All of them are 20 September 2026, 10:00:00 UTC, most with a fraction.
    for (format, text, fraction) in [
        ("%d/%b/%Y:%H:%M:%S %z", "20/Sep/2026:12:00:00 +0200", "000000"),
        ("%d/%b/%Y:%H:%M:%S %z", "20/Sep/2026:12:00:00.5 +02:00", "500000"),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-09-20T10:00:00Z", "000000"),
        ("%Y-%m-%dT%H:%M:%S%:z", "2026-09-20T03:30:00-06:30", "000000"),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-09-20T12:00:00+02", "000000"),
        ("%m/%d/%Y %I:%M:%S %p", "09/20/2026 10:00:00 AM", "000000"),
        ("%m/%d/%y %l:%M:%S.%f %P", "9/20/26 10:00:00.000123 a.m.", "000123"),
        ("%A, %d. %B %Y, %T", "Sunday, 20. September 2026, 10:00:00,75", "750000"),
        ("%a %b %e %H:%M:%S %Y", "Sun Sep 20 10:00:00 2026", "000000"),
        ("%a %b %e %H:%M:%S %Z %Y", "Sun Sep 20 12:00:00 CEST 2026", "000000"),
        ("%d%b%Y %H%M%S", "20SEP2026 100000", "000000"),
        ("%Y%m%d%H%M%S%f", "20260920100000123", "123000"),
        ("%Y%j %H:%M", "2026263 10:00", "000000"),
        ("%s.%f", "1789898400.123456789", "123456"),
        ("%s", "1789898400", "000000"),
        ("unix", "1789898400,1", "100000"),
        ("unix_ms", "1789898400100", "100000"),
        ("unix_us", "1789898400000100", "000100"),
        ("unix_ns", "1789898400000100999", "000100"),
        ("rfc3339", "2026-09-20T10:00:00.1234567Z", "123456"),
        ("rfc3339", "2026-09-20 12:00:00,5+02:00", "500000"),
        ("rfc3339", "2026-09-20t10:00z", "000000"),
        ("rfc3339", "2026-09-20T10:00:00", "000000"),
        ("syslog", "Sep 20 10:00:00", "000000"),
        ("syslog", "Sep 20 2026 10:00:00.25", "250000"),
        ("syslog", "Sep 20 10:00:00 2026", "000000"),
        ("syslog", "2026-09-20T12:00:00.000001+02:00", "000001"),
        ("%H:%M:%S", "10:00:00", "000000"),
        ("%b %d %H:%M:%S", "Sept 20 10:00:00", "000000"),
        ("%F %T", "  2026-09-20   10:00:00  ", "000000"),
    ] {
        let now = Epoch::from_micros(1_789_900_000_000_000);
        assert_eq!(
            stamp_at(&mut stamps(format, "UTC"), text, now),
            at(&format!("1789898400.{fraction}")),
            "{format} {text}"
        );
    }
}

#[test]
fn what_is_no_time_is_counted() {
    for (format, text) in [
        ("%Y-%m-%d %H:%M:%S", "2026-02-29 10:00:00"),
        ("%Y-%m-%d %H:%M:%S", "2026-13-01 10:00:00"),
        ("%Y-%m-%d %H:%M:%S", "2026-00-01 10:00:00"),
        ("%Y-%m-%d %H:%M:%S", "2026-09-20 24:00:00"),
        ("%Y-%m-%d %H:%M:%S", "2026-09-20 10:00:61"),
        ("%Y-%m-%d %H:%M:%S", "2026-09-20 10:00:00 x"),
        ("%Y-%m-%d %H:%M:%S", "26-09-20 10:00:00"),
        ("%Y-%m-%d %H:%M:%S", "2026-09-20"),
        ("%Y-%m-%d %H:%M:%S", ""),
        ("%I:%M %p", "13:00 PM"),
        ("%I:%M %p", "0:00 AM"),
        ("%b %d %H:%M", "Mai 20 10:00"),
        ("%Y-%m-%d %H:%M:%S %z", "2026-09-20 10:00:00 +2"),
        ("%Y-%m-%d %H:%M:%S %z", "2026-09-20 10:00:00 +1960"),
        ("%Y-%m-%d %H:%M:%S %Z", "2026-09-20 10:00:00 IST"),
        ("%Y-%m-%d %H:%M:%S %Z", "2026-09-20 10:00:00 XYZ"),
        ("unix", "soon"),
        ("unix_ns", "99999999999999999999"),
        ("rfc3339", "2026-09-20T10"),
        ("syslog", "20 Sep 10:00:00"),
    ] {
        assert_eq!(stamp_at(&mut stamps(format, "UTC"), text, NOW), UNREAD, "{format} {text}");
    }
    assert_eq!(stamp_at(&mut stamps("unix", "UTC"), "1789898400000", NOW), "!t epoch_milliseconds v=1");
}

#[test]
fn noon_midnight_and_the_leap_second() {
    let mut reader = stamps("%Y-%m-%d %I:%M:%S %p", "UTC");
    assert_eq!(stamp_at(&mut reader, "2026-09-20 12:00:00 AM", NOW), at("1789862400.000000"));
    assert_eq!(stamp_at(&mut reader, "2026-09-20 12:00:00 PM", NOW), at("1789905600.000000"));
    assert_eq!(stamp_at(&mut reader, "2026-09-20 11:59:60 PM", NOW), at("1789948800.000000"));
}

#[test]
fn a_pattern_that_cannot_be_a_time_is_refused_when_it_is_made() {
    let epoch = time("%G-W%V", "UTC");
    let options = Options { epoch, ..Options::new(regex("(?P<t>.*) (?P<v>.*)")) };
    assert!(matches!(Format::new(&options), Err(FormatError::Epoch(_))));
}

#[test]
fn a_required_time_refuses_its_line() {
    let epoch = time("unix", "UTC").map(|rule| EpochRule { required: true, ..rule });
    let mut reader = of(&Options { epoch, ..Options::new(regex("(?P<t>.*) v=(?P<v>.*)")) });
    assert_eq!(line_at(&mut reader, "soon v=1", NOW), ["!line epoch_required"]);
}

#[test]
fn a_name_of_a_zone_counts_where_it_is_the_zone_s_own() {
    let pattern = "%Y-%m-%d %H:%M:%S %Z";
    // EST means several zones, but not in New York; and both passes of the hour have a name of their own.
    let mut reader = stamps(pattern, "America/New_York");
    assert_eq!(stamp_at(&mut reader, "2026-11-01 01:30:00 EST", NOW), at("1793514600.000000"));
    assert_eq!(stamp_at(&mut reader, "2026-11-01 01:30:00 EDT", NOW), at("1793511000.000000"));
    assert_eq!(stamp_at(&mut stamps(pattern, "UTC"), "2026-11-01 01:30:00 EST", NOW), UNREAD);
    assert_eq!(stamp_at(&mut stamps(pattern, "Asia/Kolkata"), "2026-01-01 05:30:00 IST", NOW), at("1767225600.000000"));
}

#[test]
fn an_hour_that_comes_twice_keeps_the_file_in_order() {
    // 25 October 2026 in Berlin: 02:00 to 03:00 comes twice. The first pass ends at 01:00 UTC.
    let now = Epoch::from_micros(1_793_000_000_000_000);
    let mut reader = stamps("%Y-%m-%d %H:%M:%S", "Europe/Berlin");
    for (text, seconds) in [
        ("2026-10-25 01:59:00", 1_792_886_340),
        ("2026-10-25 02:10:00", 1_792_887_000),
        ("2026-10-25 02:50:00.500", 1_792_889_400),
        // A thread that came a little late does not begin the second pass.
        ("2026-10-25 02:50:00", 1_792_889_400),
        ("2026-10-25 02:05:00", 1_792_890_300),
        ("2026-10-25 02:10:00", 1_792_890_600),
        ("2026-10-25 03:00:00", 1_792_893_600),
    ] {
        let found = stamp_at(&mut reader, text, now);
        assert!(found.starts_with(&at(&seconds.to_string())), "{text}: {found}");
    }
    // A new file begins with the first pass again, unless its first line was written just now.
    reader.restart();
    assert_eq!(stamp_at(&mut reader, "2026-10-25 02:05:00", now), at("1792886700.000000"));
    reader.restart();
    let second_pass = Epoch::from_micros(1_792_890_301_000_000);
    assert_eq!(stamp_at(&mut reader, "2026-10-25 02:05:00", second_pass), at("1792890300.000000"));
}

#[test]
fn an_hour_that_never_comes_is_read_by_the_old_rule() {
    let mut reader = stamps("%Y-%m-%d %H:%M:%S", "Europe/Berlin");
    // 29 March 2026: 02:30 by the winter's rule is 03:30 by the summer's.
    assert_eq!(stamp_at(&mut reader, "2026-03-29 02:30:00", NOW), at("1774747800.000000"));
    assert_eq!(stamp_at(&mut reader, "2026-03-29 03:30:00", NOW), at("1774747800.000000"));
    // Lord Howe Island moves its clocks by half an hour.
    let mut reader = stamps("%Y-%m-%d %H:%M:%S", "Australia/Lord_Howe");
    assert_eq!(stamp_at(&mut reader, "2026-10-04 02:15:00", NOW), stamp_at(&mut reader, "2026-10-04 02:45:00", NOW));
}

#[test]
fn years_that_are_not_written() {
    let mut reader = stamps("%b %e %H:%M:%S", "UTC");
    let mut read = |text: &str, now: &str| {
        let now: Timestamp = now.parse().unwrap();
        stamp_at(&mut reader, text, Epoch::from_micros(now.as_microsecond()))
    };
    let year = |text: &str| {
        let stamp: Timestamp = text.parse().unwrap();
        at(&format!("{}.000000", stamp.as_second()))
    };
    assert_eq!(read("Feb 29 12:00:00", "2026-09-21T00:00:00Z"), year("2024-02-29T12:00:00Z"));
    assert_eq!(read("Feb 29 12:00:00", "2103-09-21T00:00:00Z"), year("2096-02-29T12:00:00Z"));
    assert_eq!(read("Feb 30 12:00:00", "2026-09-21T00:00:00Z"), UNREAD);
    assert_eq!(read("Sep 21 01:00:00", "2026-09-21T00:00:00Z"), year("2026-09-21T01:00:00Z"));
    assert_eq!(read("Sep 21 01:00:01", "2026-09-21T00:00:00Z"), year("2025-09-21T01:00:01Z"));
    let mut reader = stamps("%H:%M", "Europe/Berlin");
    let now: Timestamp = "2026-09-21T22:30:00Z".parse().unwrap();
    let mut read = |text| stamp_at(&mut reader, text, Epoch::from_micros(now.as_microsecond()));
    assert_eq!(read("00:20"), year("2026-09-21T22:20:00Z"));
    assert_eq!(read("23:50"), year("2026-09-21T21:50:00Z"));
    assert_eq!(read("02:00"), year("2026-09-21T00:00:00Z"));
}

fn zones() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
}

proptest! {
    #[test]
    fn a_time_with_its_offset_comes_back(micros in 0_i64..4_000_000_000_000_000, zone in zones()) {
        let zoned = zoned(micros, zone);
        let text = format!("{}.{:06}{}", zoned.strftime("%Y-%m-%dT%H:%M:%S"), micros % 1_000_000, zoned.strftime("%:z"));
        let wanted = format!("v=1@{}", Epoch::from_micros(micros));
        prop_assert_eq!(&stamp_at(&mut stamps("rfc3339", "UTC"), &text, NOW), &wanted);
        prop_assert_eq!(&stamp_at(&mut stamps("%Y-%m-%dT%H:%M:%S.%f%z", "UTC"), &text, NOW), &wanted);
    }

    #[test]
    fn civil_times_in_order_come_back_in_every_zone(
        start in 1_400_000_000_i64..2_000_000_000, steps in prop::collection::vec(1_i64..2_000, 1..60), zone in zones(),
    ) {
        // Lines at most half an hour apart: through every change of the clocks the order tells which pass it is.
        let mut reader = stamps("%Y-%m-%d %H:%M:%S", zone);
        let mut second = start;
        for (count, step) in steps.into_iter().enumerate() {
            let zoned = zoned(second * 1_000_000, zone);
            let found = stamp_at(&mut reader, &zoned.strftime("%Y-%m-%d %H:%M:%S").to_string(), NOW);
            let ambiguous = !zoned.time_zone().to_ambiguous_timestamp(zoned.datetime()).offset().eq(&jiff::tz::AmbiguousOffset::Unambiguous { offset: zoned.offset() });
            // Only the first pass can be known to a file that begins within it.
            if ambiguous && (count == 0 || found != at(&format!("{second}.000000"))) {
                return Ok(());
            }
            prop_assert_eq!(found, at(&format!("{second}.000000")));
            second += step;
        }
    }

    #[test]
    fn a_time_without_its_year_is_never_in_the_future(
        now in 1_400_000_000_i64..4_000_000_000, ago in -3600_i64..31_000_000, zone in zones(),
    ) {
        let zoned = zoned((now - ago) * 1_000_000, zone);
        let unique = zoned.time_zone().to_ambiguous_timestamp(zoned.datetime()).is_ambiguous();
        prop_assume!(!unique);
        let mut reader = stamps("%b %e %H:%M:%S", zone);
        let text = zoned.strftime("%b %e %H:%M:%S").to_string();
        prop_assert_eq!(stamp_at(&mut reader, &text, Epoch::from_micros(now * 1_000_000)), at(&format!("{}.000000", now - ago)));
    }

    #[test]
    fn nothing_that_is_called_a_time_breaks_anything(text in "\\PC{0,40}", format in prop::sample::select(vec![
        "rfc3339", "syslog", "unix", "unix_ns", "%d/%b/%Y:%H:%M:%S %z", "%A %Z %p %I", "%b %e %T %Z",
    ])) {
        let mut reader = stamps(format, "Europe/Berlin");
        let found = stamp_at(&mut reader, &text, NOW);
        prop_assert!(found.contains("v=1") || found.starts_with("!line "), "{}", found);
    }

    #[test]
    fn any_pattern_is_taken_or_refused(pattern in "(%[A-Za-z%.:0-9]|[ -~ü]){0,12}", text in "[ -~]{0,30}") {
        let zone = Zone::utc();
        let epoch = Some(EpochRule { key: String::new(), format: pattern, zone, required: false });
        let layout = Layout::Line { key: crate::found::key("line") };
        if let Ok(format) = Format::new(&Options { epoch, ..Options::new(layout) }) {
            let found = line_at(&mut format.reader(), &format!("x{text}"), NOW);
            prop_assert!(found.iter().any(|item| item.starts_with("line=")));
        }
    }
}

fn zoned(micros: i64, zone: &str) -> Zoned {
    let tz: TimeZone = Zone::named(zone).unwrap().tz().clone();
    Timestamp::from_microsecond(micros).unwrap().to_zoned(tz)
}
