//! What one line costs, for the layouts that stand on the hot path: `cargo run --release -p streamer-lines --example cost_of_a_line`.
//!
//! It prints nanoseconds a line, the best of several rounds. A figure belongs to the machine that it was taken on.

use std::hint::black_box;

use streamer_clock::{Clock, Zone};
use streamer_lines::{AccessField, CsvOptions, EpochRule, Format, FormatError, Layout, Options, PairOptions};
use streamer_reading::Key;

const ROUNDS: usize = 20;
const LINES: usize = 20_000;

fn main() -> Result<(), FormatError> {
    let clock = Clock::system();
    let head = r#"192.0.2.10 - - [05/Mar/2026:06:00:01 +0100] "GET /index.html HTTP/1.1" 200 612 "-" "Mozilla/5.0""#;
    let pattern = |pattern: &str| Options::new(Layout::Regex { pattern: pattern.into() });
    let timed = |options: Options, format: &str, zone: Zone| {
        let epoch = Some(EpochRule { key: "t".into(), format: format.into(), zone, required: false });
        Options { epoch, ..options }
    };
    let two = r"(?P<status>\d{3}) (?P<bytes>\d+)$";
    let local = Zone::named("Europe/Berlin").unwrap_or_else(|_| Zone::utc());
    let logged = r"^(?P<t>\S+ \S+) \S+ temp=(?P<temp>\S+)$";
    let syslog = r"^(?P<t>\w{3} [ \d]\d [\d:]{8}) \S+ \S+ temp=(?P<temp>\S+)$";
    let columns = (1..=5).map(|count| format!("c{count}")).collect();
    let csv = CsvOptions { columns: Some(columns), ..CsvOptions::default() };
    let bare = AccessField::DEFAULT[..2].to_vec();
    let cases = [
        ("whole line", head, Options::new(Layout::Line { key: Key::new("line")? })),
        (
            "whole line, syslog time",
            "Mar  5 06:00:01 pi x: up",
            timed(Options::new(Layout::Line { key: Key::new("line")? }), "syslog", Zone::utc()),
        ),
        ("regex, two fields", "GET /index.html HTTP/1.1 200 612", pattern(two)),
        (
            "regex, two fields of 105 bytes",
            "192.0.2.10 - - [05/Mar/2026:06:00:01 +0100] \"GET /index.html HTTP/1.1\" \"-\" \"Mozilla/5.0 (X11)\" 200 61234",
            pattern(two),
        ),
        (
            "regex, time in Berlin",
            "2026-03-05 06:00:01,250 INFO temp=21.5",
            timed(pattern(logged), "%Y-%m-%d %H:%M:%S", local),
        ),
        ("regex, syslog time", "Mar  5 06:00:01 pi x: temp=21.5", timed(pattern(syslog), "syslog", Zone::utc())),
        (
            "json, five keys",
            r#"{"temp":21.5,"hum":40,"on":true,"name":"shed","id":2882429806056571124}"#,
            Options::new(Layout::Json { whole: false }),
        ),
        ("csv, five columns", "1,21.5,40.25,open,1790000000", Options::new(Layout::Csv(csv))),
        (
            "logfmt, three pairs",
            "temp=21.5 hum=40 state=\"very wet\"",
            Options::new(Layout::Pairs(PairOptions::logfmt())),
        ),
        (
            "influx, two fields",
            "m,site=a temp=21.5,n=3i 1790000000000000000",
            Options::new(Layout::Influx(Default::default())),
        ),
        ("nginx, status and bytes", head, Options::new(Layout::AccessLog { fields: bare })),
        ("nginx, four fields", head, Options::new(Layout::AccessLog { fields: AccessField::DEFAULT.to_vec() })),
    ];
    for (name, line, options) in cases {
        let mut reader = Format::new(&options)?.reader();
        let now = clock.wall();
        let mut readings = 0;
        let mut best = f64::INFINITY;
        for _ in 0..ROUNDS {
            let start = clock.boot();
            for _ in 0..LINES {
                reader.read_line(black_box(line), now, &mut |item| {
                    black_box(&item);
                    readings += 1;
                });
            }
            let nanos = clock.boot().since(start).as_secs_f64() * 1e9;
            #[expect(clippy::cast_precision_loss, reason = "a small number")]
            let each = nanos / LINES as f64;
            best = best.min(each);
        }
        say(&format!("{name:32} {best:7.0} ns  {} items", readings / (ROUNDS * LINES)));
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "an example speaks to the person who runs it")]
fn say(line: &str) {
    println!("{line}");
}
