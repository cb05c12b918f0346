//! The Python client's loss table, row by row, for the library: what it loses, we do not.
//!
//! Sockets run in real time; every wait of the client, and the service's own clock, are scaled by the same factor.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod service;

use std::time::Duration;

use service::{KEY, PACE, Service};
use streamer::{Builder, Error, Streamer};
use streamer_tests::server::Tier;

const SECOND: Duration = Duration::from_secs(1);

fn builder(service: &Service) -> Builder {
    Streamer::builder()
        .ini_file_location("/dev/null")
        .access_key(KEY)
        .api_base(service.url())
        .bucket_key("case")
        .bucket_name("Case")
        .pace(PACE)
        .flush_timeout(Duration::from_secs(30))
}

/// Logs `count` numbered readings in bursts of ten, each a fifth of the service's second apart.
fn log(streamer: &Streamer, from: u64, count: u64) {
    for number in from..from + count {
        streamer.log("number", number).unwrap();
        if number % 10 == 9 {
            std::thread::sleep(SECOND.mul_f64(PACE / 5.0));
        }
    }
}

/// The pass marks that every row shares.
fn pass(service: &Service, expected: u64, most_duplicates: u64) {
    assert_eq!(service.wait_for(expected), expected, "lost; {:?}", service.counts());
    let counts = service.counts();
    assert_eq!(counts.unique, expected);
    assert!(counts.duplicates <= most_duplicates, "{counts:?}");
    assert!(counts.warnings.is_empty(), "{counts:?}");
    assert!(counts.connections_peak <= 2, "{counts:?}");
    assert!(counts.largest_batch <= 10, "{counts:?}");
    assert!(service.numbers("case").is_sorted());
    assert!(counts.user_agents.keys().all(|agent| agent.starts_with("Streamer/")), "{counts:?}");
    assert_eq!((counts.retry_after_violations, counts.soon_after_refusal), (0, 0), "{counts:?}");
}

/// 200 readings; after the first 20 were delivered the trouble begins.
fn row(script: &str, most_duplicates: u64) -> Service {
    let service = Service::start();
    let streamer = builder(&service).build().unwrap();
    log(&streamer, 0, 20);
    assert_eq!(service.wait_for(20), 20);
    service.set_script(script);
    log(&streamer, 20, 180);
    pass(&service, 200, most_duplicates);
    streamer.close().unwrap();
    service
}

#[test]
fn a_service_that_takes_longer_than_a_call_may_take_is_waited_for_in_the_end() {
    let service = Service::start();
    let streamer = builder(&service).build().unwrap();
    service.set_script("events:slow-after=40");
    (0..30).for_each(|number| streamer.log("number", number).unwrap());
    streamer.flush().unwrap();
    assert_eq!(service.numbers("case"), (0..30).collect::<Vec<_>>());
    // The first call is given up after 30 s, and perhaps one more on a machine that is slow itself.
    let counts = service.counts();
    assert!(counts.duplicates <= 20, "{counts:?}");
}

#[test]
fn an_answer_that_asks_for_no_wait_at_all_is_not_hammered() {
    for (script, status) in [("events:429+0@0s-10s", 429), ("events:503+0@0s-10s", 503)] {
        let calls = row(script, 0).counts().statuses[&status];
        assert!(calls <= 8, "{script}: {calls} calls in ten seconds");
    }
}

#[test]
fn a_burst_without_a_fault() {
    let service = Service::start();
    let streamer = builder(&service).build().unwrap();
    for number in 0..1000 {
        streamer.log("number", number).unwrap();
    }
    streamer.flush().unwrap();
    pass(&service, 1000, 0);
    let counts = service.counts();
    assert_eq!((counts.connections, counts.requests, counts.bucket_requests), (1, 101, 1));
}

#[test]
fn a_large_buffer_against_a_small_call() {
    for buffer in [50, 200] {
        let service = Service::set_up(|settings| settings.max_events = 10);
        let streamer = builder(&service).buffer_size(buffer).build().unwrap();
        for round in 0..5 {
            for number in 0..40 {
                streamer.log("number", round * 40 + number).unwrap();
            }
            streamer.flush().unwrap();
            assert_eq!(service.counts().unique, (round + 1) * 40);
        }
        pass(&service, 200, 0);
        assert_eq!(service.counts().requests, 21);
    }
}

#[test]
fn tiers_are_used_whole_and_never_exceeded() {
    for (tier, readings) in [(Tier::Student, 350), (Tier::Individual, 1000), (Tier::Enterprise, 1500)] {
        let service = Service::set_up(|settings| settings.tier = tier);
        let streamer = builder(&service).build().unwrap();
        for number in 0..readings {
            streamer.log("number", number).unwrap();
        }
        pass(&service, readings, 0);
        assert_eq!(service.counts().rate_limited, 0, "{tier:?}");
    }
}

#[test]
fn two_buckets_share_the_allowance_and_the_connection() {
    let service = Service::set_up(|settings| settings.tier = Tier::Student);
    let streamer = builder(&service).build().unwrap();
    for number in 0..150 {
        streamer.log("number", number).unwrap();
    }
    streamer.set_bucket("Other", Some("other")).unwrap();
    for number in 150..300 {
        streamer.log("number", number).unwrap();
    }
    assert_eq!(service.wait_for(300), 300);
    let counts = service.counts();
    assert_eq!((counts.rate_limited, counts.connections, counts.duplicates), (0, 1, 0));
    assert_eq!(service.numbers("case"), (0..150).collect::<Vec<_>>());
    assert_eq!(service.numbers("other"), (150..300).collect::<Vec<_>>());
}

#[test]
fn faults_of_the_service() {
    row("500@1", 0);
    row("500@0s-10s", 0);
    let service = row("503+5@0s-10s", 0);
    assert!(service.refused_calls() <= 4, "not hammered while told to wait: {}", service.refused_calls());
}

#[test]
fn too_many_calls_however_it_is_said() {
    for script in ["429@0s-5s", "429+5@0s-5s", "429+date5@0s-5s"] {
        let service = row(script, 0);
        assert!(service.refused_calls() <= 4, "{script}: {}", service.refused_calls());
    }
}

#[test]
fn connections_that_fail() {
    row("drop@0s-5s", 0);
    row("reset@0s-5s", 0);
    row("nonsense@0s-5s", 0);
    row("partial@0s-3s", 60);
}

#[test]
fn lost_answers_repeat_identical_bytes_and_at_most_their_batch() {
    // What is sent again and is not the same, byte for byte, would be counted as another event.
    let service = row("lost@1-10", 100);
    assert_eq!(service.counts().duplicates, 100);
}

#[test]
fn slow_answers() {
    // Within the time-out, and beyond it: then they may have been stored.
    row("slow-before=10@1-3", 0);
    row("slow-before=40@1-2", 20);
}

#[test]
fn nobody_listens_for_a_while() {
    row("refused@0s-10s", 0);
}

#[test]
fn no_network_at_the_start() {
    let service = Service::start();
    service.go_down();
    let streamer = builder(&service).build().unwrap();
    log(&streamer, 0, 100);
    service.come_back();
    pass(&service, 100, 0);
    assert_eq!(service.report().buckets[0].name, "Case");
}

#[test]
fn a_stopped_account_keeps_everything_and_is_not_hammered() {
    for status in [401, 402, 403] {
        let service = row(&format!("{status}@0s-60s"), 0);
        assert!(service.refused_calls() <= 4, "{status}: {}", service.refused_calls());
    }
}

#[test]
fn a_wrong_access_key_is_said_at_once_and_never_shown() {
    let service = Service::set_up(|settings| settings.access_key = Some("another".to_owned()));
    let streamer = builder(&service).build().unwrap();
    log(&streamer, 0, 20);
    let error = streamer.flush().unwrap_err();
    assert!(matches!(error, Error::NotDelivered { left: 20, .. }), "{error}");
    assert!(error.to_string().contains("401") && error.to_string().contains("access key"), "{error}");
    for text in [error.to_string(), format!("{error:?} {streamer:?} {:?}", streamer.status())] {
        assert!(!text.contains(KEY), "{text}");
    }
    service.change(|settings| settings.access_key = Some(KEY.to_owned()));
    pass(&service, 20, 0);
}

#[test]
fn a_removed_bucket_keeps_its_readings_and_holds_up_no_other() {
    let service = Service::start();
    let streamer = builder(&service).build().unwrap();
    service.set_script("removed@0s-20s");
    log(&streamer, 0, 20);
    let error = streamer.flush().unwrap_err();
    assert!(error.to_string().contains("BUCKET_REMOVED"), "{error}");
    pass(&service, 20, 0);
}

#[test]
fn an_odd_400_for_everything_sets_nothing_aside() {
    row("events:odd400@0s-10s", 0);
}

#[test]
fn portals_and_redirects_are_not_success() {
    row("portal@0s-5s", 0);
    let service = row("302@0s-1s redirect@1s-5s", 0);
    assert!(!service.counts().statuses.contains_key(&404), "a redirect was followed");
    row("202@0s-3s", 0);
}

#[test]
fn exactly_the_refused_reading_is_missing() {
    let service = Service::start();
    service.set_script("culprit=bad");
    let streamer = builder(&service).build().unwrap();
    for number in 0..200 {
        streamer.log(if number == 57 { "bad" } else { "number" }, number).unwrap();
    }
    assert_eq!(service.wait_for(199), 199);
    let error = streamer.flush().unwrap_err();
    assert!(error.to_string().contains("1 readings were refused"), "{error}");
    streamer.log("number", 200).unwrap();
    streamer.flush().unwrap();
    let (_, status) = streamer.status().remove(0);
    assert_eq!(status.counts.refused.values().sum::<u64>(), 1, "{status:?}");
    assert_eq!((status.counts.on_trial, status.counts.late, status.counts.sent), (1, 0, 200), "{status:?}");
    assert_eq!((service.counts().duplicates, service.counts().unique), (0, 200));
    let books = &streamer.spool_status().buckets[0].outputs[0];
    assert_eq!((books.accepted, books.acknowledged, books.set_aside), (201, 200, 1), "{books:?}");
}

#[test]
fn a_reading_on_trial_that_is_accepted_later_is_only_late() {
    let service = Service::start();
    service.set_script("culprit=bad");
    let streamer = builder(&service).build().unwrap();
    streamer.log("number", 0).unwrap();
    streamer.flush().unwrap();
    // Refused alone with nothing after it: the bucket waits, nothing is given up.
    streamer.log("bad", 1).unwrap();
    assert!(streamer.flush().is_err());
    service.set_script("");
    streamer.log("number", 2).unwrap();
    assert_eq!(service.wait_for(3), 3);
    let (_, status) = streamer.status().remove(0);
    assert!(status.counts.refused.is_empty(), "{status:?}");
    assert!(service.wait_until(|| streamer.spool_status().buckets[0].outputs[0].acknowledged == 3));
    assert_eq!(streamer.spool_status().buckets[0].outputs[0].set_aside, 0);
}

#[test]
fn many_refused_readings_at_the_head_do_not_stop_a_bucket_for_ever() {
    let service = Service::start();
    service.set_script("culprit=bad");
    let streamer = builder(&service).build().unwrap();
    for number in 0..35 {
        streamer.log("bad", number).unwrap();
    }
    streamer.log("number", 35).unwrap();
    assert_eq!(service.wait_for(1), 1);
    streamer.log("number", 36).unwrap();
    assert_eq!(service.wait_for(2), 2);
}

#[test]
fn too_large_calls_are_halved_once() {
    let service = Service::set_up(|settings| settings.max_events = 5);
    let streamer = builder(&service).build().unwrap();
    log(&streamer, 0, 100);
    pass(&service, 100, 0);
    assert_eq!(service.refused_calls(), 1, "the smaller size is remembered");
}

#[test]
fn a_bucket_is_created_again_only_when_it_is_wanted() {
    let service = Service::start();
    let streamer = builder(&service).build().unwrap();
    log(&streamer, 0, 50);
    pass(&service, 50, 0);
    assert_eq!(service.counts().bucket_requests, 1);
    service.forget_bucket("case");
    log(&streamer, 50, 50);
    pass(&service, 100, 0);
    assert_eq!(service.counts().bucket_requests, 2);
}
