//! Inputs faster than the allowance: the backlog stays bounded, the policy does what it says, the books balance, and
//! `status` says when the backlog will be gone. Who can wait fills no memory while a batch is gathered.

use serde_json::Value;
use streamer_tests::program::{Home, PATIENCE};
use streamer_tests::server::{Server, Settings, Tier};
use streamer_tests::{eventually, streaming_to, unix_now};

const MAX_SIZE: u64 = 1_000_000;

/// Counts up, 40 numbers each tenth of a second as far as the machine lets it, each with a text that takes room. A program
/// that is asked cannot wait.
const FLOOD: &str = r#"
[[inputs.exec]]
id = "flood"
interval = "100ms"
timeout = "30s"
shell = "pad=$(printf '%0400d' 0); i=$(cat count || echo 0); for j in $(seq 40); do i=$((i+1)); echo n=${i}x$pad; done; echo $i > count"
format = "key_value"
"#;

/// A student's account whose ten seconds pass in one: at most 100 readings a second, a quarter of what comes.
fn start(on_full: &str) -> (Server, Home, String) {
    let server = Server::start(Settings { tier: Tier::Student, speed: 10.0, ..Settings::default() });
    let server = server.expect("a server");
    let quiet = format!(
        "{}\n[spool]\nmax_size = \"{MAX_SIZE}B\"\non_full = \"{on_full}\"\nsync = \"1s\"\n",
        streaming_to(&server)
    );
    let home = Home::with_config(&(quiet.clone() + FLOOD)).env("STREAMER_TEST_PACE", "0.1");
    (server, home, quiet)
}

fn output(status: &Value) -> &Value {
    &status["buckets"][0]["outputs"][0]
}

fn count(table: &Value, name: &str) -> u64 {
    table[name].as_u64().unwrap_or_else(|| panic!("{name} in {table:#}"))
}

/// The numbers that arrived, in order of arrival.
fn arrived(server: &Server) -> Vec<u64> {
    let number = |value: &String| value.trim_matches('"').split('x').next()?.parse().ok();
    server.report().events("test").iter().filter_map(|event| number(&event.value)).collect()
}

/// What one policy promises, from the flood to the last reading.
fn overloaded(on_full: &str, lost: impl Fn(&Value) -> u64) -> (Vec<u64>, u64) {
    let (server, home, quiet) = start(on_full);
    let agent = home.start_agent();
    let watched = eventually(PATIENCE * 2, || {
        let status = home.status()?;
        assert!(count(&status["spool"], "bytes") <= MAX_SIZE, "the bound does not hold: {status:#}");
        // More than the allowance comes for as long as it takes to lose a thousand readings.
        (lost(&status) > 1000 && output(&status)["goes_per_s"].is_number()).then_some(status)
    });
    let status = watched.unwrap_or_else(|| panic!("{:#?}\n{}", home.status(), agent.stderr()));
    assert!(output(&status)["oldest_age"].is_u64(), "{status:#}");
    let said = || agent.stderr().matches("the spool is full, and").count();
    let once = eventually(PATIENCE, || (said() > 0).then_some(()));
    assert!(once.is_some() && said() == 1, "{}", agent.stderr());
    // No end can be promised while more comes than goes.
    let words = home.run(&["status"]).expect_code(0).stdout;
    assert!(words.contains("growing or standing still") || words.contains("gone in about"), "{words}");
    home.configure(&quiet);
    agent.signal(rustix::process::Signal::HUP);
    let ended = eventually(PATIENCE, || {
        let status = home.status()?;
        (status["inputs"].as_array()?.is_empty() && output(&status)["drained_in"].is_number()).then_some(status)
    });
    let status = ended.unwrap_or_else(|| panic!("{:#?}\n{}", home.status(), agent.stderr()));
    let (began, estimate) = (unix_now(), count(output(&status), "drained_in"));
    let drained = eventually(PATIENCE * 2, || {
        let status = home.status()?;
        (count(output(&status), "waiting") == 0).then_some(status)
    });
    let status = drained.unwrap_or_else(|| panic!("{:#?}\n{}", home.status(), agent.stderr()));
    #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
    let (took, estimate) = (unix_now() - began, estimate as f64);
    // The flood is in the rates of the last minute still, so the estimate is on the careful side, never on the other.
    assert!(took <= estimate * 1.5 + 5.0, "said {estimate} s, took {took} s");
    agent.stop().expect_code(0);
    let output = output(&status);
    let numbers = arrived(&server);
    let counts = server.counts();
    assert_eq!((counts.duplicates, counts.out_of_order, counts.rate_limited), (0, 0, 0), "{counts:?}");
    // Two sides that do not know of each other: the server's own count, and the agent's books.
    assert_eq!(counts.unique, count(output, "acknowledged"));
    let dropped = count(&output["dropped"], "full");
    assert_eq!(count(output, "accepted"), counts.unique + dropped, "{output:#}");
    assert!(numbers.is_sorted(), "order is kept");
    (numbers, lost(&status))
}

#[test]
fn the_oldest_go_and_are_counted() {
    let dropped = |status: &Value| count(&output(status)["dropped"], "full");
    let (numbers, dropped) = overloaded("drop_oldest", dropped);
    let last = numbers.last().copied().unwrap_or_default();
    // The source numbered what it told: what did not arrive is what was counted, and the newest are all there.
    assert_eq!(last - numbers.len() as u64, dropped);
    let tail: Vec<u64> = (last - 500..=last).collect();
    assert_eq!(numbers[numbers.len() - 501..], tail);
}

#[test]
fn the_newest_are_refused_and_counted() {
    let refused = |status: &Value| count(&status["buckets"][0]["refused"], "full");
    let (numbers, refused) = overloaded("drop_newest", refused);
    assert!(refused > 1000);
    // Nothing that was accepted was cut: the first ones all arrived, one after the other.
    assert_eq!(numbers[..500], (1..=500).collect::<Vec<u64>>());
}

#[test]
fn who_can_wait_is_not_kept_waiting_until_a_batch_is_full() {
    let server = Server::start(Settings { max_events: 5000, ..Settings::default() }).expect("a server");
    let calls = streaming_to(&server).replace("api_base", "max_events_per_call = 5000\napi_base");
    // Neither its size nor its time lets a batch go while anybody looks.
    let gathers = "buffer_size = 1000000\nflush_interval = \"1h\"\n";
    let home = Home::new();
    let log = home.path("lines.log");
    let lines: String = (0..20_000).map(|number| format!("{number:0100}\n")).collect();
    std::fs::write(&log, lines).expect("room for a log");
    home.configure(&format!("{calls}{gathers}[[inputs.tail]]\nfiles = [{log:?}]\nfrom = \"start\"\n"));
    let agent = home.start_agent();
    let came = eventually(PATIENCE, || (server.counts().unique > 1000).then_some(()));
    assert!(came.is_some(), "{:#?}\n{}", home.status(), agent.stderr());
    agent.stop().expect_code(0);
    let counts = server.counts();
    assert_eq!((counts.duplicates, counts.out_of_order), (0, 0), "{counts:?}");
}
