//! The individual tier: what is read arrives once, in order, and never too fast.

use std::time::Duration;

use streamer_tests::program::Home;
use streamer_tests::server::{Server, Settings, Tier};
use streamer_tests::{setting, streaming_to};

#[test]
fn every_reading_once_in_order_without_a_single_429() {
    let server = Server::start(Settings { tier: Tier::Individual, bucket_first: true, ..Settings::default() }).unwrap();
    let config = format!(
        r#"{}
[outputs.local]

[agent]
shutdown_timeout = "30s"

[[inputs.system]]
interval = "1s"
collect = ["cpu", "memory", "load", "uptime"]
"#,
        streaming_to(&server)
    );
    let home = Home::with_config(&config);
    let agent = home.start_agent();
    let seconds = setting("STREAMER_TIER_SECONDS", 25);
    // A burst on top of the readings: more than one window holds, to be paced and not to be refused.
    assert_eq!(home.log_numbers(0..400).code(), Some(0));
    std::thread::sleep(Duration::from_secs(seconds));
    agent.stop().expect_code(0);
    let report = server.report();
    let counts = &report.counts;
    assert_eq!(counts.rate_limited, 0, "{counts:?}");
    assert_eq!((counts.retry_after_violations, counts.soon_after_refusal, counts.over_cap), (0, 0, 0), "{counts:?}");
    assert_eq!((counts.duplicates, counts.out_of_order), (0, 0), "{counts:?}");
    assert!(counts.connections_peak <= 1 && counts.warnings.is_empty(), "{counts:?}");
    // The local store is exactly-once: what it holds is what was read.
    let mut stored: Vec<_> = home.export("test").into_iter().map(|row| (row.key, row.epoch)).collect();
    let mut sent: Vec<_> = report.events("test").iter().map(|event| (event.key.clone(), event.epoch)).collect();
    stored.sort();
    sent.sort();
    assert!(stored.len() as u64 > 400 + seconds, "only {} readings", stored.len());
    assert_eq!(sent, stored);
    let numbers: Vec<_> = report.events("test").iter().filter(|e| e.key == "n").map(|e| e.value.clone()).collect();
    assert_eq!(numbers, (0..400).map(|n| n.to_string()).collect::<Vec<_>>());
}
