//! `streamer import` as a user meets it: files of the Python client against the scripted service, paced, interrupted,
//! resumed, with bad lines among the good ones.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write;
use std::time::Duration;

use streamer_tests::program::{Home, PATIENCE};
use streamer_tests::server::{Server, Settings, Tier};
use streamer_tests::{eventually, streaming_to, unix_now};

/// Rows of a file that is several times as large as the smallest spool.
const ROWS: u32 = 6000;

/// An offline CSV with a reading a second, the last of them now. Each is a number with as much behind it.
fn csv(rows: u32, behind: usize) -> String {
    let (now, behind) = (unix_now().floor(), "x".repeat(behind));
    (0..rows).fold(String::new(), |mut text, n| {
        writeln!(text, "{:.1},n,{n} {behind}", now - f64::from(rows - n)).unwrap();
        text
    })
}

fn arrived(server: &Server) -> Vec<u32> {
    let report = server.report();
    report
        .events("test")
        .iter()
        .filter(|e| e.key == "n")
        .map(|e| e.value.trim_matches('"').split(' ').next().unwrap().parse().unwrap())
        .collect()
}

#[test]
fn killed_in_the_middle_it_goes_on_where_it_was_and_all_arrive_once_in_order() {
    // The service takes its time, so that the file has to wait for a spool that holds a part of it.
    let server =
        Server::start(Settings { script: "events:slow-after=0.01".parse().unwrap(), ..Settings::default() }).unwrap();
    let home = Home::with_config(&(streaming_to(&server) + "[spool]\nmax_size = '1MB'\n"));
    std::fs::write(home.path("offline.csv"), csv(ROWS, 1000)).unwrap();
    let agent = home.start_agent();
    let mut interrupted = 0;
    for part in 1..=3 {
        let import = home.start(&["import", "offline.csv"]);
        let grown = eventually(PATIENCE, || (arrived(&server).len() > part * 1000).then_some(()));
        assert!(grown.is_some(), "{}{}", import.stderr(), agent.stderr());
        interrupted += usize::from(import.kill().code().is_none());
    }
    server.set_script("");
    assert!(interrupted > 0, "every import had ended before it could be interrupted");
    let last = home.run(&["import", "offline.csv", "--deliver"]).expect_code(0);
    assert!(last.stderr.contains("were imported before"), "{}", last.stderr);
    assert_eq!(arrived(&server), (0..ROWS).collect::<Vec<_>>());
    // Nothing is left to do, and that is said.
    let again = home.run(&["import", "offline.csv"]).expect_code(0);
    assert!(again.stderr.contains("0 readings accepted"), "{}", again.stderr);
    agent.stop().expect_code(0);
    let counts = server.report().counts;
    assert_eq!((counts.duplicates, counts.out_of_order, counts.over_cap), (0, 0, 0), "{counts:?}");
}

#[test]
fn a_file_that_the_client_began_anew_is_another_file_and_one_that_it_went_on_with_is_not() {
    let server = Server::start(Settings::default()).unwrap();
    let home = Home::with_config(&streaming_to(&server));
    let file = home.path("err_missed_events.txt");
    let now = unix_now().floor();
    // The call that the client misses first is the same at each of its starts.
    let missed = |first: u32, last: u32| {
        (first..=last).fold("{\"bucketKey\": \"test\", \"bucketName\": \"Test\"}\n".to_owned(), |mut text, n| {
            writeln!(text, "[{{\"key\": \"n\", \"value\": {n}, \"epoch\": {}.25}}]", now - 100.0 + f64::from(n))
                .unwrap();
            text
        })
    };
    let import = || home.run(&["import", "err_missed_events.txt", "--deliver"]).expect_code(0);
    for (first, last) in [(0, 4), (0, 9), (10, 12)] {
        // Written into the same file, as `open(..., 'w+')` does.
        std::fs::write(&file, missed(first, last)).unwrap();
        import();
        assert_eq!(arrived(&server), (0..=last).collect::<Vec<_>>());
    }
    assert!(import().stderr.contains("0 readings accepted"));
}

#[test]
fn a_line_with_the_whole_queue_of_the_client_and_rows_of_the_longest_texts_go_in_parts() {
    let server =
        Server::start(Settings { script: "events:slow-after=0.01".parse().unwrap(), ..Settings::default() }).unwrap();
    let home = Home::with_config(&(streaming_to(&server) + "[spool]\nmax_size = '1MB'\n"));
    // `flush` sends all that waits in one call, and leaves it as one line.
    let now = unix_now().floor();
    let behind = "x".repeat(400);
    let epoch = |n: u32| now - f64::from(ROWS - n);
    let event = |n| format!("{{\"key\": \"n\", \"value\": \"{n} {behind}\", \"epoch\": {:.1}}}", epoch(n));
    let line = (0..ROWS).map(event).collect::<Vec<_>>().join(", ");
    std::fs::write(home.path("err_missed_events.txt"), format!("[{line}]\n")).unwrap();
    let agent = home.start_agent();
    let import = home.start(&["import", "err_missed_events.txt"]);
    let begun = eventually(PATIENCE, || (arrived(&server).len() > 1000).then_some(()));
    assert!(begun.is_some(), "{}", import.stderr());
    assert_eq!(import.kill().code(), None, "it had ended before it could be interrupted");
    server.set_script("");
    home.run(&["import", "err_missed_events.txt", "--deliver"]).expect_code(0);
    assert_eq!(arrived(&server), (0..ROWS).collect::<Vec<_>>());
    std::fs::write(home.path("offline.csv"), csv(700, 1990)).unwrap();
    home.run(&["import", "offline.csv", "--deliver"]).expect_code(0);
    assert_eq!(arrived(&server).len(), ROWS as usize + 700);
    agent.stop().expect_code(0);
    assert_eq!(server.counts().duplicates, 0);
}

#[test]
fn without_an_agent_it_delivers_what_the_spool_has_no_room_for_as_long_as_it_moves() {
    let server = Server::start(Settings::default()).unwrap();
    let home = Home::with_config(&(streaming_to(&server) + "[spool]\nmax_size = '1MB'\n"));
    std::fs::write(home.path("offline.csv"), csv(ROWS, 1000)).unwrap();
    // Without delivering it goes as far as there is room, says so, and is taken up again.
    let full = home.run(&["import", "offline.csv"]).expect_code(1);
    assert!(full.stderr.contains("the spool is full") && full.stderr.contains("--deliver"), "{}", full.stderr);
    home.run(&["import", "offline.csv", "--deliver"]).expect_code(0);
    assert_eq!(arrived(&server), (0..ROWS).collect::<Vec<_>>());
    assert_eq!(server.counts().duplicates, 0);
}

#[test]
fn an_account_with_an_allowance_is_paced_and_waited_for() {
    let server = Server::start(Settings { tier: Tier::Individual, ..Settings::default() }).unwrap();
    let home = Home::with_config(&(streaming_to(&server) + "[agent]\nshutdown_timeout = '11s'\n"));
    std::fs::write(home.path("offline.csv"), csv(250, 0)).unwrap();
    home.run(&["import", "offline.csv", "--deliver"]).expect_code(0);
    assert_eq!(arrived(&server), (0..250).collect::<Vec<_>>());
    let counts = server.counts();
    assert_eq!((counts.rate_limited, counts.duplicates), (0, 0), "{counts:?}");
}

#[test]
fn a_bad_line_costs_that_line_and_a_service_that_is_away_costs_nothing() {
    let server = Server::start(Settings { script: "refused".parse().unwrap(), ..Settings::default() }).unwrap();
    let home = Home::with_config(&(streaming_to(&server) + "[agent]\nshutdown_timeout = '1s'\n"));
    let now = unix_now();
    let mut text = format!("[{{\"key\": \"n\", \"value\": 0, \"epoch\": {now}}}]\n");
    // Over ten years old: the service would put its own time in the place of such a stamp.
    text += "[{\"key\": \"n\", \"value\": 8, \"epoch\": 1300000000.5}]\n";
    for n in 1..40 {
        writeln!(text, "[{{\"key\": \"n\", \"value\": null, \"epoch\": {now}}}]").unwrap();
        writeln!(text, "[{{\"key\": \"n\", \"value\": {n}, \"epoch\": {now}}}]").unwrap();
    }
    text += "[{\"key\": \"n\", \"val";
    std::fs::write(home.path("err_missed_events.txt"), text).unwrap();
    // Lines that are no readings are an error of the file; the others are safe, and not delivered.
    let first = home.run(&["import", "err_missed_events.txt", "--deliver"]).expect_code(3);
    assert!(first.stderr.contains("err_missed_events.txt:2: \"n\": "), "{}", first.stderr);
    assert!(first.stderr.lines().count() < 30, "too many words: {}", first.stderr);
    server.set_script("");
    let up = eventually(PATIENCE, || std::net::TcpStream::connect(("127.0.0.1", server.port())).ok());
    assert!(up.is_some());
    home.run(&["run", "--once", "--for", "0s"]).code();
    let all = eventually(Duration::from_secs(30), || {
        home.run(&["run", "--once", "--for", "0s"]);
        (arrived(&server).len() == 40).then_some(())
    });
    assert!(all.is_some(), "{:?}", arrived(&server));
    assert_eq!(arrived(&server), (0..40).collect::<Vec<_>>());
}
