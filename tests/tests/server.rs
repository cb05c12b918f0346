//! The scripted server itself: a test that trusts it must be able to. Spoken to in plain bytes, with no client at all.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use streamer_tests::server::{Server, Settings, Tier};
use streamer_tests::{eventually, unix_now};

/// Sends bytes over a new connection, says that no more will follow, and reads to its end.
fn talk(port: u16, bytes: &str) -> std::io::Result<String> {
    let mut tcp = TcpStream::connect(("127.0.0.1", port))?;
    tcp.set_read_timeout(Some(Duration::from_secs(30)))?;
    tcp.write_all(bytes.as_bytes())?;
    // A server that has hung up already has its answer, or its silence, on the way.
    let _ = tcp.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    tcp.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn post(path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-IS-AccessKey: ist_a\r\nX-IS-BucketKey: b\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn event(number: u32) -> String {
    post(
        "/api/events",
        &format!(r#"[{{"key":"n","value":{number},"epoch":{:.6}}}]"#, 1_790_000_000.0 + f64::from(number)),
    )
}

fn exchange(server: &Server, bytes: &str) -> std::io::Result<String> {
    talk(server.port(), bytes)
}

fn ask(server: &Server, bytes: &str) -> String {
    exchange(server, bytes).expect("an answer")
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}

fn serve(script: &str) -> Server {
    Server::start(Settings { script: script.parse().expect("a script"), ..Settings::default() }).expect("a server")
}

#[test]
fn a_bucket_then_events_then_the_books() {
    let server = serve("");
    let bucket = post("/api/buckets", r#"{"bucketKey":"b","bucketName":"Bee"}"#);
    assert_eq!(status(&ask(&server, &bucket)), 201);
    assert_eq!(status(&ask(&server, &bucket)), 204);
    for number in [1, 2, 2, 1, 3] {
        assert_eq!(status(&ask(&server, &event(number))), 204);
    }
    // Older than what was accepted, and new: out of order.
    assert_eq!(status(&ask(&server, &event(0))), 204);
    let report = server.report();
    assert_eq!(report.buckets[0].name, "Bee");
    let values: Vec<_> = report.events("b").iter().map(|event| event.value.as_str()).collect();
    assert_eq!(values, ["1", "2", "3", "0"]);
    assert_eq!((report.counts.unique, report.counts.duplicates, report.counts.out_of_order), (4, 2, 1));
    assert!(report.counts.warnings.is_empty());
    assert_eq!(report.to_json()["buckets"][0]["unique"], 4);
}

#[test]
fn what_is_malformed_is_refused_whole() {
    let server = serve("");
    let mixed = post("/api/events", r#"[{"key":"good","value":1},{"key":"bad","value":null}]"#);
    assert_eq!(status(&ask(&server, &mixed)), 400);
    assert_eq!(status(&ask(&server, &event(1).replace("ist_a", ""))), 401);
    assert_eq!(status(&ask(&server, &event(1).replace("application/json", "text/plain"))), 400);
    assert_eq!(status(&ask(&server, &event(1).replace("BucketKey: b", "BucketKey: a:b"))), 400);
    assert_eq!(status(&ask(&server, &event(1).replace("/api/events", "/api/event"))), 404);
    assert_eq!(status(&ask(&server, &event(1).replace("Content-Type", "Accept-Version: 7\r\nContent-Type"))), 400);
    assert_eq!(status(&ask(&server, &post("/api/events", &" ".repeat(1_000_001)))), 413);
    assert_eq!(status(&ask(&server, "hello\r\n\r\n")), 400);
    let report = server.report();
    assert_eq!(report.counts.stored, 0);
    assert_eq!(report.counts.refusals["value_null"], 1);
}

#[test]
fn the_form_with_everything_in_the_address() {
    let server = serve("");
    let answer =
        ask(&server, "GET /api/events?accessKey=ist_a&bucketKey=b&door=open&lamp%20one=1 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(status(&answer), 204);
    let report = server.report();
    assert_eq!(report.events("b")[1].key, "lamp one");
    assert_eq!(report.events("b")[1].value, "\"1\"");
    assert_eq!(report.counts.warnings["bucket_implicit"], 1);
}

#[test]
fn a_spent_window_says_when_to_come_back_and_stores_nothing() {
    let server = Server::start(Settings { tier: Tier::Student, ..Settings::default() }).unwrap();
    let answers: Vec<_> = (0..25).map(|number| ask(&server, &event(number))).collect();
    let limited: Vec<_> = answers.iter().filter(|answer| status(answer) == 429).collect();
    // The burst may lie across the edge of a window, so 5 to 15 of them are over it.
    assert!((5..=15).contains(&limited.len()), "{}", limited.len());
    assert!(limited[0].contains("Retry-After: ") && limited[0].contains("X-RateLimit-Remaining: 0"), "{}", limited[0]);
    assert!(answers[0].contains("X-RateLimit-Limit: 10"));
    let counts = server.counts();
    assert_eq!(counts.stored, 25 - limited.len() as u64);
    assert_eq!(counts.rate_limited, limited.len() as u64);
    // Whoever goes on after a 429 has bad manners.
    assert_eq!(counts.retry_after_violations, counts.rate_limited - 1);
}

#[test]
fn a_faster_clock_renews_the_window_sooner() {
    let server = Server::start(Settings { tier: Tier::Student, speed: 100.0, ..Settings::default() }).unwrap();
    let began = unix_now();
    let stored = eventually(Duration::from_secs(30), || {
        ask(&server, &event(server.counts().requests as u32));
        (server.counts().stored >= 50).then_some(())
    });
    assert!(stored.is_some(), "{:?}", server.counts());
    assert!(unix_now() - began < 30.0);
}

#[test]
fn every_fault_of_a_connection() {
    let server = serve(
        "events:drop@1 events:reset@2 events:lost@3 events:partial@4 events:nonsense@5 events:portal@6 events:redirect@7",
    );
    assert_eq!(exchange(&server, &event(1)).unwrap(), "");
    assert_eq!(exchange(&server, &event(2)).unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(server.counts().stored, 0);
    assert_eq!(exchange(&server, &event(3)).unwrap(), "");
    assert_eq!(server.counts().stored, 1);
    let half = exchange(&server, &event(4)).unwrap();
    assert!(half.starts_with("HTTP/1.1 2") && !half.contains("\r\n\r\n"), "{half}");
    assert_eq!(server.counts().stored, 2);
    assert!(!exchange(&server, &event(5)).unwrap().starts_with("HTTP"));
    assert!(ask(&server, &event(6)).contains("<html>"));
    assert_eq!(status(&ask(&server, &event(7))), 302);
    assert_eq!(status(&ask(&server, &event(8))), 204);
    assert_eq!(server.counts().stored, 3);
}

#[test]
fn refusals_and_manners() {
    let server = serve("events:401@1 events:429+7@3 events:429+date7@4 events:odd400@6 culprit=poison");
    assert_eq!(status(&ask(&server, &event(1))), 401);
    assert_eq!(status(&ask(&server, &event(1))), 204);
    assert_eq!(server.counts().soon_after_refusal, 1);
    assert!(ask(&server, &event(2)).contains("Retry-After: 7\r\n"));
    assert!(ask(&server, &event(2)).contains("GMT\r\n"));
    assert_eq!(status(&ask(&server, &event(2))), 204);
    assert_eq!(server.counts().retry_after_violations, 2);
    assert_eq!(status(&ask(&server, &event(3))), 400);
    assert_eq!(status(&ask(&server, &event(3).replace("\"n\"", "\"poison\""))), 400);
    server.set_removed("b", true);
    assert!(ask(&server, &event(4)).contains("BUCKET_REMOVED"));
    server.set_removed("b", false);
    assert_eq!(status(&ask(&server, &event(4))), 204);
    server.change(|settings| settings.monthly_cap = Some(3));
    assert_eq!(status(&ask(&server, &event(5))), 402);
}

#[test]
fn a_shut_door_opens_again_on_the_same_port() {
    let server = serve("refused@0s-0.4s events:slow-after=0.2");
    let refused = eventually(Duration::from_secs(30), || TcpStream::connect(("127.0.0.1", server.port())).err());
    assert_eq!(refused.unwrap().kind(), std::io::ErrorKind::ConnectionRefused);
    let open = eventually(Duration::from_secs(30), || TcpStream::connect(("127.0.0.1", server.port())).ok());
    assert!(open.is_some());
    let before = unix_now();
    assert_eq!(status(&ask(&server, &event(1))), 204);
    assert!(unix_now() - before >= 0.2, "the answer comes later than the storing");
}

#[test]
fn tls_has_a_certificate_to_trust() {
    let server = Server::start(Settings { tls: true, ..Settings::default() }).unwrap();
    assert!(server.url().starts_with("https://"));
    let pem = std::fs::read_to_string(server.ca_file().unwrap()).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
    // Plain bytes are no TLS greeting: no plain answer may come.
    assert!(!exchange(&server, &event(1)).unwrap_or_default().starts_with("HTTP"));
}

#[test]
fn by_hand_it_tells_its_port_and_reports_at_the_end() {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_events-server"))
        .args(["--tier", "individual", "--script", "events:503@1"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let port: u16 = lines.next().unwrap().parse().unwrap();
    assert_eq!(status(&talk(port, &event(1)).unwrap()), 503);
    assert_eq!(status(&talk(port, &event(1)).unwrap()), 204);
    assert!(talk(port, "GET /report HTTP/1.1\r\nHost: h\r\n\r\n").unwrap().contains("\"unique\":1"));
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT).unwrap();
    let report: serde_json::Value = serde_json::from_str(&lines.collect::<String>()).unwrap();
    assert_eq!((&report["event_requests"], &report["statuses"]["503"]), (&2.into(), &1.into()));
    assert!(child.wait().unwrap().success());
}
