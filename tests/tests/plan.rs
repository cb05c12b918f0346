//! `streamer plan`: text in, text out. The numbers beside it were worked out by hand from the service's documents.

use streamer_tests::program::Home;

const TWO_BUCKETS: &str = r#"
[outputs.initial_state]
access_key = "ist_Xq7nEverSeen93"
[outputs.local]
[buckets.house]
outputs = ["initial_state"]
[buckets.garden]
[[inputs.system]]
bucket = "house"
interval = "1s"
[[inputs.exec]]
id = "valve"
bucket = "garden"
cron = "0 */15 * * * *"
command = ["echo", "1"]
format = "value"
key = "valve"
"#;

fn planned(config: &str, arguments: &[&str], code: i32) -> String {
    let home = Home::with_config(config);
    let arguments: Vec<&str> = ["plan"].iter().chain(arguments).copied().collect();
    let finished = home.run(&arguments).expect_code(code);
    assert!(!(finished.stdout + &finished.stderr).contains("ist_Xq7n"), "the key is shown");
    home.run(&arguments).expect_code(code).stdout
}

#[test]
fn what_holds_and_what_does_not() {
    let text = planned(TWO_BUCKETS, &["--per-read", "system=40", "--per-read", "valve=2"], 0);
    // 40 x 86,400 = 3,456,000; 2 x 96 = 192. 3,456,192 a day are 40.002 a second: 40 full calls in 10 s.
    assert_eq!(
        text,
        "account at https://groker.init.st
  bucket house through initial_state
    system: 40 readings (as given), 86,400 times a day: 3,456,000 a day
  bucket garden through initial_state
    valve: 2 readings (as given), 96 times a day: 192 a day
  in all 3,456,192 readings a day, 107,141,952 a month of 31 days, 40.0 full calls in 10 s
  tier student: 10 calls in 10 s, 3,000,000 a month: does not hold: needs 40.0 calls in 10 s, so the backlog would only grow; used up after 0.9 days of a month
    to change: read system every 36s or less often, or send 35.7 times less in all: longer intervals, or `on_change` and `drop` rules
  tier individual: 30 calls in 10 s, 3,000,000 a month: does not hold: needs 40.0 calls in 10 s, so the backlog would only grow; used up after 0.9 days of a month
    to change: read system every 36s or less often, or send 35.7 times less in all: longer intervals, or `on_change` and `drop` rules
  tier enterprise: 60 calls in 10 s, no monthly cap: holds, 67 % used
"
    );
    // What it advises is enough, and one second less is not.
    let advised = |interval: &str| TWO_BUCKETS.replace("interval = \"1s\"", &format!("interval = \"{interval}\""));
    let known = ["--per-read", "system=40", "--per-read", "valve=2", "--tier", "individual"];
    planned(&advised("36s"), &known, 0);
    planned(&advised("35s"), &known, 1);
}

#[test]
fn a_real_round_is_counted_behind_its_rules() {
    let rule = "\n[[inputs.exec.readings]]\nmatch = \"b\"\ndrop = true\n";
    let config = TWO_BUCKETS
        .replace("\"1s\"", "\"1m\"")
        .replace("[\"echo\", \"1\"]", "[\"echo\", \"a=1 b=2 c=3\"]")
        .replace("format = \"value\"\nkey = \"valve\"", "format = \"key_value\"");
    let text = planned(&(config + rule), &["--per-read", "system=10"], 0);
    assert!(text.contains("valve: 2 readings (counted), 96 times a day: 192 a day"), "{text}");
    assert!(text.contains("tier student: 10 calls in 10 s, 3,000,000 a month: holds, 15 % used"), "{text}");
}

#[test]
fn what_tells_by_itself_counts_as_much_as_it_may_or_as_somebody_says() {
    let config = "[outputs.initial_state]\naccess_key = \"k\"\n[buckets.test]\n\
                  [[inputs.exec]]\nid = \"told\"\nmode = \"stream\"\ncommand = [\"sleep\", \"9\"]\nmax_rate = 20\n";
    let text = planned(config, &["--tier", "student"], 1);
    assert!(text.contains("told: 1,728,000 a day (the most that max_rate allows)"), "{text}");
    assert!(text.contains("needs 20.0 calls in 10 s"), "{text}");
    assert!(text.contains("to change: give told a max_rate below 1.1 a second"), "{text}");
    let text = planned(config, &["--tier", "student", "--per-day", "told=5000"], 0);
    assert!(text.contains("told: 5,000 a day (as given)") && text.contains("holds, 5 % used"), "{text}");
}

#[test]
fn what_nobody_knows_is_said_and_not_guessed() {
    let config = "[outputs.initial_state]\naccess_key = \"k\"\n[buckets.test]\n\
                  [[inputs.exec]]\nid = \"gone\"\ncommand = [\"no-such-program\"]\ninterval = \"1m\"\n";
    let text = planned(config, &[], 1);
    assert!(text.contains("gone: ? readings (it could not be read), 1,440 times a day: ? a day"), "{text}");
    assert!(text.contains("in all at least 0 readings a day"), "{text}");
    planned(config, &["--per-read", "gone=1"], 0);
    planned(config, &["--per-read", "away=1"], 2);
    let text = planned("[outputs.local]\n[buckets.test]\n", &[], 0);
    assert_eq!(text, "no output has an allowance: nothing can be used up\n");
}
