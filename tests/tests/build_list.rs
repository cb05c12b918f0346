//! `streamer build-list`: what it prints are features of the agent, and every input and output is one.

use streamer_tests::program::Home;

#[test]
fn a_configuration_names_the_features_that_it_needs() {
    let home = Home::with_config(
        "[outputs.local]\n[buckets.b]\n[[inputs.self]]\n[[inputs.system]]\n[[inputs.exec]]\nshell = 'echo 1'\n[[inputs.exec]]\nshell = 'echo 2'\n",
    );
    let listed = home.run(&["build-list"]).expect_code(0);
    assert_eq!(listed.stdout, "exec\nlocal\nsystem\n");
    assert!(listed.stderr.contains("--no-default-features --features \"exec,local,system\""), "{}", listed.stderr);
    home.configure(
        "[outputs.a]\ntype = 'csv'\n[outputs.b]\ntype = 'initial_state'\naccess_key = 'k'\n[buckets.b]\n[[inputs.self]]\n",
    );
    assert_eq!(home.run(&["build-list"]).expect_code(0).stdout, "csv\ninitial_state\n");
    home.configure("[[inputs.sistem]]");
    assert!(home.run(&["build-list", "streamer.toml"]).expect_code(2).stderr.contains("system"));

    let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/agent/Cargo.toml"));
    let manifest = manifest.expect("the agent's manifest");
    assert!(manifest.contains("\nlocal = [\"dep:streamer-store\"]\ncsv = []\n"), "the outputs' features");
    let inputs = home.run(&["inputs"]).expect_code(0).stdout;
    let names = inputs.lines().filter_map(|line| line.split_whitespace().next());
    // The agent's own counters are in every build.
    for name in names.filter(|name| *name != "self") {
        assert!(manifest.contains(&format!("\n{name} = [\"dep:streamer-{name}\"]")), "{name} is no feature");
    }
}
