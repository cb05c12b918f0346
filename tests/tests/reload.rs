//! SIGHUP: what changed is changed, what did not is not touched, and a bad file changes nothing.

use std::collections::BTreeMap;

use rustix::process::Signal;
use streamer_tests::program::{Home, PATIENCE};
use streamer_tests::server::{Server, Settings};
use streamer_tests::{eventually, streaming_to};

/// Reads once at the start and then not again while the test runs: a second reading shows that it was built anew.
const STEADY: &str = r#"
[[inputs.system]]
id = "steady"
prefix = "steady_"
interval = "1h"
collect = ["load"]
"#;
const ADDED: &str = r#"
[[inputs.system]]
id = "added"
prefix = "added_"
interval = "1s"
collect = ["load"]
"#;

fn of(server: &Server, prefix: &str) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for event in server.report().events("test").iter().filter(|event| event.key.starts_with(prefix)) {
        *found.entry(event.key.clone()).or_default() += 1;
    }
    found
}

#[test]
fn an_added_input_starts_and_the_other_is_not_touched() {
    let server = Server::start(Settings::default()).unwrap();
    let base = streaming_to(&server) + STEADY;
    let home = Home::with_config(&base);
    let agent = home.start_agent();
    assert!(
        eventually(PATIENCE, || (!of(&server, "steady_").is_empty()).then_some(())).is_some(),
        "{}",
        agent.stderr()
    );

    home.configure(&(base.clone() + ADDED));
    agent.signal(Signal::HUP);
    let twice = |prefix| move |server: &Server| of(server, prefix).values().any(|times| *times >= 2);
    let running = eventually(PATIENCE, || twice("added_")(&server).then_some(()));
    assert!(running.is_some(), "the added input does not run: {}", agent.stderr());
    let listed = |id: &str| home.status().is_some_and(|status| status.to_string().contains(&format!("\"{id}\"")));
    assert!(listed("added") && listed("steady"), "{:?}", home.status());

    // A file that is no configuration leaves all as it is, and says which file and why.
    home.configure("[[inputs.sistem]]\nintervall = 3\n");
    agent.signal(Signal::HUP);
    let said = eventually(PATIENCE, || agent.stderr().contains("sistem").then_some(()));
    assert!(said.is_some(), "nothing was said about the bad file: {}", agent.stderr());
    let before = of(&server, "added_").values().sum::<usize>();
    let goes_on = eventually(PATIENCE, || (of(&server, "added_").values().sum::<usize>() > before + 1).then_some(()));
    assert!(goes_on.is_some(), "the bad file stopped an input: {}", agent.stderr());

    // Taken out again, it stops; the steady one was never built anew in all this.
    home.configure(&base);
    agent.signal(Signal::HUP);
    let gone = eventually(PATIENCE, || (!listed("added")).then_some(()));
    assert!(gone.is_some(), "the removed input is still there: {:?}", home.status());
    assert!(of(&server, "steady_").values().all(|times| *times == 1), "{:?}", of(&server, "steady_"));
    agent.stop().expect_code(0);
}

#[test]
fn a_changed_state_folder_asks_for_a_restart() {
    let server = Server::start(Settings::default()).unwrap();
    let home = Home::with_config(&streaming_to(&server));
    let agent = home.start_agent();
    home.configure(&(streaming_to(&server) + "\n[spool]\nmax_size = \"1MB\"\n"));
    agent.signal(Signal::HUP);
    let said = eventually(PATIENCE, || agent.stderr().contains("restart needed").then_some(()));
    assert!(said.is_some(), "{}", agent.stderr());
    home.log_numbers(0..10).expect_code(0);
    assert!(eventually(PATIENCE, || (server.counts().unique == 10).then_some(())).is_some());
    agent.stop().expect_code(0);
}
