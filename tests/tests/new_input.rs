//! `streamer new input` in an empty folder: what it writes compiles, passes its own tests, and streams into a bucket.

use std::path::{Path, PathBuf};
use std::process::Command;

use streamer_tests::program::{Home, PATIENCE};
use streamer_tests::server::{Server, Settings};
use streamer_tests::{eventually, streaming_to};

/// Where the workspace is.
fn workspace() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/..")
}

/// Runs cargo in a folder, with the builds going to where the running test was built.
fn cargo(folder: &Path, line: &str) {
    let test = std::env::current_exe().expect("a running test lies somewhere");
    let target = test.ancestors().find(|path| path.ends_with("debug") || path.ends_with("release"));
    let target = target.and_then(Path::parent).expect("tests lie below the folder of their profile");
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let output = command.args(line.split(' ')).current_dir(folder).env("CARGO_TARGET_DIR", target).output();
    let output = output.expect("cargo, which started this test, can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {line}: {said}\n{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_new_input_is_built_tested_and_streams() {
    let home = Home::new();
    home.run(&["new", "input", "my-chip", "--workspace", workspace()]).expect_code(0);
    let folder = home.path("my-chip");
    // What the checkout has built is not built again, and SQLite is as small as there.
    let cargo_config = std::fs::read_to_string(folder.join(".cargo/config.toml")).expect("how it is built");
    assert!(cargo_config.starts_with("[build]\ntarget-dir = \"/"), "{cargo_config}");
    assert!(cargo_config.contains("\n[env]\nLIBSQLITE3_FLAGS = ") && !cargo_config.contains("xtask"), "{cargo_config}");
    cargo(&folder, "test --quiet");
    cargo(&folder, "build --quiet");
    let program = built("my-chip");

    let server = Server::start(Settings::default()).unwrap();
    let config = format!("{}[[inputs.my-chip]]\ninterval = \"1s\"\n", streaming_to(&server));
    let own = Home::with_config(&config).program(program);
    // Every command knows it.
    assert!(own.run(&["inputs"]).expect_code(0).stdout.contains("my-chip"));
    assert!(own.run(&["inputs", "my-chip"]).expect_code(0).stdout.contains("[[inputs.my-chip]]"));
    assert!(own.run(&["schema"]).expect_code(0).stdout.contains("\"my-chip\""));
    assert!(own.run(&["check"]).expect_code(0).stdout.contains("my-chip"));
    let own_config = folder.join("streamer.toml");
    own.run(&["check", "--config", own_config.to_str().expect("a plain path")]).expect_code(0);
    assert!(own.run(&["test"]).expect_code(0).stdout.contains("value"));
    let agent = own.start_agent();
    let values = || server.report().events("test").iter().map(|event| event.value.clone()).collect::<Vec<_>>();
    let arrived = eventually(PATIENCE, || Some(values()).filter(|values| values.len() >= 2));
    assert_eq!(arrived.unwrap_or_else(|| panic!("nothing arrived: {}", agent.stderr()))[..2], ["1", "2"]);
    agent.stop().expect_code(0);
    the_tutorial(&home);
}

/// The first input of plugins/README.md, put where the page says, is tested, and reads a simulated chip into a bucket.
fn the_tutorial(home: &Home) {
    let page = std::fs::read_to_string(Path::new(workspace()).join("plugins/README.md")).expect("the page");
    let block = |kind: &str| {
        let begin = format!("```{kind}\n");
        page.split(&begin).nth(1).and_then(|rest| rest.split("```").next()).expect("a block of that kind").to_owned()
    };
    home.run(&["new", "input", "thermocouple", "--workspace", workspace()]).expect_code(0);
    let folder = home.path("thermocouple");
    std::fs::write(folder.join("src/lib.rs"), block("rust")).expect("the input");
    std::fs::remove_file(folder.join("tests/input.rs")).expect("tests of what is gone");
    cargo(&folder, "test --quiet");
    cargo(&folder, "build --quiet");
    let own = Home::with_config(&block("toml")).program(built("thermocouple"));
    assert!(own.run(&["check"]).expect_code(0).stdout.contains("thermocouple into oven"));
    // The chip that its text describes is read, and its reading lies in the bucket.
    let round = own.run(&["run", "--once", "--simulate"]).expect_code(0);
    assert!(round.stdout.contains(" oven_temperature 25.0625\n"), "{}{}", round.stdout, round.stderr);
    assert!(round.stdout.lines().all(|line| line.starts_with("simulated: ")), "{}", round.stdout);
    let kept = own.run(&["export", "--simulate"]).expect_code(0).stdout;
    assert!(kept.lines().any(|line| line.ends_with(",oven_temperature,25.0625")), "{kept}");
}

/// What cargo made.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running test lies somewhere");
    test.ancestors().map(|path| path.join(name)).find(|path| path.is_file()).expect("it was built")
}

#[test]
fn what_cannot_be_is_refused_and_nothing_is_written_over() {
    let home = Home::new();
    for (name, words) in [("My_Chip", "small letters"), ("system", "there is an input"), ("loop", "in its own way")] {
        let refused = home.run(&["new", "input", name]).expect_code(1);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
        assert!(!home.path(name).exists());
    }
    let refused = home.run(&["new", "input", "chip", "--workspace", "/dev"]).expect_code(1);
    assert!(refused.stderr.contains("no checkout"), "{}", refused.stderr);
    home.run(&["new", "input", "chip"]).expect_code(0);
    let manifest = std::fs::read_to_string(home.path("chip/Cargo.toml")).expect("a manifest");
    assert!(manifest.contains("git = \"https://"), "{manifest}");
    std::fs::write(home.path("chip/src/lib.rs"), "mine").expect("a file of ours");
    assert!(home.run(&["new", "input", "chip"]).expect_code(1).stderr.contains("there already"));
    assert_eq!(std::fs::read_to_string(home.path("chip/src/lib.rs")).expect("it is there"), "mine");
}
