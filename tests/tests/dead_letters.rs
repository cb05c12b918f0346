//! Readings that the service refuses for their content: listed, tried again and dropped through the running agent.

use serde_json::Value;
use streamer_tests::program::{Home, PATIENCE};
use streamer_tests::server::{Server, Settings};
use streamer_tests::{eventually, streaming_to};

fn start(script: &str) -> (Server, Home) {
    let server = Server::start(Settings { script: script.parse().expect("a script"), ..Settings::default() });
    let server = server.expect("a server");
    let home = Home::with_config(&streaming_to(&server));
    (server, home)
}

fn letters(status: &Value, state: &str) -> u64 {
    status["spool"]["dead_letters"][state].as_u64().expect("status tells of dead letters")
}

fn until_set_aside(home: &Home, count: u64) {
    let seen = eventually(PATIENCE, || (letters(&home.status()?, "set_aside") == count).then_some(()));
    assert!(seen.is_some(), "{:?}", home.status());
}

fn list(home: &Home) -> Vec<String> {
    home.run(&["deadletter", "list"]).expect_code(0).stdout.lines().map(str::to_owned).collect()
}

#[test]
fn listed_retried_and_dropped_while_the_agent_runs_and_while_it_does_not() {
    let (server, home) = start("events:culprit=poison");
    let agent = home.start_agent();
    for number in 0..3 {
        home.run(&["log", "poison", &number.to_string()]).expect_code(0);
        home.log_numbers(number * 10..number * 10 + 10).expect_code(0);
    }
    until_set_aside(&home, 3);
    let listed = list(&home);
    assert_eq!(listed.len(), 3, "{listed:?}");
    for (number, line) in listed.iter().enumerate() {
        let first = format!("{} set aside test to initial_state: ", number + 1);
        assert!(line.starts_with(&first) && line.contains("poison") && line.contains("400"), "{line}");
    }
    assert!(home.run(&["deadletter", "drop", "2", "99"]).expect_code(0).stderr.contains("1 dropped"));
    assert_eq!(list(&home), [listed[0].clone(), listed[2].clone()]);
    // The service has come to its senses, and a person says so.
    server.set_script("");
    assert!(home.run(&["deadletter", "retry", "1"]).expect_code(0).stderr.contains("1 are tried once more"));
    home.log_numbers(30..31).expect_code(0);
    assert!(eventually(PATIENCE, || server.has("test", "poison").then_some(())).is_some(), "{}", agent.stderr());
    assert!(eventually(PATIENCE, || (list(&home) == [listed[2].clone()]).then_some(())).is_some(), "{:?}", list(&home));
    agent.stop().expect_code(0);
    assert_eq!(list(&home), [listed[2].clone()], "at rest");
    assert!(home.run(&["deadletter", "retry"]).expect_code(0).stderr.contains("1 are tried once more"));
    let agent = home.start_agent();
    home.log_numbers(31..32).expect_code(0);
    assert!(eventually(PATIENCE, || list(&home).is_empty().then_some(())).is_some(), "{}", agent.stderr());
    agent.stop().expect_code(0);
    let report = server.report();
    let sent: Vec<_> = report.events("test").iter().filter(|e| e.key == "poison").map(|e| e.value.clone()).collect();
    assert_eq!(sent, ["0", "2"], "the dropped one stays dropped");
    assert_eq!(report.counts.duplicates, 0);
}

#[test]
fn a_service_that_refuses_everything_for_ten_seconds_makes_none() {
    let (server, home) = start("odd400@0s-10s");
    // A parked bucket is looked at again after 30 s; here after 3.
    let home = home.env("STREAMER_TEST_PACE", "0.1");
    let agent = home.start_agent();
    for round in 0..10 {
        home.log_numbers(round * 10..round * 10 + 10).expect_code(0);
    }
    let none = |status: &Value| ["on_trial", "set_aside", "dropped"].iter().all(|state| letters(status, state) == 0);
    let refused = eventually(PATIENCE, || {
        let status = home.status()?;
        assert!(none(&status), "{status:#}");
        (server.counts().unique == 100).then_some(*server.counts().statuses.get(&400)?)
    });
    assert!(refused.is_some_and(|refused| refused > 0), "{:?}\n{}", server.counts(), agent.stderr());
    let all = eventually(PATIENCE, || {
        let status = home.status()?;
        let output = &status["buckets"][0]["outputs"][0];
        (output["acknowledged"] == 100).then(|| (none(&status), output["set_aside"].clone(), output["late"].clone()))
    });
    assert_eq!(all, Some((true, 0.into(), 0.into())));
    assert!(list(&home).is_empty());
    agent.stop().expect_code(0);
    assert_eq!((server.counts().duplicates, server.counts().out_of_order), (0, 0));
}
