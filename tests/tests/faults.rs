//! Every way in which the service or the network fails: nothing is lost, nothing is out of order, nobody is hammered.

use rustix::process::Signal;
use streamer_tests::books::balance;
use streamer_tests::program::{Home, PATIENCE, Running};
use streamer_tests::server::{Counts, Server, Settings};
use streamer_tests::{eventually, streaming_to};

const READINGS: u64 = 100;

fn start(script: &str) -> (Server, Home, Running) {
    let server =
        Server::start(Settings { script: script.parse().expect("a script"), ..Settings::default() }).expect("a server");
    let home = Home::with_config(&streaming_to(&server));
    let agent = home.start_agent();
    (server, home, agent)
}

/// The only output, or one of the two.
struct To<'a> {
    server: &'a Server,
    home: &'a Home,
    output: &'a str,
    /// Readings that only the dead letters will have.
    aside: u64,
}

impl<'a> To<'a> {
    fn only(server: &'a Server, home: &'a Home) -> Self {
        Self { server, home, output: "initial_state", aside: 0 }
    }
}

/// Waits for all readings, stops the agent, and checks what every fault has in common.
fn all_arrive(to: &To<'_>, agent: Running, expected: u64, repeats: u64) -> Counts {
    let counts = all_arrive_after_a_kill(to, agent, expected, repeats);
    assert!(counts.warnings.is_empty(), "{counts:?}");
    counts
}

/// The same, where a killed agent may have left half a request behind.
fn all_arrive_after_a_kill(to: &To<'_>, agent: Running, expected: u64, repeats: u64) -> Counts {
    let To { server, home, output, aside } = to;
    let all = eventually(PATIENCE * 2, || (server.counts().unique >= expected).then_some(()));
    assert!(all.is_some(), "{:?}\n{}", server.counts(), agent.stderr());
    let books = balance(home, output, expected + aside, server);
    assert_eq!((books.set_aside, books.dropped), (*aside, 0));
    agent.stop().expect_code(0);
    let counts = server.counts();
    assert_eq!(counts.unique, expected, "{counts:?}");
    assert!(counts.duplicates <= repeats, "{counts:?}");
    assert_eq!((counts.out_of_order, counts.over_cap), (0, 0), "{counts:?}");
    assert_eq!((counts.retry_after_violations, counts.soon_after_refusal), (0, 0), "{counts:?}");
    assert!(counts.connections_peak <= 2, "{counts:?}");
    assert!(counts.warnings.keys().all(|warning| warning == "http"), "{counts:?}");
    counts
}

/// A fault that passes by itself, and that the agent must survive by itself.
fn passing(script: &str, repeats: u64) {
    let (server, home, agent) = start(script);
    for round in 0..10 {
        home.log_numbers(round * 10..round * 10 + 10).expect_code(0);
    }
    let counts = all_arrive(&To::only(&server, &home), agent, READINGS, repeats);
    assert!(counts.requests < 200, "{script}: hammered, {counts:?}");
    let values: Vec<_> = server.report().events("test").iter().map(|event| event.value.clone()).collect();
    assert_eq!(values, (0..READINGS).map(|n| n.to_string()).collect::<Vec<_>>(), "{script}");
}

macro_rules! passing {
    ($($name:ident: $script:literal, repeats $repeats:literal;)*) => {$(
        #[test]
        fn $name() {
            passing($script, $repeats);
        }
    )*};
}
passing! {
    one_500: "events:500@2", repeats 0;
    three_seconds_of_500: "500@0s-3s", repeats 0;
    three_seconds_of_503_with_retry_after: "503+2@0s-3s", repeats 0;
    a_429_without_retry_after: "events:429@0s-3s", repeats 0;
    a_429_with_seconds: "events:429+2@1-2", repeats 0;
    a_429_with_a_date: "events:429+date3@1-2", repeats 0;
    connections_closed: "drop@0s-3s", repeats 0;
    connections_reset: "reset@0s-3s", repeats 0;
    bytes_that_are_no_http: "nonsense@0s-3s", repeats 0;
    a_captive_portal: "portal@0s-3s", repeats 0;
    a_redirect: "redirect@0s-3s", repeats 0;
    nobody_listens_for_ten_seconds: "refused@0s-10s", repeats 0;
    answers_lost_after_storing: "events:lost@2-4", repeats 30;
    half_answers_after_storing: "events:partial@2-4", repeats 30;
    slow_answers: "events:slow-after=2@2-3", repeats 0;
    slow_storing: "events:slow-before=2@2-3", repeats 0;
    the_bucket_is_refused_at_first: "buckets:500@1-2", repeats 0;
}

#[test]
fn what_may_be_there_again_is_counted_as_often_as_it_is() {
    let (server, home, agent) = start("events:lost@2-4");
    home.log_numbers(0..READINGS).expect_code(0);
    let told = eventually(PATIENCE * 2, || {
        let output = home.status()?["buckets"][0]["outputs"][0].clone();
        (output["acknowledged"] == READINGS).then(|| output["possibly_twice"].as_u64())
    });
    agent.stop().expect_code(0);
    let counts = server.counts();
    assert!(counts.duplicates >= 30, "three answers to a batch of ten: {counts:?}");
    assert_eq!(told.flatten(), Some(counts.duplicates), "{counts:?}");
}

/// A refusal that only a person can lift: parked with its readings, then resumed at once by a reload.
fn parked(trouble: impl Fn(&Server), lifted: impl Fn(&Server), status: u16) {
    let (server, home, agent) = start("");
    home.log_numbers(0..10).expect_code(0);
    assert!(eventually(PATIENCE, || (server.counts().unique == 10).then_some(())).is_some(), "{}", agent.stderr());
    trouble(&server);
    home.log_numbers(10..READINGS).expect_code(0);
    let refused = eventually(PATIENCE, || (*server.counts().statuses.get(&status)? > 0).then_some(()));
    assert!(refused.is_some(), "{:?}", server.counts());
    // Longer than the five seconds in which another request would be bad manners.
    std::thread::sleep(std::time::Duration::from_secs(6));
    assert!(server.counts().statuses[&status] <= 2, "{:?}", server.counts());
    assert_eq!(server.counts().unique, 10);
    lifted(&server);
    agent.signal(Signal::HUP);
    all_arrive(&To::only(&server, &home), agent, READINGS, 0);
}

#[test]
fn a_401_parks_the_account() {
    parked(|server| server.set_script("401"), |server| server.set_script(""), 401);
}

#[test]
fn a_402_parks_the_account() {
    let cap = |events| move |server: &Server| server.change(|settings| settings.monthly_cap = events);
    parked(cap(Some(10)), cap(None), 402);
}

#[test]
fn a_403_parks_the_account() {
    parked(|server| server.set_script("403"), |server| server.set_script(""), 403);
}

#[test]
fn a_removed_bucket_is_parked() {
    parked(|server| server.set_removed("test", true), |server| server.set_removed("test", false), 400);
}

#[test]
fn a_start_tries_a_parked_account_at_once() {
    let (server, home, agent) = start("401");
    home.log_numbers(0..READINGS).expect_code(0);
    assert!(eventually(PATIENCE, || server.counts().statuses.get(&401).copied()).is_some());
    agent.kill();
    server.set_script("");
    // The server judges manners by its own five seconds, which a person at the keyboard would take too.
    std::thread::sleep(std::time::Duration::from_secs(6));
    let agent = home.start_agent();
    all_arrive_after_a_kill(&To::only(&server, &home), agent, READINGS, 0);
}

#[test]
fn a_server_that_refuses_everything_oddly_sets_nothing_aside() {
    let (server, home, agent) = start("events:odd400");
    home.log_numbers(0..READINGS).expect_code(0);
    assert!(eventually(PATIENCE, || (*server.counts().statuses.get(&400)? >= 1).then_some(())).is_some());
    std::thread::sleep(std::time::Duration::from_secs(6));
    server.set_script("");
    agent.signal(Signal::HUP);
    all_arrive(&To::only(&server, &home), agent, READINGS, 0);
}

#[test]
fn one_reading_that_the_service_refuses_costs_only_itself() {
    let (server, home, agent) = start("events:culprit=poison");
    home.log_numbers(0..55).expect_code(0);
    home.run(&["log", "poison", "1"]).expect_code(0);
    home.log_numbers(55..READINGS).expect_code(0);
    all_arrive(&To { aside: 1, ..To::only(&server, &home) }, agent, READINGS, 0);
    assert!(server.report().events("test").iter().all(|event| event.key == "n"));
}

#[test]
fn a_trouble_of_one_account_is_not_the_others() {
    let sick = Server::start(Settings { script: "refused".parse().unwrap(), ..Settings::default() }).unwrap();
    let well = Server::start(Settings::default()).unwrap();
    let config = format!(
        "[outputs.sick]\ntype = \"initial_state\"\naccess_key = \"ist_a\"\napi_base = \"{}\"\n\
         [outputs.well]\ntype = \"initial_state\"\naccess_key = \"ist_b\"\napi_base = \"{}\"\n[buckets.test]\nkey = \"test\"\n",
        sick.url(),
        well.url()
    );
    let home = Home::with_config(&config);
    let agent = home.start_agent();
    home.log_numbers(0..READINGS).expect_code(0);
    all_arrive(&To { server: &well, home: &home, output: "well", aside: 0 }, agent, READINGS, 0);
    assert_eq!(sick.counts().unique, 0);
    sick.set_script("");
    let agent = home.start_agent();
    all_arrive(&To { server: &sick, home: &home, output: "sick", aside: 0 }, agent, READINGS, 0);
    assert_eq!(well.counts().duplicates, 0);
}
