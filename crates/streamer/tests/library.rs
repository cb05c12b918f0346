//! The library's calls, from outside.

mod service;

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use service::{KEY, PACE, Service};
use streamer::{BuildError, Builder, Epoch, Error, Refusal, Streamer};

fn builder(service: &Service) -> Builder {
    offline_builder().access_key(KEY).api_base(service.url()).bucket_key("case").pace(PACE)
}

fn offline_builder() -> Builder {
    Streamer::builder().ini_file_location("/dev/null")
}

#[test]
fn the_ini_file_gives_what_no_argument_does() {
    let service = Service::set_up(|settings| settings.access_key = Some("ist_exampleKEY123".to_owned()));
    let name = |bucket: &str| {
        let report = service.report();
        report.buckets.iter().find(|found| found.key == bucket).map(|found| found.name.clone()).unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let ini = folder.path().join("my.ini");
    let text = "[isstreamer.client_config]\naccess_key: ist_exampleKEY123 # my own key goes here\n\
                default_bucket: Pump #2 (shed; north)\nbucket_key: from_ini\nbuffer_size: 3\n\
                [isstreamer.api_config]\nstream_api_base: ";
    fs::write(&ini, format!("{text}{}\n", service.url())).unwrap();
    let build = || Streamer::builder().ini_file_location(&ini).pace(PACE);

    let streamer = build().build().unwrap();
    streamer.log("one", 1).unwrap();
    streamer.close().unwrap();
    assert_eq!(name("from_ini"), "Pump #2 (shed; north)");

    let streamer = build().bucket_key("from_argument").bucket_name("Argument").build().unwrap();
    streamer.log("one", 1).unwrap();
    streamer.close().unwrap();
    assert_eq!(name("from_argument"), "Argument");
    assert!(service.counts().warnings.is_empty());
}

#[test]
fn what_cannot_work_is_an_error_at_build() {
    let refused = |builder: Builder| builder.build().unwrap_err();
    assert!(matches!(refused(offline_builder()), BuildError::Account(_)));
    assert!(refused(offline_builder()).to_string().contains("access key"));
    assert!(matches!(refused(offline_builder().access_key("a b")), BuildError::Account(_)));
    assert!(matches!(refused(offline_builder().access_key("k").api_base("ftp://x")), BuildError::Account(_)));
    assert!(matches!(refused(offline_builder().access_key("k").bucket_key("a:b")), BuildError::Bucket(_)));
    assert!(matches!(refused(Streamer::builder().ini_file_location("/nonexistent/x.ini")), BuildError::Ini(_)));
    let unwritable = offline_builder().offline(true).offline_file("/nonexistent/folder/out.csv");
    assert!(matches!(refused(unwritable), BuildError::OfflineFile { .. }));
}

#[test]
fn a_bucket_without_a_key_gets_a_fresh_one() {
    let build = || offline_builder().access_key("k").build().unwrap().bucket_key().to_string();
    let (one, two) = (build(), build());
    assert_ne!(one, two);
    assert_eq!(one.len(), 36);
}

#[test]
fn offline_appends_to_the_file_that_was_named() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, value: i32| {
        let file = folder.path().join(name);
        let streamer = offline_builder().offline(true).offline_file(file).build().unwrap();
        streamer.log_at("temperature", value, Epoch::from_micros(1_790_000_000_123_456)).unwrap();
        streamer.set_bucket("other", Some("other")).unwrap();
        streamer.log_at("note", "a, b", Epoch::from_micros(1_790_000_001_000_000)).unwrap();
        streamer.close().unwrap();
    };
    run("out.csv", 1);
    run("out.csv", 2);
    run("bare", 3);
    let text = fs::read_to_string(folder.path().join("out.csv")).unwrap();
    let mut rows: Vec<_> = text.lines().collect();
    // Two buckets are two drains; within a bucket the order holds.
    rows.sort_unstable();
    let note = "1790000001.000000,note,\"a, b\"";
    assert_eq!(rows, ["1790000000.123456,temperature,1", "1790000000.123456,temperature,2", note, note]);
    assert!(folder.path().join("bare.csv").exists());
}

#[test]
fn epochs_go_out_to_the_last_digit_and_false_ones_are_refused() {
    let service = Service::start();
    let streamer = builder(&service).build().unwrap();
    streamer.log_at("a", 1, Epoch::from_micros(1_789_999_999_999_999)).unwrap();
    let milliseconds = Epoch::from_micros(1_790_000_000_000 * 1_000_000);
    assert!(matches!(streamer.log_at("a", 1, milliseconds), Err(Error::Refused(Refusal::EpochMilliseconds(_)))));
    assert!(matches!(streamer.log_at("a", 1, Epoch::ZERO), Err(Error::Refused(Refusal::EpochTooOld(_)))));
    assert!(matches!(streamer.log("a", f64::NAN), Err(Error::Refused(Refusal::NotFinite(_)))));
    assert!(matches!(streamer.log("", 1), Err(Error::Refused(Refusal::KeyEmpty))));
    assert!(matches!(streamer.log("a", "x".repeat(2001)), Err(Error::Refused(Refusal::TextTooLong(2001)))));
    streamer.flush().unwrap();
    let events = service.events("case");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].epoch, 1_789_999_999_999_999);
}

#[test]
fn an_object_has_one_epoch_and_its_refused_parts_are_listed() {
    let service = Service::start();
    let streamer = builder(&service).build().unwrap();
    streamer.log_object(None, &BTreeMap::from([("a", 1), ("b", 2)])).unwrap();
    let error = streamer.log_object(Some("w"), &serde_json::json!({"x": {"y": {"z": 1}}, "n": null, "m": [null]}));
    let error = error.unwrap_err().to_string();
    assert!(error.contains("w_n: ") && error.contains("w_m_0: "), "{error}");
    streamer.log_object_at(Some(""), &[true], Epoch::from_micros(1_790_000_000_000_001)).unwrap();
    streamer.flush().unwrap();
    let events = service.events("case");
    let keys: Vec<_> = events.iter().map(|event| event.key.as_str()).collect();
    assert_eq!(keys, ["dict_a", "dict_b", "w_x_y_z", "0"]);
    assert_eq!(events[0].epoch, events[1].epoch);
    assert_eq!(events[3].epoch, 1_790_000_000_000_001);
}

#[test]
fn a_full_buffer_refuses_and_what_was_accepted_arrives() {
    let service = Service::start();
    service.go_down();
    let streamer = builder(&service).memory_limit(20_000).flush_timeout(Duration::from_secs(30)).build().unwrap();
    let mut accepted = 0;
    let full = loop {
        match streamer.log("number", accepted) {
            Ok(()) => accepted += 1,
            Err(error) => break error,
        }
        assert!(accepted < 20_000, "the buffer is not bounded");
    };
    assert!(matches!(full, Error::Full), "{full}");
    service.come_back();
    streamer.flush().unwrap();
    assert_eq!(service.counts().unique, accepted);
    streamer.log("number", accepted).unwrap();
}

#[test]
fn a_flush_waits_no_longer_than_it_was_told_and_says_why() {
    let service = Service::start();
    service.go_down();
    let streamer = builder(&service).flush_timeout(Duration::from_millis(150)).build().unwrap();
    streamer.log("a", 1).unwrap();
    streamer.log("a", 2).unwrap();
    let error = streamer.flush().unwrap_err();
    assert!(matches!(&error, Error::NotDelivered { left: 2, .. }), "{error}");
    assert!(error.to_string().contains("cannot connect"), "{error}");
    assert!(matches!(streamer.close(), Err(Error::NotDelivered { .. })));
}

#[test]
fn at_level_two_a_failure_comes_back_and_the_reading_was_accepted() {
    let service = Service::start();
    service.set_script("events:500@1");
    let streamer = builder(&service).debug_level(2).buffer_size(1).build().unwrap();
    streamer.log("number", 0).unwrap();
    assert!(service.wait_until(|| service.refused_calls() == 1 && service.counts().unique == 1));
    let error = streamer.log("number", 1).unwrap_err();
    assert!(matches!(&error, Error::Delivery(why) if why.contains("CORE_API_ERROR")), "{error}");
    streamer.log("number", 2).unwrap();
    streamer.flush().unwrap();
    assert_eq!(service.counts().unique, 3);
}

#[test]
fn a_lone_reading_leaves_after_a_second_and_the_rest_when_dropped() {
    let service = Service::start();
    let streamer = builder(&service).build().unwrap();
    streamer.log("number", 0).unwrap();
    assert_eq!(service.wait_for(1), 1);
    drop(streamer);
    let streamer = builder(&service).flush_interval(Duration::from_secs(3600)).pace(1.0).build().unwrap();
    streamer.log("number", 1).unwrap();
    drop(streamer);
    assert_eq!(service.counts().unique, 2);
}

#[test]
fn set_bucket_leaves_what_was_logged_where_it_was_and_goes_back() {
    let service = Service::start();
    let streamer = builder(&service).build().unwrap();
    for (number, bucket) in ["one", "two", "one"].into_iter().enumerate() {
        streamer.set_bucket("Name", Some(bucket)).unwrap();
        assert_eq!(streamer.bucket_key().as_str(), bucket);
        streamer.log("number", number).unwrap();
    }
    streamer.flush().unwrap();
    assert_eq!((service.numbers("one"), service.numbers("two")), (vec![0, 2], vec![1]));
    assert!(streamer.set_bucket("Name", Some("no:good")).is_err());
    assert_eq!(streamer.bucket_key().as_str(), "one");
}

#[test]
fn inside_an_async_program_both_kinds_of_flush_work() {
    let service = Service::start();
    let streamer = builder(&service).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        streamer.log("number", 0).unwrap();
        streamer.flush_async().await.unwrap();
        assert_eq!(service.counts().unique, 1);
        streamer.log("number", 1).unwrap();
        streamer.flush().unwrap();
        streamer.log("number", 2).unwrap();
        streamer.close_async().await.unwrap();
    });
    assert_eq!(service.counts().unique, 3);
}

#[test]
fn many_threads_share_one_streamer() {
    let service = Service::start();
    let streamer = builder(&service).flush_timeout(Duration::from_secs(30)).build().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let streamer = &streamer;
            scope.spawn(move || {
                for number in 0..100 {
                    streamer.log(format!("thread_{thread}"), number).unwrap();
                }
            });
        }
    });
    streamer.flush().unwrap();
    assert_eq!((service.counts().unique, service.counts().connections), (400, 1));
    let events = service.events("case");
    for thread in 0..4 {
        let key = format!("thread_{thread}");
        let of_key = events.iter().filter(|event| event.key == key);
        let numbers: Vec<u64> = of_key.map(|event| event.value.parse().unwrap()).collect();
        assert!(numbers.is_sorted());
    }
}
