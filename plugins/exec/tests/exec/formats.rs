//! Outputs as programs write them.

use crate::bench::run;

fn printed(text: &str, options: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("output");
    std::fs::write(&file, text).unwrap();
    let round = run(&format!("command = ['cat', {:?}]\n{options}", file.to_str().unwrap()));
    let mut all = round.lines;
    all.extend(round.refused.iter().map(|refused| format!("refused {refused}")));
    all.extend(round.error.map(|error| format!("error {error}")));
    all
}

#[test]
fn a_value_is_the_whole_output() {
    assert_eq!(printed("21.5\n", ""), ["value 21.5"]);
    assert_eq!(printed("21.5", "key = 'air'"), ["air 21.5"]);
    assert_eq!(printed("  48.3'C \r\n", "strip = [\"'C\", 'F']"), ["value 48.3"]);
    assert_eq!(printed("007\n", ""), ["value 007"]);
    assert_eq!(printed("007\n", "types = { value = 'integer' }"), ["value 7"]);
    assert_eq!(printed("two\nlines\n", ""), ["value two\nlines"]);
    assert_eq!(printed("\n", ""), ["refused no_value value"]);
    assert_eq!(printed("9223372036854775808\n", ""), ["refused integer_too_large value"]);
}

#[test]
fn every_line_is_read_and_one_bad_line_costs_itself() {
    assert_eq!(printed("a\n\nb", "format = 'line'\nkey = 'log'"), ["log a", "log b"]);
    assert_eq!(
        printed("core: 1.2 V\nnothing here\nsdram=1.1V\n", "format = 'key_value'\nstrip = 'V'"),
        ["core 1.2", "sdram 1.1", "refused malformed"]
    );
    assert_eq!(printed("a=1;b=2", "format = 'key_value'\ndelimiter = ';'"), ["a 1", "b 2"]);
    assert_eq!(printed("level=info n=5 text=\"a b\"", "format = 'logfmt'"), ["level info", "n 5", "text a b"]);
    assert_eq!(
        printed(" 12:00:01 up 3 days, load\n", "format = 'regex'\npattern = 'up (?P<days>\\d+) days'"),
        ["days 3"]
    );
    assert_eq!(printed("a;b\n1;x\n2\n", "format = 'csv'\ndelimiter = ';'"), ["a 1", "b x", "refused cells"]);
    assert_eq!(printed("3,4\n", "format = 'csv'\ncolumns = ['x', '']"), ["x 3"]);
    assert_eq!(
        printed(
            "PUTVAL \"h/df-root/free\" interval=10 N:5:U\nPUTVAL h/load/load 1790000000:0.5\n",
            "format = 'collectd'"
        ),
        ["df-root_free_0 5", "load_load 0.5"]
    );
}

#[test]
fn a_head_is_looked_for_in_every_output() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("rows");
    let mut input = crate::bench::sampler(&format!("command = ['cat', {:?}]\nformat = 'csv'", file.to_str().unwrap()));
    for (rows, lines) in [("a,b\n1,2\n", ["a 1", "b 2"]), ("b,a\n3,4\n", ["b 3", "a 4"])] {
        std::fs::write(&file, rows).unwrap();
        assert_eq!(crate::bench::ask(&mut *input, std::time::Duration::from_secs(60)).lines, lines);
    }
}

#[test]
fn json_on_one_line_each_or_over_many() {
    assert_eq!(printed("{\"a\": 1}\n{\"b\": {\"c\": true}}\n", "format = 'json'"), ["a 1", "b_c true"]);
    assert_eq!(printed("{\n  \"a\": 1,\n  \"b\": [2, 3]\n}\n", "format = 'json'"), ["a 1", "b_0 2", "b_1 3"]);
    assert_eq!(
        printed("{\n\"a\": 1}\n", "format = 'json'\ndocument = false"),
        ["refused malformed", "refused malformed"]
    );
    assert_eq!(printed("{\"a\": 1}\n{\"a\": 2}", "format = 'json'\ndocument = true"), ["refused malformed"]);
    assert_eq!(printed("Traceback:\n  File x\n", "format = 'json'"), ["refused malformed", "refused malformed"]);
}

#[test]
fn epochs_are_those_of_the_lines() {
    let round = run("command = ['printf', '{\"time\": \"2026-03-05T06:00:01.5Z\", \"v\": 1}']\nformat = 'json'\n\
         epoch = { key = 'time', format = 'rfc3339' }");
    assert_eq!((round.lines, round.epochs), (vec!["v 1".to_owned()], vec!["1772690401.500000".to_owned()]));
}

#[test]
fn bytes_that_are_no_text_are_mended_and_counted() {
    let round = run("shell = 'printf \"a=\\\\377\\\\nb=1\\\\000\\\\nc=3\\\\n\"'\nformat = 'key_value'");
    assert_eq!(round.lines, ["a \u{fffd}", "b 1\u{fffd}", "c 3"]);
    assert_eq!(round.refused, ["invalid_utf8", "nul"]);
    assert!(run("command = ['head', '-c', '300000', '/dev/urandom']\nformat = 'key_value'").error.is_none());
}

#[test]
fn nagios_states_and_failures() {
    for (code, lines) in [(0, 1), (1, 1), (2, 1), (3, 0), (127, 0)] {
        let round = run(&format!("shell = 'echo \"OK | a=1\"; exit {code}'\nformat = 'nagios'"));
        assert_eq!((round.lines.len(), round.error.is_some()), (lines, lines == 0), "{code}");
    }
}
