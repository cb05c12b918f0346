//! The exit codes that scripts rely on: 0 done, 1 failed, 2 configuration, 3 not delivered (see once.rs), 4 in use.

use streamer_tests::program::Home;
use streamer_tests::server::{Server, Settings};
use streamer_tests::streaming_to;

#[test]
fn zero_for_what_is_done() {
    let server = Server::start(Settings::default()).unwrap();
    let home = Home::with_config(&(streaming_to(&server) + "\n[[inputs.system]]\ncollect = [\"load\"]\n"));
    home.run(&["check"]).expect_code(0);
    let tested = home.run(&["test"]).expect_code(0);
    assert!(tested.stdout.contains("load"), "{}", tested.stdout);
    assert_eq!(server.counts().requests, 0, "`check` and `test` send nothing");
    // Without an agent `log` appends to the folder, and `--deliver` sends it too.
    home.run(&["log", "n", "1"]).expect_code(0);
    assert_eq!(server.counts().requests, 0);
    home.run(&["log", "--deliver", "n", "2"]).expect_code(0);
    assert_eq!(server.counts().unique, 2);
}

#[test]
fn one_for_what_failed() {
    let home = Home::with_config("[outputs.local]\n[buckets.test]\n");
    let finished = home.run(&["import", "no-such-file.txt"]).expect_code(1);
    assert!(finished.stderr.contains("no-such-file.txt"), "{}", finished.stderr);
}

#[test]
fn one_for_what_a_probe_cannot_open() {
    let home = Home::with_config(
        "[outputs.local]\n[buckets.b]\n[[inputs.exec]]\nid = \"well\"\ncommand = [\"true\"]\n\
         [[inputs.exec]]\nid = \"nowhere\"\ncommand = [\"no-such-program\"]\n\
         [[inputs.exec]]\nid = \"moved\"\nmode = \"stream\"\ncommand = [\"./gone.sh\"]\ncwd = \"/tmp\"\n\
         [[inputs.i2c]]\nid = \"bus\"\nsensor = \"bme280\"\nbus = 99\n",
    );
    home.run(&["check"]).expect_code(0);
    let probed = home.run(&["check", "--probe"]).expect_code(1);
    assert!(probed.stdout.contains("well: opens"), "{}", probed.stdout);
    for (id, words) in
        [("nowhere", "there is no such program"), ("moved", "gone.sh"), ("bus", "/dev/i2c-99 is not there")]
    {
        let told = probed.stderr.lines().find(|line| line.starts_with(&format!("{id} (streamer.toml:")));
        assert!(told.is_some_and(|line| line.contains(words)), "{id}: {}", probed.stderr);
    }
    assert!(probed.stderr.contains("3 of 4 inputs cannot be opened"), "{}", probed.stderr);
}

#[test]
fn one_for_a_reading_that_is_refused_at_the_door() {
    let home = Home::with_config("[outputs.local]\n[buckets.test]\n");
    for (key, value, word) in [("", "1", "empty"), ("k", &"x".repeat(2001), "2000"), (&"k".repeat(251), "1", "250")] {
        let finished = home.run(&["log", key, value]).expect_code(1);
        assert!(finished.stderr.contains(word), "{}", finished.stderr);
    }
}

/// A degree sign as Windows and old scripts write it, and the mark that their editors put before a file.
#[test]
fn lines_of_another_encoding_are_readings_all_the_same() {
    let home = Home::with_config("[outputs.local]\n[buckets.test]\n[agent]\nstate_dir = \"state\"\n");
    home.run_with_input(&["log", "--deliver", "-"], b"\xef\xbb\xbfa,1\nb,21\xb0C\r\nc,3\n").expect_code(0);
    let rows: Vec<(String, String)> = home.export("test").into_iter().map(|row| (row.key, row.value)).collect();
    let row = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(rows, [row("a", "1"), row("b", "21\u{fffd}C"), row("c", "3")]);
}

#[test]
fn two_for_a_configuration_that_is_none() {
    let home = Home::with_config("[agent]\ninterval = \"soon\"\n");
    for command in ["check", "run", "test"] {
        let finished = home.run(&[command]).expect_code(2);
        // File, line and column, and the line itself.
        assert!(finished.stderr.contains("streamer.toml:2:"), "{}", finished.stderr);
        assert!(finished.stderr.contains("interval = \"soon\""), "{}", finished.stderr);
        assert_eq!(finished.stdout, "", "complaints are for people, not for programs");
    }
    home.run(&["check", "--config", "nowhere.toml"]).expect_code(2);
}

#[test]
fn two_for_a_configuration_that_exists_and_cannot_be_read() {
    let home = Home::new();
    // A link to itself: there, and not even root can read it.
    std::os::unix::fs::symlink("streamer.toml", home.path("streamer.toml")).unwrap();
    home.run(&["run"]).expect_code(2);
    home.run(&["log", "n", "1"]).expect_code(2);
}

#[test]
fn a_reading_without_agent_and_configuration_has_nowhere_to_go() {
    let home = Home::new();
    let finished = home.run(&["log", "n", "1"]);
    assert!(matches!(finished.code(), Some(1 | 2)), "{finished:?}");
    assert!(!finished.stderr.is_empty());
}

#[test]
fn four_for_a_state_folder_in_use() {
    let home = Home::with_config("[outputs.local]\n[buckets.test]\n");
    let agent = home.start_agent();
    let second = home.run(&["run"]).expect_code(4);
    assert!(second.stderr.contains("streamer"), "{}", second.stderr);
    // The first one is none the worse for it.
    home.run(&["log", "n", "1"]).expect_code(0);
    agent.stop().expect_code(0);
}

#[test]
fn status_tells_whether_an_agent_runs() {
    let home = Home::with_config("[outputs.local]\n[buckets.test]\n");
    let agent = home.start_agent();
    assert_eq!(home.status().unwrap()["running"], true);
    agent.stop().expect_code(0);
    let finished = home.run(&["status"]);
    assert!((finished.stdout + &finished.stderr).contains("not running"));
}

#[test]
fn asking_for_the_status_does_not_keep_an_agent_from_starting() {
    let home = Home::with_config("[outputs.local]\n[buckets.test]\n");
    home.run(&["log", "n", "1"]).expect_code(0);
    for _ in 0..20 {
        let mut agent = home.start(&["run"]);
        let up = streamer_tests::eventually(streamer_tests::program::PATIENCE, || {
            home.run(&["status"]).expect_code(0);
            assert_eq!(agent.ended(), None, "{}", agent.stderr());
            home.socket()
        });
        assert!(up.is_some(), "{}", agent.stderr());
        agent.stop().expect_code(0);
    }
}
