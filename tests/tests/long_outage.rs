//! An outage that lasts, and what is left of it: an hour's readings, and readings in real time.
//!
//! The long runs: `STREAMER_READINGS=3600000` is the hour at 1,000 readings a second, with a spool of 512 MB and of 64 MB;
//! `STREAMER_OUTAGE_SECONDS=600` is ten minutes of 30 a second. Without them both are cut down, and their spool with them.

use std::fmt::Write;

use serde_json::Value;
use streamer_tests::program::{Home, PATIENCE, Running};
use streamer_tests::server::{Server, Settings, Tier};
use streamer_tests::{eventually, setting, streaming_to, unix_now};

/// The readings of an hour at 1,000 a second.
const HOUR: u64 = 3_600_000;
/// Readings in one call of the service, where an hour has to be delivered.
const CALL: u64 = 1000;
/// What the service's time is sped up by.
const SPEED: u64 = 10;

fn output(home: &Home) -> Option<Value> {
    Some(home.status()?["buckets"][0]["outputs"][0].clone())
}

fn count(value: &Value) -> u64 {
    value.as_u64().expect("a count")
}

/// What the program has in memory that is its own, in bytes.
fn memory(agent: &Running) -> i64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", agent.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("Linux tells it");
    line.trim().trim_end_matches(" kB").parse::<i64>().expect("a number") * 1024
}

/// The numbers that arrived, in order of arrival; what stands around them is there to take room.
fn arrived(server: &Server) -> Vec<u64> {
    let number = |value: &String| value.trim_matches('"').split('x').next()?.parse().ok();
    server.report().events("test").iter().filter_map(|event| number(&event.value)).collect()
}

/// Waits as long as something arrives, until nothing waits any more; gives the seconds that it took.
#[track_caller]
fn drained(server: &Server, home: &Home, agent: &Running) -> f64 {
    let began = unix_now();
    let mut seen = server.counts().unique;
    loop {
        if output(home).is_some_and(|output| output["waiting"] == 0) {
            return unix_now() - began;
        }
        let more = eventually(PATIENCE, || {
            let none_waits = output(home).is_some_and(|output| output["waiting"] == 0);
            Some(server.counts().unique).filter(|now| *now > seen || none_waits)
        });
        seen = more.unwrap_or_else(|| panic!("delivery stands still: {:#?}\n{}", home.status(), agent.stderr()));
    }
}

/// Accepts an hour's readings as fast as the program takes them while nobody answers, then lets the service come back.
/// Gives the numbers that arrived, how many were offered, and how it went.
fn an_hour(megabytes: u64) -> (Vec<u64>, u64, String) {
    let readings = setting("STREAMER_READINGS", HOUR / 50);
    let settings = Settings {
        tier: Tier::Individual,
        speed: SPEED as f64,
        max_events: CALL as usize,
        script: "refused".parse().expect("a script"),
        ..Settings::default()
    };
    let server = Server::start(settings).expect("a server");
    let size = megabytes * 1_000_000 / HOUR * readings;
    let config = streaming_to(&server)
        .replace("api_base", &format!("max_events_per_call = {CALL}\napi_base"))
        .replace("key = \"test\"", &format!("key = \"test\"\nbuffer_size = {CALL}"));
    let config = format!("{config}\n[spool]\nmax_size = \"{size}B\"\nsync = \"1s\"\n");
    let home = Home::with_config(&config).env("STREAMER_TEST_PACE", &format!("{}", 1.0 / SPEED as f64));
    let agent = home.start_agent();
    // The clock of the readings is ours: each has the epoch that it would have had, ending now.
    let first = unix_now() - readings as f64 / 1000.0;
    let (mut offered, mut memories) = (0, Vec::new());
    let began = unix_now();
    for part in 0..20 {
        let mut lines = String::new();
        while offered < readings * (part + 1) / 20 {
            let epoch = first + offered as f64 / 1000.0;
            writeln!(lines, "n,{offered}x{:0>24},{epoch:.6}", offered).expect("memory");
            offered += 1;
        }
        home.run_with_input(&["log", "-"], &lines).expect_code(0);
        memories.push(memory(&agent));
    }
    let took = unix_now() - began;
    let spool = home.status().expect("it answers")["spool"].clone();
    assert!(count(&spool["bytes"]) <= size, "the bound does not hold: {spool:#}");
    // The first parts fill what is there once; after that nothing is added, whatever waits.
    let grown = memories[19] - memories[4..8].iter().max().expect("some");
    let accepted = format!(
        "{readings} readings accepted at {:.0} a second; own memory {:.1} MB, grown by {:.2} MB; spool {spool}",
        readings as f64 / took,
        memories[19] as f64 / 1e6,
        grown as f64 / 1e6
    );
    assert!(grown < 3_000_000, "memory is not flat: {memories:?}");
    server.set_script("");
    let took = drained(&server, &home, &agent);
    let output = output(&home).expect("it answers");
    agent.stop().expect_code(0);
    let counts = server.counts();
    // On a busy machine an answer may come too late, and then its batch comes again: the program knows of it.
    let in_doubt = count(&output["possibly_twice"]) > 0;
    assert!(counts.duplicates == 0 || in_doubt, "{counts:?}\n{accepted}\n{output:#}");
    assert_eq!((counts.out_of_order, counts.over_cap), (0, 0), "{counts:?}");
    assert_eq!(counts.unique, count(&output["acknowledged"]), "two sides that do not know of each other: {output:#}");
    assert_eq!(count(&output["accepted"]), offered);
    assert_eq!(count(&output["dropped"]["full"]), offered - counts.unique, "{output:#}");
    let permitted = Tier::Individual.limit().map_or(0, u64::from) * CALL * SPEED / 10;
    let delivered = format!(
        "{} drained in {took:.1} s: {:.0} a second of {permitted} that the service permits; {} calls refused",
        counts.unique,
        counts.unique as f64 / took,
        counts.rate_limited
    );
    (arrived(&server), offered, format!("{accepted}\n{delivered}"))
}

#[test]
fn an_hour_of_readings_is_kept_and_delivered_whole() {
    let (numbers, offered, went) = an_hour(512);
    println!("{went}");
    assert!(numbers.iter().copied().eq(0..offered), "{} of {offered} arrived", numbers.len());
}

#[test]
fn an_hour_that_does_not_fit_loses_exactly_the_oldest() {
    let (numbers, offered, went) = an_hour(64);
    println!("{went}");
    let kept = numbers.len() as u64;
    assert!(kept < offered, "all of it fits");
    // The batch that was in flight is never cut, nor the segment that it lies in; behind it the oldest are missing.
    let in_flight = numbers.iter().zip(0..).take_while(|(number, place)| *number == place).count() as u64;
    assert!(in_flight <= kept / 8, "{in_flight} of {kept} stand before what is missing");
    let whole = (0..in_flight).chain(offered - (kept - in_flight)..offered);
    assert!(numbers.iter().copied().eq(whole), "{kept} of {offered}, not the newest ones");
}

#[test]
fn an_outage_in_real_time_is_made_up_for_at_the_full_rate() {
    let seconds = setting("STREAMER_OUTAGE_SECONDS", 8);
    let script = "refused".parse().expect("a script");
    let server = Server::start(Settings { tier: Tier::Enterprise, script, ..Settings::default() }).expect("a server");
    // Thirty a second, numbered by the one who tells them.
    let source = "\n[[inputs.exec]]\nid = \"source\"\nmode = \"stream\"\nformat = \"key_value\"\n\
         shell = 'i=0; while sleep 0.1; do echo n=$i; echo n=$((i+1)); echo n=$((i+2)); i=$((i+3)); done'\n";
    let quiet = streaming_to(&server);
    let home = Home::with_config(&(quiet.clone() + source));
    let agent = home.start_agent();
    let before = memory(&agent);
    std::thread::sleep(std::time::Duration::from_secs(seconds));
    home.configure(&quiet);
    agent.signal(rustix::process::Signal::HUP);
    let quiet = eventually(PATIENCE, || home.status()?["inputs"].as_array()?.is_empty().then_some(()));
    assert!(quiet.is_some(), "{}", agent.stderr());
    let (grown, waiting) = (memory(&agent) - before, count(&output(&home).expect("it answers")["waiting"]));
    server.set_script("");
    let took = drained(&server, &home, &agent);
    let output = output(&home).expect("it answers");
    agent.stop().expect_code(0);
    let (numbers, counts) = (arrived(&server), server.counts());
    assert!(waiting > seconds * 10, "only {waiting} readings came");
    assert!(numbers.iter().copied().eq(0..waiting), "{} of {waiting} arrived", numbers.len());
    assert_eq!((counts.duplicates, counts.out_of_order, counts.rate_limited), (0, 0, 0), "{counts:?}");
    assert_eq!((count(&output["accepted"]), count(&output["acknowledged"])), (waiting, waiting));
    println!(
        "{waiting} readings of {seconds} s drained in {took:.1} s: {:.1} a second of 60; memory grown by {:.2} MB",
        waiting as f64 / took,
        grown as f64 / 1e6
    );
    assert!(grown < 6_000_000, "memory grows with what waits: {grown}");
}
