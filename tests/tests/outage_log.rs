//! What the log says of an outage: once when it begins, once when it is over, and nothing for each attempt.

use streamer_tests::program::{Home, PATIENCE};
use streamer_tests::server::{Server, Settings};
use streamer_tests::{eventually, streaming_to};

#[test]
fn an_outage_is_two_lines_however_often_it_is_tried() {
    let server = Server::start(Settings::default()).expect("a server");
    let home = Home::with_config(&streaming_to(&server)).env("STREAMER_TEST_PACE", "0.1");
    let agent = home.start_agent();
    let mut numbers = 0;
    for (script, status, line) in [
        ("events:500", 500, "sending waits: the service answered 500"),
        ("events:429", 429, "sending waits: the service answered 429"),
        ("events:302", 302, "sending waits: the service answered 302, which is not how the service confirms"),
        ("events:401", 401, "sending is parked: the service answered 401"),
    ] {
        let over = |words: &str| agent.stderr().matches(words).count();
        let before = over("sending goes on");
        server.set_script(script);
        home.log_numbers(numbers..numbers + 10).expect_code(0);
        numbers += 10;
        let tries = eventually(PATIENCE, || (*server.counts().statuses.get(&status)? >= 3).then_some(()));
        assert!(tries.is_some(), "{script}: {:?}", server.counts());
        assert_eq!(over(line), 1, "{script}: {}", agent.stderr());
        server.set_script("");
        let all = eventually(PATIENCE, || (server.counts().unique == numbers).then_some(()));
        assert!(all.is_some(), "{script}: {:?}", server.counts());
        let said = eventually(PATIENCE, || (over("sending goes on") > before).then_some(()));
        assert!(said.is_some() && over(line) == 1, "{script}: {}", agent.stderr());
    }
    assert_eq!(agent.stderr().matches("sending goes on").count(), 4, "{}", agent.stderr());
    agent.stop().expect_code(0);
}
