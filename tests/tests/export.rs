//! The local store holds what the server got: by `streamer export`, and by the `sqlite3` command that anyone has.

use std::process::Command;

use streamer_tests::program::{Home, PATIENCE};
use streamer_tests::server::{Server, Settings};
use streamer_tests::{eventually, streaming_to};

/// Every reading with its time in microseconds, as SCHEMA.md of the store tells people to ask for it.
const QUERY: &str = "SELECT r.epoch, s.key, r.value FROM readings r JOIN streams s ON s.id = r.stream \
                     JOIN buckets b ON b.id = s.bucket WHERE b.key = 'test' ORDER BY r.epoch, r.n";

#[test]
fn what_was_sent_is_what_is_stored_and_exported() {
    let server = Server::start(Settings::default()).unwrap();
    let home = Home::with_config(&(streaming_to(&server) + "\n[outputs.local]\n[agent]\nstate_dir = \"state\"\n"));
    let agent = home.start_agent();
    home.log_numbers(0..150).expect_code(0);
    home.run_with_input(&["log", "-"], "temp,21.5\ndoor,true\nsaid,hello there\nbig,9007199254740993\n").expect_code(0);
    assert!(eventually(PATIENCE, || (server.counts().unique == 154).then_some(())).is_some(), "{}", agent.stderr());
    agent.stop().expect_code(0);

    // As JSON writes them: text in quotes, all else bare.
    let mut sent: Vec<_> =
        server.report().events("test").iter().map(|e| (e.epoch, e.key.clone(), e.value.replace('"', ""))).collect();
    sent.sort();
    let mut exported: Vec<_> = home.export("test").into_iter().map(|row| (row.epoch, row.key, row.value)).collect();
    exported.sort();
    assert_eq!(exported, sent);

    let json_lines = home.run(&["export", "test", "--format", "json"]).expect_code(0).stdout;
    assert_eq!(json_lines.lines().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()).count(), 154);

    let database = home.path("state/buckets.db");
    let output = Command::new("sqlite3").args(["-readonly", "-separator", ","]).arg(&database).arg(QUERY).output();
    let output = output.expect("the sqlite3 command is there: `cargo xtask ci` installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = String::from_utf8_lossy(&output.stdout).into_owned();
    let stored = rows.lines().filter(|row| !row.contains(",door,")).map(|row| {
        let mut fields = row.splitn(3, ',').map(str::to_owned);
        let mut field = || fields.next().unwrap_or_default();
        (field().parse().unwrap_or(0), field(), field())
    });
    let mut stored: Vec<(i64, String, String)> = stored.collect();
    stored.sort();
    // A boolean is one byte in the file, which a terminal shows as nothing: it is counted, not compared.
    assert_eq!(rows.lines().count(), 154);
    sent.retain(|(_, key, _)| key != "door");
    assert_eq!(stored, sent);
}

#[test]
fn a_bucket_that_is_not_there_is_said_by_name() {
    let home = Home::with_config("[outputs.local]\n[buckets.test]\nkey = \"test\"\n");
    home.run(&["log", "--deliver", "n", "1"]).expect_code(0);
    let finished = home.run(&["export", "nowhere"]).expect_code(1);
    assert!(finished.stderr.contains("nowhere"), "{}", finished.stderr);
}
