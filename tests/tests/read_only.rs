//! A root that takes no write at all: with the state in memory nothing is missing, with the state on it the agent still
//! collects and delivers. What `packaging/READ-ONLY.md` says.

use std::path::Path;
use std::process::Command;

use streamer_tests::mount::Mount;
use streamer_tests::program::{Home, PATIENCE};
use streamer_tests::server::{Server, Settings};
use streamer_tests::{eventually, skipped, streaming_to};

/// A card with a configuration on it that nothing can be written to any more.
fn read_only_card(config: &str) -> Result<Mount, String> {
    let card = Mount::ext4(32 << 20)?;
    std::fs::write(card.path("streamer.toml"), config).map_err(|error| error.to_string())?;
    let owner = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(card.path("streamer.toml"), owner).map_err(|error| error.to_string())?;
    card.make_read_only()?;
    Ok(card)
}

fn sectors_written(card: &Path) -> Option<u64> {
    let device = Command::new("findmnt").args(["-no", "SOURCE"]).arg(card).output().ok()?;
    let name = String::from_utf8(device.stdout).ok()?;
    let stat = std::fs::read_to_string(format!("/sys/block/{}/stat", name.trim().trim_start_matches("/dev/"))).ok()?;
    stat.split_whitespace().nth(6)?.parse().ok()
}

#[test]
fn state_in_memory_survives_a_kill_and_the_card_gets_not_one_byte() {
    let server = Server::start(Settings { script: "events:503".parse().unwrap(), ..Settings::default() }).unwrap();
    let memory = match Mount::tmpfs(80 << 20) {
        Ok(memory) => memory,
        Err(why) => return skipped(&why),
    };
    let state = format!("[agent]\nstate_dir = '{}'\n", memory.path("state").display());
    let card = match read_only_card(&(streaming_to(&server) + &state)) {
        Ok(card) => card,
        Err(why) => return skipped(&why),
    };
    let before = sectors_written(&card.path(""));
    let home = Home::new().env("STREAMER_CONFIG", card.path("streamer.toml").to_str().unwrap());
    let agent = home.start_agent();
    home.log_numbers(0..100).expect_code(0);
    agent.kill();
    server.set_script("");
    let agent = home.start_agent();
    home.log_numbers(100..200).expect_code(0);
    let all = eventually(PATIENCE, || (server.counts().unique == 200).then_some(()));
    assert!(all.is_some(), "{} of 200: {}", server.counts().unique, agent.stderr());
    agent.stop().expect_code(0);
    assert_eq!(sectors_written(&card.path("")), before);
    // It is told what that means.
    let doctor = home.run(&["doctor"]).stdout;
    assert!(doctor.contains("is on tmpfs: what is kept there ends with the power"), "{doctor}");
}

#[test]
fn state_on_a_read_only_card_is_no_reason_not_to_deliver() {
    let server = Server::start(Settings::default()).unwrap();
    let card = match Mount::ext4(32 << 20).and_then(|card| card.make_read_only().map(|()| card)) {
        Ok(card) => card,
        Err(why) => return skipped(&why),
    };
    let state = format!("[agent]\nstate_dir = '{}'\n", card.path("state").display());
    let home = Home::with_config(
        &(streaming_to(&server) + &state + "[[inputs.system]]\ninterval = '1s'\ncollect = ['load']\n"),
    );
    let agent = home.start(&["run"]);
    let some = eventually(PATIENCE, || (server.counts().unique > 3).then_some(()));
    assert!(some.is_some(), "{}", agent.stderr());
    let said = agent.stop().expect_code(0).stderr;
    assert!(said.contains("Read-only file system"), "{said}");
    let doctor = home.run(&["doctor"]).stdout;
    assert!(doctor.contains("is on a read-only file system"), "{doctor}");
}
