//! SIGKILL at random busy moments: what was accepted arrives, at most the batch in flight arrives twice, and the books
//! balance. `STREAMER_KILLS=1000` is the long run.

use std::collections::HashSet;
use std::time::Duration;

use streamer_tests::books::Books;
use streamer_tests::program::{Home, PATIENCE};
use streamer_tests::server::{Report, Server, Settings};
use streamer_tests::{eventually, setting, streaming_to, unix_now};

/// Readings in one call of `streamer log -`.
const CALL: u64 = 20;
const BATCH: u64 = 10;

#[test]
fn killed_at_random_busy_moments_it_loses_nothing_accepted() {
    let kills = setting("STREAMER_KILLS", 50);
    let seed = setting("STREAMER_SEED", unix_now().to_bits());
    println!("STREAMER_SEED={seed}");
    let mut random = seed | 1;
    // Answers that take a while: whenever the kill comes, a batch is likely to be in flight.
    let server =
        Server::start(Settings { script: "events:slow-after=0.01".parse().unwrap(), ..Settings::default() }).unwrap();
    // In one life nothing reaches the disk before the kill, in another the kill comes into one of many commits.
    let config = |sync: &str| format!("{}\n[outputs.local]\n[spool]\nsync = \"{sync}\"\n", streaming_to(&server));
    let home = Home::new();
    let (mut next, mut accepted) = (0, Vec::new());
    for _ in 0..kills {
        home.configure(&config(["100ms", "always", "10s"][(xorshift(&mut random) % 3) as usize]));
        let agent = home.start_agent();
        let moment = Duration::from_millis(xorshift(&mut random) % 400);
        let killer = std::thread::spawn(move || {
            std::thread::sleep(moment);
            agent.kill()
        });
        while !killer.is_finished() {
            // What such a call did not confirm may have been accepted or not: only its order is checked.
            if home.log_numbers(next..next + CALL).code() == Some(0) {
                accepted.extend(next..next + CALL);
            }
            next += CALL;
        }
        killer.join().unwrap();
    }
    let agent = home.start_agent();
    // Order is kept: when the last reading is there, what is not there before it never comes.
    home.run(&["log", "end", "1"]).expect_code(0);
    server.set_script("");
    let mut seen = 0;
    while !server.has("test", "end") {
        let grown = eventually(PATIENCE, || Some(server.counts().unique).filter(|unique| *unique > seen));
        seen = grown.unwrap_or_else(|| panic!("delivery stopped after {seen} readings: {}", agent.stderr()));
    }
    let arrived = |report: &Report| -> Vec<u64> {
        report
            .events("test")
            .iter()
            .filter(|event| event.key == "n")
            .filter_map(|event| event.value.parse().ok())
            .collect()
    };
    let report = server.report();
    let there: HashSet<u64> = arrived(&report).into_iter().collect();
    let missing: Vec<_> = accepted.iter().filter(|number| !there.contains(number)).collect();
    assert!(missing.is_empty(), "accepted and lost: {missing:?}; {}", agent.stderr());
    // What a call did not confirm may have been accepted or not, so that side of the books has bounds; the other side is
    // the server's, and has none.
    let books = settled(&home, "initial_state");
    assert_eq!(books.acknowledged, server.counts().unique, "{books:?}");
    assert!((accepted.len() as u64 + 1..=next + 1).contains(&books.accepted), "{books:?} of {next}");
    let local = settled(&home, "local");
    assert_eq!(local.accepted, books.accepted, "{local:?}");
    agent.stop().expect_code(0);
    let report = server.report();
    let order = arrived(&report);
    assert!(order.is_sorted(), "out of the order of acceptance: {order:?}");
    assert!(report.counts.duplicates <= kills * BATCH, "{} repeats after {kills} kills", report.counts.duplicates);
    assert_eq!(report.counts.out_of_order, 0);
    // The local store repeats nothing, whatever was killed.
    let stored: Vec<u64> =
        home.export("test").iter().filter(|row| row.key == "n").filter_map(|row| row.value.parse().ok()).collect();
    let different: HashSet<u64> = stored.iter().copied().collect();
    assert_eq!(stored.len(), different.len(), "the local store holds a reading twice");
    assert!(accepted.iter().all(|number| different.contains(number)), "the local store lost a reading");
    assert_eq!(stored.len() as u64 + 1, local.acknowledged, "its books and its rows, with the one called end");
}

/// The books of an output once nothing waits for it any more: all that was accepted was acknowledged.
fn settled(home: &Home, output: &str) -> Books {
    let mut done = None;
    loop {
        let further = |books: &Books| books.waiting == 0 || Some(books.acknowledged) > done;
        let books = eventually(PATIENCE, || Books::of_output(&home.status()?, output).filter(further));
        let books = books.unwrap_or_else(|| panic!("{output} does not go on: {:?}", home.status()));
        done = Some(books.acknowledged);
        if books.waiting == 0 {
            assert_eq!((books.acknowledged, books.set_aside, books.dropped), (books.accepted, 0, 0), "{books:?}");
            return books;
        }
    }
}

fn xorshift(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}
