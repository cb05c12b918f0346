//! The Python client's loss table, row by row, for the library: what it loses, we do not.
//!
//! Sockets run in real time; every wait of the client, and the service's own clock, are scaled by the same factor.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod service;

use std::time::Duration;

use service::{Fault, KEY, PACE, Service};
use streamer::{Builder, Error, Streamer};

const SECOND: Duration = Duration::from_secs(1);
const REMOVED: &str = r#"{"message":{"error":{"type":"BUCKET_REMOVED","message":"gone"}}}"#;
const PORTAL: &str = "<html><body>Welcome to the hotel</body></html>";

fn builder(service: &Service) -> Builder {
    Streamer::builder()
        .ini_file_location("/dev/null")
        .access_key(KEY)
        .api_base(service.base())
        .bucket_key("case")
        .bucket_name("Case")
        .pace(PACE)
        .flush_timeout(Duration::from_secs(30))
}

/// Logs `count` numbered readings in bursts of ten, each a fifth of the service's second apart.
fn log(streamer: &Streamer, from: usize, count: usize) {
    for number in from..from + count {
        streamer.log("number", number).unwrap();
        if number % 10 == 9 {
            std::thread::sleep(SECOND.mul_f64(PACE / 5.0));
        }
    }
}

/// The pass marks that every row shares.
fn pass(service: &Service, expected: usize, most_duplicates: usize) {
    assert_eq!(service.wait_for(expected), expected, "lost; {:?}", service.books());
    let books = service.books();
    assert_eq!(books.unique.len(), expected);
    assert!(books.duplicates <= most_duplicates, "{} duplicates", books.duplicates);
    assert!(books.bad.is_empty(), "{:?}", books.bad);
    assert!(books.peak <= 2, "{} connections at once", books.peak);
    assert!(books.largest_batch <= 10, "{} events in a call", books.largest_batch);
    let mut last = None;
    for (.., value, _) in &books.events {
        let number = value.as_u64();
        // What comes twice comes as a whole batch again; apart from that numbers only rise.
        assert!(most_duplicates > 0 || number > last, "{number:?} after {last:?}");
        last = number.max(last);
    }
}

/// 200 readings; after the first 20 were delivered the fault begins.
fn row(fault: impl FnOnce(&Service), most_duplicates: usize) -> Service {
    let service = Service::start();
    let streamer = builder(&service).build().unwrap();
    log(&streamer, 0, 20);
    assert_eq!(service.wait_for(20), 20);
    fault(&service);
    log(&streamer, 20, 180);
    pass(&service, 200, most_duplicates);
    streamer.close().unwrap();
    service
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
    let books = service.books();
    assert_eq!(books.connections, 1);
    assert_eq!(books.calls, 101);
    assert_eq!((books.order[0], books.bucket_calls), ("bucket", 1));
}

#[test]
fn a_large_buffer_against_a_small_call() {
    for buffer in [50, 200] {
        let service = Service::start();
        service.most_events(10);
        let streamer = builder(&service).buffer_size(buffer).build().unwrap();
        for round in 0..5 {
            for number in 0..40 {
                streamer.log("number", round * 40 + number).unwrap();
            }
            streamer.flush().unwrap();
            assert_eq!(service.books().unique.len(), (round + 1) * 40);
        }
        pass(&service, 200, 0);
        assert_eq!(service.books().calls, 21);
    }
}

#[test]
fn tiers_are_used_whole_and_never_exceeded() {
    for (calls, readings) in [(10, 350), (30, 1000), (60, 1500)] {
        let service = Service::start();
        service.tier(calls);
        let streamer = builder(&service).build().unwrap();
        for number in 0..readings {
            streamer.log("number", number).unwrap();
        }
        pass(&service, readings, 0);
        assert_eq!(service.books().throttled, 0, "tier {calls}");
    }
}

#[test]
fn two_buckets_share_the_allowance_and_the_connection() {
    let service = Service::start();
    service.tier(10);
    let streamer = builder(&service).build().unwrap();
    for number in 0..150 {
        streamer.log("number", number).unwrap();
    }
    streamer.set_bucket("Other", Some("other")).unwrap();
    for number in 150..300 {
        streamer.log("number", number).unwrap();
    }
    assert_eq!(service.wait_for(300), 300);
    let books = service.books();
    assert_eq!((books.throttled, books.connections, books.duplicates), (0, 1, 0));
    for (bucket, _, value, _) in &books.events {
        assert_eq!(bucket == "case", value.as_u64().unwrap() < 150);
    }
}

#[test]
fn faults_of_the_service() {
    row(|s| s.fail(&Fault::Answer(500, "", ""), 1), 0);
    row(|s| s.fail_for(Fault::Answer(500, "", "CORE_API_ERROR"), 10 * SECOND), 0);
    let service = row(|s| s.fail_for(Fault::Answer(503, "Retry-After: 5\r\n", ""), 10 * SECOND), 0);
    assert!(service.books().refused_calls <= 4, "not hammered while told to wait: {}", service.books().refused_calls);
}

#[test]
fn too_many_calls_however_it_is_said() {
    for fault in [Fault::Answer(429, "", ""), Fault::Answer(429, "Retry-After: 5\r\n", ""), Fault::RetryAtDate(5)] {
        let service = row(|s| s.fail_for(fault.clone(), 5 * SECOND), 0);
        assert!(service.books().refused_calls <= 4, "{fault:?}: {}", service.books().refused_calls);
    }
}

#[test]
fn connections_that_fail() {
    row(|s| s.fail_for(Fault::Close, 5 * SECOND), 0);
    row(|s| s.fail_for(Fault::Reset, 5 * SECOND), 0);
    row(|s| s.fail_for(Fault::Nonsense, 5 * SECOND), 0);
    row(|s| s.fail_for(Fault::CutAnswer, 3 * SECOND), 60);
}

#[test]
fn lost_answers_repeat_identical_bytes_and_at_most_their_batch() {
    let service = row(|s| s.fail(&Fault::LoseAnswer, 10), 100);
    let books = service.books();
    assert_eq!(books.duplicates, 100);
    for pair in books.bodies.windows(2) {
        let number = |body: &String| serde_json::from_str::<serde_json::Value>(body).unwrap()[0]["value"].as_u64();
        assert!(number(&pair[0]) != number(&pair[1]) || pair[0] == pair[1], "{} and {}", pair[0], pair[1]);
    }
}

#[test]
fn slow_answers() {
    // Within the time-out, and beyond it: then they may have been stored.
    row(|s| s.fail(&Fault::Slow(10 * SECOND), 3), 0);
    row(|s| s.fail(&Fault::Slow(40 * SECOND), 2), 20);
}

#[test]
fn nobody_listens_for_a_while() {
    let service = row(
        |s| {
            s.go_down();
            let later = s.clone();
            std::thread::spawn(move || {
                std::thread::sleep((10 * SECOND).mul_f64(PACE));
                later.come_back();
            });
        },
        0,
    );
    assert_eq!(service.books().duplicates, 0);
}

#[test]
fn no_network_at_the_start() {
    let service = Service::start();
    service.go_down();
    let streamer = builder(&service).build().unwrap();
    log(&streamer, 0, 100);
    service.come_back();
    pass(&service, 100, 0);
    assert_eq!(service.books().buckets["case"], "Case");
}

#[test]
fn a_stopped_account_keeps_everything_and_is_not_hammered() {
    for status in [401, 402, 403] {
        let service = row(|s| s.fail_for(Fault::Answer(status, "", "{\"message\":\"no\"}"), 60 * SECOND), 0);
        assert!(service.books().refused_calls <= 4, "{status}: {}", service.books().refused_calls);
    }
}

#[test]
fn a_wrong_access_key_is_said_at_once_and_never_shown() {
    let service = Service::start();
    service.access_key("another");
    let streamer = builder(&service).build().unwrap();
    log(&streamer, 0, 20);
    let error = streamer.flush().unwrap_err();
    assert!(matches!(error, Error::NotDelivered { left: 20, .. }), "{error}");
    assert!(error.to_string().contains("401") && error.to_string().contains("access key"), "{error}");
    for text in [error.to_string(), format!("{error:?} {streamer:?} {:?}", streamer.status())] {
        assert!(!text.contains(KEY), "{text}");
    }
    service.access_key(KEY);
    pass(&service, 20, 0);
}

#[test]
fn a_removed_bucket_keeps_its_readings_and_holds_up_no_other() {
    let service = Service::start();
    let streamer = builder(&service).build().unwrap();
    service.fail_for(Fault::Answer(400, "", REMOVED), 20 * SECOND);
    log(&streamer, 0, 20);
    let error = streamer.flush().unwrap_err();
    assert!(error.to_string().contains("BUCKET_REMOVED"), "{error}");
    pass(&service, 20, 0);
}

#[test]
fn an_odd_400_for_everything_sets_nothing_aside() {
    let service = row(|s| s.fail_for(Fault::Events(400, "{\"odd\":true}"), 10 * SECOND), 0);
    assert_eq!(service.books().unique.len(), 200);
}

#[test]
fn portals_and_redirects_are_not_success() {
    row(|s| s.fail_for(Fault::Answer(200, "Content-Type: text/html\r\n", PORTAL), 5 * SECOND), 0);
    let service = row(|s| s.fail_for(Fault::Answer(302, "Location: /elsewhere\r\n", ""), 5 * SECOND), 0);
    assert!(service.books().bad.is_empty(), "a redirect was followed");
    row(|s| s.fail_for(Fault::Answer(202, "", ""), 3 * SECOND), 0);
}

#[test]
fn exactly_the_refused_reading_is_missing() {
    let service = Service::start();
    service.refuse_key(Some("bad"));
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
    let books = service.books();
    assert_eq!((books.duplicates, books.unique.len()), (0, 200));
}

#[test]
fn a_reading_on_trial_that_is_accepted_later_is_only_late() {
    let service = Service::start();
    service.refuse_key(Some("bad"));
    let streamer = builder(&service).build().unwrap();
    streamer.log("number", 0).unwrap();
    streamer.flush().unwrap();
    // Refused alone with nothing after it: the bucket waits, nothing is given up.
    streamer.log("bad", 1).unwrap();
    assert!(streamer.flush().is_err());
    service.refuse_key(None);
    streamer.log("number", 2).unwrap();
    assert_eq!(service.wait_for(3), 3);
    let (_, status) = streamer.status().remove(0);
    assert!(status.counts.refused.is_empty(), "{status:?}");
}

#[test]
fn many_refused_readings_at_the_head_do_not_stop_a_bucket_for_ever() {
    let service = Service::start();
    service.refuse_key(Some("bad"));
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
    let service = Service::start();
    service.most_events(5);
    let streamer = builder(&service).build().unwrap();
    log(&streamer, 0, 100);
    pass(&service, 100, 0);
    assert_eq!(service.books().refused_calls, 1, "the smaller size is remembered");
}

#[test]
fn a_bucket_is_created_again_only_when_it_is_wanted() {
    let service = Service::start();
    service.strict_buckets();
    let streamer = builder(&service).build().unwrap();
    log(&streamer, 0, 50);
    pass(&service, 50, 0);
    assert_eq!(service.books().bucket_calls, 1);
    service.forget_bucket("case");
    log(&streamer, 50, 50);
    pass(&service, 100, 0);
    assert_eq!(service.books().bucket_calls, 2);
}
