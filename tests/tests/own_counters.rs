//! The input `self`: what the agent says of itself arrives as readings, and agrees with what the server counted.

use streamer_tests::program::{Home, PATIENCE};
use streamer_tests::server::{Server, Settings};
use streamer_tests::{eventually, streaming_to};

#[test]
fn the_agents_own_counters_are_readings() {
    let server = Server::start(Settings::default()).unwrap();
    let config = "
[outputs.local]
[buckets.own]
outputs = [\"local\"]
[[inputs.self]]
bucket = \"own\"
interval = \"100ms\"
prefix = \"agent_\"
[[inputs.exec]]
id = \"gone\"
bucket = \"own\"
interval = \"100ms\"
command = [\"no-such-program\"]
";
    let home = Home::with_config(
        &(streaming_to(&server).replace("[buckets.test]", "[buckets.test]\noutputs = [\"initial_state\"]") + config),
    );
    let agent = home.start_agent();
    let lines: String = (0..40).map(|number| format!("n,{number}\n")).collect();
    home.run_with_input(&["log", "--bucket", "test", "-"], &lines).expect_code(0);
    assert!(eventually(PATIENCE, || (server.counts().unique == 40).then_some(())).is_some(), "{}", agent.stderr());
    // Every key that is waited for shows what the server, not the agent, knows: 40 came, nothing waits, one input fails.
    let expected = [
        ("agent_test_accepted", "40"),
        ("agent_test_initial_state_acknowledged", "40"),
        ("agent_test_initial_state_waiting", "0"),
        ("agent_test_initial_state_dropped_full", "0"),
        ("agent_test_initial_state_possibly_twice", "0"),
        ("agent_gone_accepted", "0"),
        ("agent_self_failed", "0"),
    ];
    home.run(&["log", "--bucket", "own", "now", "1"]).expect_code(0);
    let rows = eventually(PATIENCE, || {
        let rows = home.export("own");
        let now = rows.iter().position(|row| row.key == "now")?;
        let has = |(key, value): &(&str, &str)| rows[now..].iter().any(|row| row.key == *key && row.value == *value);
        expected.iter().all(has).then_some(rows)
    });
    let rows = rows.unwrap_or_else(|| panic!("{:#?}", home.status()));
    let failed =
        rows.iter().filter(|row| row.key == "agent_gone_failed").filter_map(|row| row.value.parse::<u64>().ok());
    assert!(failed.max().is_some_and(|failed| failed > 0), "an input that cannot be read is counted");
    agent.stop().expect_code(0);
    // One round tells of itself, too; a command that keeps nothing has nothing to tell of.
    home.run(&["run", "--once"]).expect_code(0);
    let tested = home.run(&["test", "self"]).expect_code(1);
    assert!(tested.stderr.contains("it tells about a running agent"), "{}", tested.stderr);
}
