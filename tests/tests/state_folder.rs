//! What people do to a state folder: delete the spool under a running agent, copy the folder from one device to another.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use streamer_tests::books::{Books, balance};
use streamer_tests::program::{Home, PATIENCE};
use streamer_tests::server::{Server, Settings};
use streamer_tests::{eventually, skipped, streaming_to};

const STATE: &str = "[agent]\nstate_dir = \"state\"\n";

fn away() -> Server {
    let script = "refused".parse().expect("a script");
    Server::start(Settings { script, ..Settings::default() }).expect("a server")
}

fn numbers(server: &Server) -> Vec<String> {
    server.report().events("test").iter().map(|event| event.value.clone()).collect()
}

fn range(numbers: std::ops::Range<u64>) -> Vec<String> {
    numbers.map(|number| number.to_string()).collect()
}

#[test]
fn a_spool_deleted_under_a_running_agent_costs_what_lay_there_and_is_counted() {
    a_spool_is_taken_away(|spool| std::fs::remove_dir_all(spool).unwrap());
}

#[test]
fn a_spool_moved_away_under_a_running_agent_costs_what_lay_there_and_is_counted() {
    a_spool_is_taken_away(|spool| std::fs::rename(spool, spool.with_extension("old")).unwrap());
}

fn a_spool_is_taken_away(take_away: impl Fn(&Path)) {
    let server = away();
    let home = Home::with_config(&format!("{}\n{STATE}[spool]\nsync = \"1s\"\n", streaming_to(&server)));
    let agent = home.start_agent();
    home.log_numbers(0..40).expect_code(0);
    let synced = eventually(PATIENCE, || (home.status()?["spool"]["unsynced"] == 0).then_some(()));
    assert!(synced.is_some(), "{:?}", home.status());
    take_away(&home.path("state/spool"));
    home.log_numbers(40..80).expect_code(0);
    let noticed = eventually(PATIENCE, || Books::of_output(&home.status()?, "initial_state").filter(|b| b.dropped > 0));
    let noticed = noticed.unwrap_or_else(|| panic!("{:?}\n{}", home.status(), agent.stderr()));
    assert!(noticed.dropped <= 40, "{noticed:?}");
    let said = || agent.stderr().contains("readings are lost: files of the spool are gone").then_some(());
    assert!(eventually(PATIENCE, said).is_some(), "{}", agent.stderr());
    server.set_script("");
    let books = balance(&home, "initial_state", 80, &server);
    assert_eq!(books.dropped, noticed.dropped, "only what lay in the folder is lost");
    assert!(numbers(&server).ends_with(&range(40..80)), "{:?}", numbers(&server));
    // The new folder is as good as the old one.
    server.set_script("refused");
    home.log_numbers(80..120).expect_code(0);
    agent.kill();
    server.set_script("");
    let agent = home.start_agent();
    assert_eq!(balance(&home, "initial_state", 120, &server).dropped, noticed.dropped);
    assert!(numbers(&server).ends_with(&range(40..120)), "{:?}", numbers(&server));
    assert_eq!(server.counts().duplicates, 0);
    agent.stop().expect_code(0);
}

#[test]
fn a_whole_state_folder_deleted_under_a_running_agent_is_made_anew() {
    let server = away();
    let home = Home::with_config(&format!("{}\n{STATE}[spool]\nsync = \"1s\"\n", streaming_to(&server)));
    let agent = home.start_agent();
    home.log_numbers(0..10).expect_code(0);
    std::fs::remove_dir_all(home.path("state")).unwrap();
    let anew = eventually(PATIENCE, || home.path("state/spool").is_dir().then_some(()));
    assert!(anew.is_some(), "{}", agent.stderr());
    // Commands find the agent by what the new folder says.
    let logged = eventually(PATIENCE, || (home.log_numbers(10..20).code() == Some(0)).then_some(()));
    assert!(logged.is_some(), "{}", agent.stderr());
    server.set_script("");
    let all = eventually(PATIENCE, || (server.counts().unique >= 10).then_some(()));
    assert!(all.is_some(), "{:?}\n{}", server.counts(), agent.stderr());
    balance(&home, "initial_state", 20, &server);
    assert!(numbers(&server).ends_with(&range(10..20)), "{:?}", numbers(&server));
    agent.stop().expect_code(0);
}

#[test]
fn a_runtime_folder_deleted_under_a_running_agent_is_made_anew() {
    let server = away();
    let home = Home::with_config(&format!("{}\n{STATE}[spool]\nsync = \"2s\"\n", streaming_to(&server)));
    let agent = home.start_agent();
    home.log_numbers(0..40).expect_code(0);
    let folder = home.socket().and_then(|socket| socket.parent().map(Path::to_owned)).expect("a runtime folder");
    std::fs::remove_dir_all(&folder).unwrap();
    let logged = eventually(PATIENCE, || (home.log_numbers(40..80).code() == Some(0)).then_some(()));
    assert!(logged.is_some(), "{}", agent.stderr());
    let tail = std::fs::read_dir(&folder)
        .unwrap()
        .flatten()
        .any(|file| file.file_name().to_string_lossy().starts_with("tail."));
    assert!(tail, "what is not synced yet survives a kill again");
    agent.kill();
    server.set_script("");
    let agent = home.start_agent();
    balance(&home, "initial_state", 80, &server);
    assert_eq!(numbers(&server), range(0..80));
    agent.stop().expect_code(0);
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status().expect("cp is there");
    assert!(copied.success());
}

#[test]
fn a_state_folder_copied_to_another_device_goes_on_there_beside_the_first() {
    let server = away();
    let config = format!("{}\n{STATE}[outputs.local]\n", streaming_to(&server));
    let (one, other) = (Home::with_config(&config), Home::with_config(&config));
    let agent = one.start_agent();
    one.log_numbers(0..40).expect_code(0);
    let stored = eventually(PATIENCE, || (one.export("test").len() == 40).then_some(()));
    assert!(stored.is_some(), "{}", agent.stderr());
    agent.stop().expect_code(0);
    copy(&one.path("state"), &other.path("state"));
    server.set_script("");
    let agents = [one.start_agent(), other.start_agent()];
    one.log_numbers(100..140).expect_code(0);
    other.log_numbers(200..240).expect_code(0);
    let all = eventually(PATIENCE, || (server.counts().unique >= 120).then_some(()));
    assert!(all.is_some(), "{:?}\n{}\n{}", server.counts(), agents[0].stderr(), agents[1].stderr());
    // Both had the 40 in their spools, and nobody can know that the other sent them too: the same bytes, once more.
    let settled = |home: &Home| {
        eventually(PATIENCE, || Books::of_output(&home.status()?, "initial_state").filter(|books| books.waiting == 0))
    };
    for home in [&one, &other] {
        let books = settled(home).unwrap_or_else(|| panic!("{:?}", home.status()));
        assert_eq!((books.accepted, books.acknowledged), (80, 80), "{books:?}");
    }
    assert_eq!((server.counts().unique, server.counts().duplicates), (120, 40));
    // The local store has each of its own device once: no sequence of one is taken for one of the other.
    for (home, own) in [(&one, 100..140), (&other, 200..240)] {
        let wanted: Vec<String> = (0..40).chain(own).map(|number| number.to_string()).collect();
        let rows = eventually(PATIENCE, || Some(home.export("test")).filter(|rows| rows.len() >= wanted.len()));
        let values: Vec<String> =
            rows.unwrap_or_else(|| home.export("test")).into_iter().map(|row| row.value).collect();
        assert_eq!(values, wanted);
    }
    for agent in agents {
        agent.stop().expect_code(0);
    }
}

#[test]
fn what_root_logs_into_the_folder_of_another_user_belongs_to_that_user() {
    if !rustix::process::geteuid().is_root() {
        return skipped("only root can act for another user");
    }
    const NOBODY: u32 = 65_534;
    let home = Home::with_config(&format!("{STATE}[outputs.local]\n[buckets.test]\n"));
    std::fs::set_permissions(home.path(""), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::create_dir(home.path("state")).unwrap();
    chown(home.path("state"), Some(NOBODY), Some(NOBODY)).unwrap();
    home.run(&["log", "by_hand", "7"]).expect_code(0);
    let mut folders = vec![home.path("state")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            seen += 1;
            assert_eq!(entry.metadata().unwrap().uid(), NOBODY, "{}", entry.path().display());
            folders.extend(entry.path().is_dir().then(|| entry.path()));
        }
    }
    assert!(seen > 3, "{seen} files are no spool");
}
