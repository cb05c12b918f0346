//! Ends: asked to stop it delivers what it can, keeps the rest, and ends with 0. A reader that leaves ends only its tap.

use std::process::Stdio;

use rustix::process::Signal;
use streamer_tests::program::{Home, PATIENCE};
use streamer_tests::server::{Server, Settings};
use streamer_tests::{eventually, streaming_to};

#[test]
fn sigterm_delivers_what_was_accepted() {
    let server =
        Server::start(Settings { script: "events:slow-after=0.02".parse().unwrap(), ..Settings::default() }).unwrap();
    for signal in [Signal::TERM, Signal::INT] {
        let home = Home::with_config(&streaming_to(&server));
        let agent = home.start_agent();
        let before = server.counts().unique;
        home.log_numbers(0..200).expect_code(0);
        agent.signal(signal);
        agent.wait().expect_code(0);
        assert_eq!(server.counts().unique - before, 200, "{signal:?}");
    }
    assert_eq!(server.counts().duplicates, 0);
}

#[test]
fn what_cannot_be_delivered_in_time_waits_for_the_next_start() {
    let server = Server::start(Settings { script: "events:503".parse().unwrap(), ..Settings::default() }).unwrap();
    let home = Home::with_config(&(streaming_to(&server) + "\n[agent]\nshutdown_timeout = \"1s\"\n"));
    let agent = home.start_agent();
    home.log_numbers(0..100).expect_code(0);
    agent.stop().expect_code(0);
    assert_eq!(server.counts().unique, 0);
    server.set_script("");
    let agent = home.start_agent();
    let all = eventually(PATIENCE, || (server.counts().unique == 100).then_some(()));
    assert!(all.is_some(), "{:?}\n{}", server.counts(), agent.stderr());
    agent.stop().expect_code(0);
    assert_eq!((server.counts().duplicates, server.counts().out_of_order), (0, 0));
}

#[test]
fn a_closed_pipe_ends_only_the_tap() {
    let server = Server::start(Settings::default()).unwrap();
    let home = Home::with_config(&(streaming_to(&server) + "\n[taps.stdout]\n"));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let agent = home.start_into(&["run"], Some(Stdio::from(writer)));
    assert!(eventually(PATIENCE, || home.socket()).is_some(), "{}", agent.stderr());
    for round in 0..5 {
        home.log_numbers(round * 10..round * 10 + 10).expect_code(0);
    }
    let all = eventually(PATIENCE, || (server.counts().unique == 50).then_some(()));
    assert!(all.is_some(), "{}", agent.stderr());
    agent.stop().expect_code(0);
}

#[test]
fn commands_into_a_closed_pipe_say_nothing() {
    let home = Home::new();
    assert!(home.run(&["schema"]).expect_code(0).stdout.len() > 1000);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let finished = home.start_into(&["schema"], Some(Stdio::from(writer))).wait();
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
}
