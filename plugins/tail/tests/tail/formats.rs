//! Formats that know more than one line: heads, quotes, times; and what is wrong in the options.

use streamer_plugin::testkit::{Bench, BuildError};
use streamer_tail::PLUGIN;

use crate::ground::Ground;

#[test]
fn a_head_is_known_in_the_middle_of_its_file_and_behind_a_rotation() {
    let ground = Ground::new(&["a.csv"], "from = \"start\"\nformat = \"csv\"");
    ground.write("a.csv", "time,temp\n1,20.5\n");
    ground.run(2);
    ground.append("a.csv", "2,21.5\n");
    ground.run(4);
    // Rotated by rename, with a head; and then, while nobody was looking, without one.
    ground.rename("a.csv", "a.csv.1");
    ground.write("a.csv", "time,temp\n3,22.5\n");
    ground.run(6);
    ground.rename("a.csv", "a.csv.2");
    ground.write("a.csv", "4,23.5\n");
    ground.run(8);
    ground.append("a.csv", "5,24.5\n");
    ground.run(10);
    ground.write("a.csv", "temp,time\n25.5,6\n");
    ground.run(12);
    let temps: Vec<String> = ground.heard.lines().into_iter().filter(|line| line.starts_with("temp")).collect();
    assert_eq!(temps, ["temp 20.5", "temp 21.5", "temp 22.5", "temp 23.5", "temp 24.5", "temp 25.5"]);
}

#[test]
fn begun_at_the_end_under_a_head() {
    let ground = Ground::new(&["a.csv"], "format = \"csv\"\ndelimiter = \";\"");
    ground.write("a.csv", "time;temp\n1;20.5\n");
    let running = ground.start();
    ground.wait_until("a place", || ground.places().len() == 1);
    ground.append("a.csv", "2;21.5\n");
    ground.wait(2);
    running.stop();
    assert_eq!(ground.heard.lines(), ["time 2", "temp 21.5"]);
}

#[test]
fn a_quoted_line_end_is_committed_as_a_whole() {
    let ground = Ground::new(&["a.csv"], "from = \"start\"\nformat = \"csv\"");
    ground.write("a.csv", "n,text\n1,\"two\n");
    let running = ground.start();
    ground.wait_until("a place", || ground.places().len() == 1);
    running.stop();
    ground.append("a.csv", "lines\"\n2,one\n");
    assert_eq!(ground.run(4), ["n 1", "text two\nlines", "n 2", "text one"]);
}

#[test]
fn each_format_reads_its_lines() {
    for (options, line, wanted) in [
        ("", "whatever", vec!["line whatever"]),
        ("format = \"line\"\nkey = \"log\"", "whatever", vec!["log whatever"]),
        ("format = \"value\"\nkey = \"t\"\nstrip = [\"C\"]", "21.5C", vec!["t 21.5"]),
        ("format = \"regex\"\npattern = 'a=(?P<a>\\d+)'", "x a=5", vec!["a 5"]),
        ("format = \"json\"", "{\"a\": {\"b\": 1}, \"c\": true}", vec!["a_b 1", "c true"]),
        ("format = \"key_value\"", "a: 1, b: 2", vec!["a 1", "b 2"]),
        ("format = \"logfmt\"", "a=1 b=\"x y\"", vec!["a 1", "b x y"]),
        ("format = \"influx\"\nnames = \"field\"", "w,s=n t=1i 1790000000000000000", vec!["t 1"]),
        (
            "format = \"apache\"\nfields = [\"status\"]",
            "::1 - - [05/Mar/2026:06:00:01 +0100] \"GET / HTTP/1.1\" 200 5",
            vec!["status 200"],
        ),
    ] {
        let ground = Ground::new(&["a.log"], &format!("from = \"start\"\n{options}"));
        ground.write("a.log", format!("{line}\n"));
        assert_eq!(ground.run(wanted.len()), wanted, "{options}");
    }
}

#[test]
fn mistakes_are_told_by_their_option() {
    let bench = Bench::new("/");
    for (options, option) in [
        ("files = []", "files"),
        ("files = [\"a\"]\nform = \"x\"", "form"),
        ("files = [\"a\"]\nformat = \"regex\"\npattern = '('", "pattern"),
        ("files = [\"a\"]\nformat = \"regex\"\npattern = 'a'", "pattern"),
        ("files = [\"a\"]\nformat = \"csv\"\ndelimiter = '\"'", "delimiter"),
        ("files = [\"a\"]\nepoch = { format = \"%Q\" }", "epoch.format"),
        ("files = [\"a\"]\nepoch = { format = \"syslog\", zone = \"Mars/Base\" }", "epoch.zone"),
        ("files = [\"a\"]\nmultiline = { }", "multiline"),
        ("files = [\"a\"]\nmultiline = { starts = '(' }", "multiline.starts"),
        ("files = [\"a\"]\nmax_line = \"2MB\"", "max_line"),
        ("files = [\"a\"]\npoll = \"0s\"", "poll"),
    ] {
        let Err(BuildError::Options(faults)) = bench.options(&PLUGIN, options) else { panic!("{options} is accepted") };
        assert!(faults.iter().any(|fault| fault.option == option), "{options}: {faults:?}");
    }
}

#[test]
fn it_claims_its_files() {
    let bench = Bench::new("/");
    let options = bench.options(&PLUGIN, "files = [\"/var/log/*.log\", \"/b.log\"]").unwrap();
    assert_eq!(options.claims().len(), 2);
    assert_eq!(options.natural_key(), "*.log");
    assert!(options.can_wait());
}
