//! With a spool: what was accepted survives a restart and a killed process.

mod service;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use service::{KEY, PACE, Service};
use streamer::{Builder, Streamer};
use streamer_tests::server::Tier;

/// Tells the child process of a test where its spool and its service are.
const CHILD: &str = "STREAMER_TEST_CHILD";

fn builder(base: &str, folder: &Path) -> Builder {
    Streamer::builder()
        .ini_file_location("/dev/null")
        .access_key(KEY)
        .api_base(base)
        .bucket_key("case")
        .bucket_name("Case")
        .spool(folder)
        .pace(PACE)
        .flush_timeout(Duration::from_secs(30))
}

#[test]
fn a_restart_goes_on_where_the_last_run_ended() {
    let (service, folder) = (Service::start(), tempfile::tempdir().unwrap());
    let spool = folder.path().join("spool");
    let first = builder(&service.url(), &spool).build().unwrap();
    first.log("number", 0).unwrap();
    first.close().unwrap();
    service.go_down();
    let second = builder(&service.url(), &spool).flush_timeout(Duration::from_millis(50)).build().unwrap();
    for number in 1..100 {
        second.log("number", number).unwrap();
    }
    assert!(second.close().is_err());
    service.come_back();
    let third = builder(&service.url(), &spool).build().unwrap();
    third.log("number", 100).unwrap();
    third.flush().unwrap();
    assert_eq!(service.numbers("case"), (0..=100).collect::<Vec<_>>());
    assert_eq!(service.counts().bucket_requests, 1, "a created bucket is remembered");
}

#[test]
fn one_folder_is_for_one_program() {
    let folder = tempfile::tempdir().unwrap();
    let _first = builder("http://127.0.0.1:9", folder.path()).build().unwrap();
    let error = builder("http://127.0.0.1:9", folder.path()).build().unwrap_err();
    assert!(error.to_string().contains("spool"), "{error}");
}

#[test]
fn a_killed_process_loses_nothing_that_was_accepted() {
    let service = Service::set_up(|settings| settings.tier = Tier::Individual);
    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().join("spool");
    let mut accepted = 0;
    for round in 0..5 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_process_that_is_killed", "--nocapture"])
            .env(CHILD, format!("{} {} {accepted}", service.url(), spool.display()))
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        // The child says each number once it is accepted.
        let mut said = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
        while accepted < (round + 1) * 137 {
            let line = said.next().unwrap().unwrap();
            if let Some(number) = line.rsplit_once("accepted ").and_then(|(_, number)| number.parse::<usize>().ok()) {
                accepted = number + 1;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What it said between the last line that was read and its end.
        accepted = said
            .map_while(Result::ok)
            .filter_map(|line| line.rsplit_once("accepted ")?.1.parse::<usize>().ok())
            .last()
            .map_or(accepted, |number| number + 1);
    }
    let last = builder(&service.url(), &spool).build().unwrap();
    last.flush().unwrap();
    let (numbers, counts) = (service.numbers("case"), service.counts());
    assert!(numbers.is_sorted(), "{numbers:?}");
    // The last one of a child may be accepted and not said.
    assert!(numbers.len() >= accepted, "{} of {accepted}", numbers.len());
    assert!((0..accepted as u64).all(|number| numbers.binary_search(&number).is_ok()));
    assert!(counts.duplicates <= 5 * 11, "{} duplicates in five kills", counts.duplicates);
    // A fresh process knows no allowance; its first call is the question.
    assert!(counts.rate_limited <= 5, "{} throttled in five starts", counts.rate_limited);
}

/// Not a test by itself: the process that the test above starts and kills.
#[test]
fn the_process_that_is_killed() {
    let Ok(told) = std::env::var(CHILD) else { return };
    let mut told = told.split(' ');
    let mut word = || told.next().unwrap();
    let (base, folder) = (word(), word());
    let streamer = builder(base, Path::new(folder)).build().unwrap();
    for number in word().parse::<usize>().unwrap().. {
        streamer.log("number", number).unwrap();
        println!("accepted {number}");
        if number % 7 == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
