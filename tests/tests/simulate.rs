//! `--simulate`: any configuration without its devices, marked on every line, and nothing leaves the machine.

use std::path::{Path, PathBuf};

use streamer_tests::program::{Home, PATIENCE};
use streamer_tests::server::{Server, Settings};
use streamer_tests::{eventually, streaming_to};

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs");
    let files = std::fs::read_dir(folder).expect("configs/ is there").map(|entry| entry.expect("an entry").path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect()
}

#[test]
fn every_input_of_every_example_gives_readings_without_its_devices() {
    let mut inputs = 0;
    for path in examples() {
        // Neither a key nor a state folder that this user may write is there.
        let home = Home::new();
        let path = path.to_str().unwrap();
        let plan = home.run(&["check", "--simulate", "--config", path]).expect_code(0).stdout;
        let ids: Vec<&str> =
            plan.lines().filter_map(|line| line.strip_prefix("input ")?.split_whitespace().next()).collect();
        assert!(!ids.is_empty(), "{path}: {plan}");
        for id in ids {
            let taken = home.run(&["test", "--simulate", "--config", path, id]).expect_code(0);
            assert!(!taken.stdout.is_empty(), "{path}: {id} tells nothing: {}", taken.stderr);
            assert!(taken.stdout.lines().all(|line| line.starts_with("simulated: ")), "{path}: {id}: {}", taken.stdout);
            inputs += 1;
        }
        let round = home.run(&["run", "--once", "--simulate", "--config", path]).expect_code(0);
        assert!(round.stdout.lines().count() > 0, "{path}: {}", round.stderr);
        assert!(round.stdout.lines().all(|line| line.starts_with("simulated: ")), "{path}: {}", round.stdout);
    }
    assert!(inputs > 40, "{inputs} inputs");
}

#[test]
fn a_simulated_agent_says_so_and_keeps_to_itself() {
    let server = Server::start(Settings::default()).unwrap();
    let inputs = "[[inputs.i2c]]\nsensor = 'bme280'\ninterval = '1s'\n\
                  [[inputs.exec]]\nshell = 'touch it-ran; echo 5'\ninterval = '1s'\n";
    let home = Home::with_config(&format!("[agent]\nstate_dir = 'own'\n{}{inputs}", streaming_to(&server)));
    let agent = home.start(&["run", "--simulate"]);
    let shown = eventually(PATIENCE, || {
        Some(agent.stdout()).filter(|out| out.contains("temperature") && out.contains("value"))
    });
    let shown = shown.unwrap_or_else(|| panic!("{}{}", agent.stdout(), agent.stderr()));
    assert!(shown.lines().all(|line| line.starts_with("simulated: ")), "{shown}");
    let status = home.run(&["status", "--simulate"]).expect_code(0).stdout;
    assert!(status.starts_with("simulated: ") && status.contains("running for"), "{status}");
    // The real agent's state is another one, whose `status` does not speak of this.
    let real = home.run(&["status"]).expect_code(0).stdout;
    assert!(real.contains("not running") && !real.contains("simulated"), "{real}");
    agent.stop().expect_code(0);
    assert!(home.run(&["export", "test", "--simulate"]).expect_code(0).stdout.contains(",temperature,"));
    // No call, no program, no state of the real agent.
    let report = server.report();
    assert_eq!((report.counts.stored, report.buckets.len(), report.counts.connections_peak), (0, 0, 0));
    assert!(!home.path("it-ran").exists());
    let own: Vec<_> = std::fs::read_dir(home.path("own")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(own, ["simulated"], "below a folder of the project's own, and beside what counts");
}

#[test]
fn simulated_projects_of_one_user_do_not_meet() {
    // An absolute folder may be the service's: its readings are kept with the user, those of all such projects together.
    let home = Home::new();
    let state = home.path("of-the-service");
    let config = |bucket: &str| {
        format!(
            "[agent]\nstate_dir = {state:?}\n[outputs.local]\n[buckets.{bucket}]\nname = 'The {bucket}'\n[[inputs.i2c]]\nsensor = 'bme280'\n"
        )
    };
    for bucket in ["oven", "attic"] {
        home.configure(&config(bucket));
        home.run(&["run", "--once", "--simulate"]).expect_code(0);
        // The one that is configured is meant, although the store knows another; its name needs no mark.
        for line in [&["export", "--simulate"][..], &["export", &format!("The {bucket}"), "--simulate"]] {
            let rows = home.run(line).expect_code(0).stdout;
            assert!(rows.contains(",temperature,"), "{bucket}: {rows}");
        }
    }
    assert!(!state.exists());
}

#[test]
fn a_mistake_is_one_in_a_simulated_run_too() {
    let home = Home::with_config("[outputs.local]\n[buckets.b]\n[[inputs.i2c]]\nsensor = 'bme281'\n");
    let wrong = home.run(&["test", "--simulate"]).expect_code(2);
    assert!(wrong.stderr.contains("did you mean \"bme280\"?"), "{}", wrong.stderr);
}

#[test]
fn a_line_turns_by_itself_and_its_edges_and_pulses_are_told() {
    let home = Home::with_config(
        "[outputs.local]\n[buckets.b]\n[[inputs.gpio]]\nmode = 'edge'\npin = 17\nkey = 'door'\ndebounce = '20ms'\n\
         [[inputs.gpio]]\nmode = 'count'\npin = 22\nkey = 'water'\ninterval = '1s'\n",
    );
    let agent = home.start(&["run", "--simulate"]);
    let told = |key: &str| {
        let out = agent.stdout();
        let values = out.lines().filter_map(|line| line.split_once(key)).map(|(_, value)| value.to_owned());
        values.collect::<Vec<_>>()
    };
    // The state at the start, and then every turn: never the same twice.
    let turns = eventually(PATIENCE, || Some(told(" door ")).filter(|values| values.len() >= 5));
    let turns = turns.unwrap_or_else(|| panic!("{}{}", agent.stdout(), agent.stderr()));
    assert!(turns.windows(2).all(|pair| pair[0] != pair[1]), "{turns:?}");
    let pulses = eventually(PATIENCE, || told(" water_total ").last().filter(|total| total.as_str() != "0").cloned());
    assert!(pulses.is_some(), "{}", agent.stdout());
    agent.stop().expect_code(0);
}
