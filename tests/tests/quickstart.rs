//! An empty home and no configuration: two commands from the README, and there are readings.

use streamer_tests::eventually;
use streamer_tests::program::{Home, PATIENCE};

#[test]
fn without_a_configuration_it_collects_into_the_local_store() {
    let home = Home::new();
    let agent = home.start::<&str>(&[]);
    let lines = eventually(PATIENCE, || Some(agent.stdout()).filter(|out| out.lines().count() >= 5));
    let lines = lines.unwrap_or_else(|| panic!("nothing was shown: {}{}", agent.stdout(), agent.stderr()));
    // Not a terminal: one plain line a reading, no colours, no table.
    assert!(!lines.contains('\u{1b}'), "{lines}");
    assert!(lines.lines().all(|line| line.split_whitespace().count() >= 3), "{lines}");
    let database = home.path(".local/state/streamer/buckets.db");
    assert!(eventually(PATIENCE, || database.is_file().then_some(())).is_some(), "no {}", database.display());
    let finished = agent.stop().expect_code(0);
    // People are told where the data lies.
    assert!(finished.stderr.contains(".local/state/streamer"), "{}", finished.stderr);
}

#[test]
fn what_the_help_names_can_be_asked_for() {
    let home = Home::new();
    let help = home.run(&["--help"]).expect_code(0).stdout;
    for command in ["run", "check", "test", "inputs", "schema", "init", "log", "status", "export", "import"] {
        assert!(help.contains(command), "no {command} in\n{help}");
        home.run(&[command, "--help"]).expect_code(0);
    }
    assert!(home.run(&["inputs"]).expect_code(0).stdout.contains("system"));
    let schema = home.run(&["schema"]).expect_code(0).stdout;
    assert!(serde_json::from_str::<serde_json::Value>(&schema).is_ok_and(|schema| schema.is_object()), "{schema}");
}

#[test]
fn the_starter_configuration_is_a_valid_one() {
    let home = Home::new();
    home.run(&["init"]).expect_code(0);
    assert!(home.path("streamer.toml").is_file());
    home.run(&["check"]).expect_code(0);
    // A second time it must not write over what a person may have changed.
    let kept = std::fs::read(home.path("streamer.toml")).unwrap();
    assert_ne!(home.run(&["init"]).code(), Some(0));
    assert_eq!(std::fs::read(home.path("streamer.toml")).unwrap(), kept);
}
