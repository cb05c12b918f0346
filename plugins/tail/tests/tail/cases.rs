//! Cases that went wrong for people in the field, and what is right.

use std::fs;
use std::io::Write;

use streamer_plugin::Epoch;
use streamer_plugin::clock::Zone;

use crate::ground::Ground;

const ACCESS: &[u8] =
    b"192.0.2.10 - - [05/Mar/2026:06:00:01 +0100] \"GET /index.html HTTP/1.1\" 200 612 \"-\" \"Mozilla/5.0\"\n\
192.0.2.66 - - [05/Mar/2026:06:00:02 +0100] \"\\x16\\x03\\x01\\x02\\x00\" 400 150 \"-\" \"-\"\n\
192.0.2.66 - - [05/Mar/2026:06:00:03 +0100] \"\" 400 0 \"-\" \"-\"\n\
192.0.2.11 - - [05/Mar/2026:06:00:04 +0100] \"GET /old\" 200 17 \"-\" \"-\"\n\
192.0.2.12 - - [05/Mar/2026:06:00:05 +0100] \"GET /a HTTP/1.1\" 200 8073 \"-\" \"Tab 10\\\" Build/1 (X)\"\n\
192.0.2.13 - - [05/Mar/2026:06:00:06 +0100] \"GET /x y 500 9 z HTTP/1.1\" 404 162 \"-\" \"-\"\n\
192.0.2.14 - - [05/Mar/2026:06:00:07 +0100] \"HEAD / HTTP/1.1\" 304 - \"-\" \"curl/8\"\n\
192.0.2.15 - - [05/Mar/2026:06:00:08 +0100] \"GET /u HTTP/1.1\" 200 9 \"-\" \"\xff\xfeagent\"\n\
192.0.2.16 - jo ann [05/Mar/2026:06:00:09 +0100] \"GET / HTTP/1.1\" 401 179 \"-\" \"-\"\n";

/// Requests of scanners, no request, no protocol, quotes in the agent, no bytes, a user with a blank.
#[test]
fn odd_requests_in_an_access_log() {
    let ground = Ground::new(&["access.log"], "from = \"start\"\nformat = \"nginx\"\nfields = [\"status\", \"bytes\"]");
    ground.write("access.log", ACCESS);
    let found = ground.run(17);
    let of = |key: &str| found.iter().filter_map(|line| line.strip_prefix(key)?.parse().ok()).collect::<Vec<u64>>();
    assert_eq!(of("status "), [200, 400, 400, 200, 200, 404, 304, 200, 401]);
    assert_eq!(of("bytes "), [612, 150, 0, 17, 8073, 162, 9, 179]);
    let mut epochs: Vec<i64> = ground.heard.epochs().iter().map(|epoch| epoch.micros() / 1_000_000).collect();
    epochs.dedup();
    assert_eq!(epochs, (1_772_686_801..=1_772_686_809).collect::<Vec<i64>>());
    assert_eq!(ground.counted("invalid_utf8"), 1);
}

/// Times of several upstreams in one field are text as they stand, not their first number.
#[test]
fn lists_of_upstream_times() {
    let options = "from = \"start\"\nformat = \"regex\"\npattern = 'rt=(?P<rt>\\S+) urt=\"(?P<urt>[^\"]*)\"'";
    let ground = Ground::new(&["upstream.log"], options);
    ground.write(
        "upstream.log",
        "rt=0.016 urt=\"0.016\"\nrt=0.031 urt=\"0.000, 0.031\"\nrt=0.002 urt=\"-\"\nrt=0.050 urt=\"0.020 : 0.030\"\n",
    );
    let found = ground.run(8);
    let rt: Vec<&str> = found.iter().filter_map(|line| line.strip_prefix("rt ")).collect();
    assert_eq!(rt, ["0.016", "0.031", "0.002", "0.05"]);
    assert_eq!(found[1], "urt 0.016");
    assert!(!found.contains(&"urt 0".to_owned()) && !found.contains(&"urt 0.02".to_owned()));
}

/// Fractions behind a comma, of any length or none, about the change of the clocks in Berlin.
#[test]
fn fractions_behind_a_comma_in_local_time() {
    let options = r"from = 'start'
format = 'regex'
pattern = '^(?P<t>\S+ [\d:.,]+) \S+ \S+ temp=(?P<temp>\S+)$'
epoch = { key = 't', format = '%Y-%m-%d %H:%M:%S%.f', zone = 'Europe/Berlin' }";
    if Zone::named("Europe/Berlin").is_err() {
        // A machine without zones cannot say what time it was in Berlin.
        return;
    }
    let ground = Ground::new(&["app.log"], options);
    ground.write(
        "app.log",
        "2026-03-29 01:59:59,250 INFO [pool-1] temp=1.5\n2026-03-29 03:00:00,125 INFO [pool-1] temp=2.5\n\
         2026-07-15 12:20:46.788123 INFO [pool-1] temp=3.5\n2026-07-15 12:20:47,7 INFO [pool-1] temp=4.5\n\
         2026-07-15 12:20:48 INFO [pool-1] temp=5.5\n2026-01-15 12:20:48,001 INFO [pool-1] temp=6.5\n",
    );
    ground.run(6);
    let epochs: Vec<String> = ground.heard.epochs().iter().map(ToString::to_string).collect();
    let wanted = [
        "1774745999.250000",
        "1774746000.125000",
        "1784110846.788123",
        "1784110847.700000",
        "1784110848.000000",
        "1768476048.001000",
    ];
    assert_eq!(epochs, wanted);
}

/// Stamps of syslog have no year: the latest that is not ahead of now. The ground's now is 21 September 2026, 14:13:20.
#[test]
fn stamps_without_a_year() {
    let options = r"from = 'start'
format = 'regex'
pattern = '^(?P<t>\w{3} [ \d]\d [\d:]{8}) \S+ \S+ temp=(?P<temp>\S+)$'
epoch = { key = 't', format = '%b %e %H:%M:%S', zone = 'UTC' }";
    let now: i64 = 1_790_000_000;
    for (stamp, wanted) in [
        ("Sep 21 13:13:20", now - 3600),
        // Half an hour ahead: another machine's clock.
        ("Sep 21 14:43:20", now + 1800),
        ("Mar  5 14:13:20", now - 200 * 86_400),
        // Forty days ahead is last year's.
        ("Oct 31 14:13:20", now + 40 * 86_400 - 365 * 86_400),
        // The latest one that there was: 2024.
        ("Feb 29 12:00:00", 1_709_208_000),
    ] {
        let ground = Ground::new(&["syslog"], options);
        ground.write("syslog", format!("{stamp} pi sensord[7]: temp=1.5\n"));
        ground.run(1);
        assert_eq!(ground.heard.epochs(), [Epoch::from_micros(wanted * 1_000_000)], "{stamp}");
    }
}

/// Lines that reach the file in pieces, one of them across a rotation.
#[test]
fn lines_in_pieces() {
    let ground = Ground::new(&["p.log"], "from = \"start\"\nformat = \"regex\"\npattern = '^v=(?P<v>\\d+)$'");
    let mut writer = ground.open("p.log");
    let running = ground.start();
    writer.write_all(b"v=1").unwrap();
    writer.write_all(b"23\n").unwrap();
    ground.wait(1);
    writer.write_all(b"v=45").unwrap();
    ground.rename("p.log", "p.log.1");
    let mut next = ground.open("p.log");
    next.write_all(b"v=6\n").unwrap();
    ground.wait(2);
    writer.write_all(b"67\n").unwrap();
    drop(writer);
    ground.wait(3);
    next.write_all(b"v=8").unwrap();
    running.stop();
    assert_eq!(ground.sorted(), ["v 123", "v 4567", "v 6"]);
    next.write_all(b"9\n").unwrap();
    ground.run(4);
    assert_eq!(ground.sorted(), ["v 123", "v 4567", "v 6", "v 89"]);
}

/// Files that begin alike, and an inode used again for such a file.
#[test]
fn files_that_begin_alike() {
    let head = "time,temp\n0,20.0\n";
    let ground = Ground::new(&["*.csv"], "from = \"start\"\nformat = \"csv\"");
    ground.write("a.csv", format!("{head}1,21.1\n2,21.2\n"));
    ground.write("b.csv", format!("{head}1,31.1\n2,31.2\n"));
    ground.write("c.csv", "");
    ground.write("d.csv", "");
    let running = ground.start();
    ground.wait(12);
    fs::remove_file(ground.path("a.csv")).unwrap();
    ground.write("a.csv", format!("{head}3,41.3\n"));
    ground.append("c.csv", head);
    ground.append("d.csv", format!("{head}9,51.9\n"));
    ground.wait(22);
    running.stop();
    let temps: Vec<String> = ground.sorted().into_iter().filter(|line| line.starts_with("temp")).collect();
    let wanted =
        ["20", "20", "20", "20", "20", "21.1", "21.2", "31.1", "31.2", "41.3", "51.9"].map(|t| format!("temp {t}"));
    assert_eq!(temps, wanted);
    // The same while nobody looks, and onto the same inode.
    ground.write("b.csv", format!("{head}4,61.4\n5,61.5\n6,61.6\n"));
    ground.run(30);
    let temps = ground.heard.lines().into_iter().filter(|line| line.starts_with("temp")).skip(11).collect::<Vec<_>>();
    assert_eq!(temps, ["temp 20", "temp 61.4", "temp 61.5", "temp 61.6"]);
}
