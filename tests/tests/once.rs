//! `run --once`: one round, delivered, and an exit code that tells how it went.

use streamer_tests::program::Home;
use streamer_tests::server::{Server, Settings};
use streamer_tests::{ACCESS_KEY, streaming_to};

const SYSTEM: &str = r#"
[[inputs.system]]
interval = "10s"
collect = ["cpu", "memory", "load"]
"#;

#[test]
fn one_round_is_delivered() {
    let server = Server::start(Settings { bucket_first: true, ..Settings::default() }).unwrap();
    let home = Home::with_config(&(streaming_to(&server) + SYSTEM));
    home.run(&["run", "--once"]).expect_code(0);
    let report = server.report();
    assert_eq!(report.buckets[0].name, "Test bench");
    assert_eq!(report.buckets[0].access_key, ACCESS_KEY);
    let keys: Vec<_> = report.events("test").iter().map(|event| event.key.as_str()).collect();
    // Rates need two readings; one round takes them both.
    for part in ["cpu", "mem", "load"] {
        assert!(keys.iter().any(|key| key.contains(part)), "nothing of {part} in {keys:?}");
    }
    let counts = &report.counts;
    assert_eq!((counts.duplicates, counts.out_of_order, counts.over_cap), (0, 0, 0));
    assert!(counts.warnings.is_empty() && counts.refusals.is_empty(), "{counts:?}");
    assert_eq!(counts.connections_peak, 1);
}

#[test]
fn collected_but_not_delivered_is_exit_3_and_the_next_run_delivers_it() {
    let server = Server::start(Settings { script: "refused".parse().unwrap(), ..Settings::default() }).unwrap();
    let home = Home::with_config(&(streaming_to(&server) + SYSTEM));
    home.run(&["run", "--once"]).expect_code(3);
    assert_eq!(server.counts().stored, 0);
    server.set_script("");
    assert!(
        streamer_tests::eventually(streamer_tests::program::PATIENCE, || std::net::TcpStream::connect((
            "127.0.0.1",
            server.port()
        ))
        .ok())
        .is_some()
    );
    home.run(&["run", "--once"]).expect_code(0);
    let report = server.report();
    let rounds = report.events("test").iter().filter(|event| event.key.contains("load")).count();
    assert!(rounds >= 2, "both rounds must have arrived: {:?}", report.events("test"));
    assert_eq!((report.counts.duplicates, report.counts.out_of_order), (0, 0));
}

#[test]
fn the_ini_file_of_the_python_client_with_a_comment_behind_the_key() {
    let server = Server::start(Settings::default()).unwrap();
    let config = format!(
        r#"
[outputs.initial_state]
ini_file_location = "isstreamer.ini"
api_base = "{}"

[buckets.case]
key = "case"
{SYSTEM}"#,
        server.url()
    );
    let home = Home::with_config(&config);
    let ini = "[isstreamer.client_config]\naccess_key: ist_exampleKEY123 # my own key goes here\n\
               default_bucket: Pump #2 (shed; north)\n";
    std::fs::write(home.path("isstreamer.ini"), ini).unwrap();
    home.run(&["run", "--once"]).expect_code(0);
    let used: Vec<_> = server.counts().access_keys.into_keys().collect();
    assert_eq!(used, ["ist_exampleKEY123"]);
    assert!(server.counts().stored > 0);
}
