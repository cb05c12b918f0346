//! A program that greets, in the real agent: its readings arrive, its log is the agent's, and `streamer test` runs it.

use streamer_tests::eventually;
use streamer_tests::program::{Home, PATIENCE};

const CONFIG: &str = r#"
[outputs.local]
[buckets.b]
[[inputs.exec]]
id = "greeter"
mode = "stream"
options = { size = 5 }
shell = '''
echo '{"streamer": 1, "name": "greeter"}'
read first
echo "error: no bus, and $first" >&2
echo "size,$(echo "$first" | tr -dc 0-9)"
exec sleep 7351.5
'''
"#;

/// The first value under a key, once the store has one.
fn value(home: &Home, key: &str) -> Option<String> {
    let exported = home.run(&["export", "b"]).stdout;
    let found = exported.lines().find_map(|line| line.split_once(',')?.1.strip_prefix(key)?.strip_prefix(','));
    found.map(str::to_owned)
}

#[test]
fn it_is_heard_and_its_log_is_ours() {
    let home = Home::with_config(CONFIG);
    let shown = home.run(&["test"]);
    assert!(shown.stdout.contains("size") && shown.stdout.contains('5'), "{}{}", shown.stdout, shown.stderr);

    let agent = home.start_agent();
    let logged = || agent.stderr().lines().find(|line| line.contains("no bus")).map(str::to_owned);
    let line = eventually(PATIENCE, logged).unwrap_or_else(|| panic!("nothing was logged: {}", agent.stderr()));
    assert!(line.contains("ERROR") && line.contains("greeter") && line.contains(r#""options":{"size":5}"#), "{line}");
    let stored = eventually(PATIENCE, || value(&home, "size"));
    assert_eq!(stored.as_deref(), Some("5"));
    agent.stop().expect_code(0);
}

#[test]
fn a_greeting_of_another_version_is_told_with_its_input() {
    let config = "[outputs.local]\n[buckets.b]\n[[inputs.exec]]\nid = \"later\"\nmode = \"stream\"\n\
                  shell = '''echo '{\"streamer\": 7, \"name\": \"x\"}'; exec sleep 7352.5'''\n\
                  [[inputs.exec]]\nid = \"sound\"\nshell = \"echo 3\"\nkey = \"three\"\ninterval = \"1s\"\n";
    let home = Home::with_config(config);
    let agent = home.start_agent();
    let told = || agent.stderr().lines().find(|line| line.contains("version 7")).map(str::to_owned);
    let line = eventually(PATIENCE, told).unwrap_or_else(|| panic!("nothing was told: {}", agent.stderr()));
    assert!(line.contains("later") && line.contains("this agent speaks 1"), "{line}");
    // Nothing else is disturbed.
    assert!(eventually(PATIENCE, || value(&home, "three")).is_some());
    agent.stop().expect_code(0);
}
