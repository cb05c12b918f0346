//! What systemd hears: READY and STOPPING, how the agent is, and a sign of life that ends when its work really does.

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use streamer_tests::held_thread::HeldThread;
use streamer_tests::program::{Home, PATIENCE, Running};
use streamer_tests::server::{Server, Settings};
use streamer_tests::{eventually, skipped, streaming_to};

/// systemd's end of the socket.
struct Systemd {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Systemd {
    fn new(home: &Home) -> Self {
        let path = home.path("notify");
        let socket = UnixDatagram::bind(&path).expect("a socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("a patience");
        Self { socket, path }
    }

    fn next(&self) -> String {
        let mut word = [0; 4096];
        let length = self.socket.recv(&mut word).expect("the agent says something");
        String::from_utf8_lossy(&word[..length]).into_owned()
    }

    /// Everything up to and including the first word for which this holds.
    fn until(&self, holds: impl Fn(&str) -> bool) -> Vec<String> {
        let mut heard = Vec::new();
        loop {
            heard.push(self.next());
            if heard.last().is_some_and(|word| holds(word)) {
                return heard;
            }
        }
    }

    fn signs_of_life(&self, count: usize) {
        for _ in 0..count {
            self.until(|word| word == "WATCHDOG=1");
        }
    }
}

fn start(config: &str, watchdog: Duration) -> (Home, Systemd, Running) {
    let home = Home::with_config(config);
    let systemd = Systemd::new(&home);
    let home = home
        .env("NOTIFY_SOCKET", &systemd.path.to_string_lossy())
        .env("WATCHDOG_USEC", &watchdog.as_micros().to_string());
    let agent = home.start_agent();
    (home, systemd, agent)
}

/// Waits until the agent says that it gives no more sign of life, and makes sure that it gives none while it still talks.
fn starves(home: &Home, systemd: &Systemd, agent: &Running, who: &str) {
    let said = eventually(PATIENCE, || agent.stderr().contains("no sign of life").then_some(()));
    assert!(said.is_some(), "{}", agent.stderr());
    assert!(agent.stderr().contains(&format!("{who} has not come round")), "{}", agent.stderr());
    systemd.socket.set_nonblocking(true).expect("a socket");
    while systemd.socket.recv(&mut [0; 4096]).is_ok() {}
    systemd.socket.set_nonblocking(false).expect("a socket");
    // Each of these changes how many readings wait, and so the words: the agent talks on.
    for number in 0..3 {
        home.log_numbers(number..number + 1).expect_code(0);
        let heard = systemd.until(|word| word.starts_with("STATUS="));
        assert_eq!(heard.len(), 1, "a sign of life although {who} stands still: {heard:?}");
    }
}

#[test]
fn an_outage_of_the_network_is_no_reason_to_be_restarted() {
    let server = Server::start(Settings { script: "refused".parse().unwrap(), ..Settings::default() }).unwrap();
    let (home, systemd, agent) = start(&streaming_to(&server), Duration::from_millis(800));
    assert_eq!(systemd.next(), "READY=1");
    home.log_numbers(0..25).expect_code(0);
    let heard = systemd.until(|word| word.starts_with("STATUS=") && word.contains("25 readings wait; "));
    assert!(heard.iter().any(|word| word == "WATCHDOG=1"), "{heard:?}");
    // Twenty of them are five times as long as systemd would have waited.
    systemd.signs_of_life(20);
    server.set_script("");
    systemd.until(|word| word == "STATUS=0 of 0 inputs work, 0 readings wait");
    agent.stop().expect_code(0);
    systemd.until(|word| word == "STOPPING=1");
}

#[test]
fn a_watchdog_of_another_process_is_not_fed() {
    let home = Home::with_config("[buckets.test]\n[outputs.local]\n[agent]\n");
    let systemd = Systemd::new(&home);
    let home = home
        .env("NOTIFY_SOCKET", systemd.path.to_str().unwrap())
        .env("WATCHDOG_USEC", "200000")
        .env("WATCHDOG_PID", "1");
    let agent = home.start_agent();
    home.log_numbers(0..1).expect_code(0);
    agent.stop().expect_code(0);
    let heard = systemd.until(|word| word == "STOPPING=1");
    assert!(heard.contains(&"READY=1".to_owned()) && !heard.contains(&"WATCHDOG=1".to_owned()), "{heard:?}");
}

#[test]
fn a_drain_that_hangs_starves_the_watchdog_until_it_goes_on() {
    // Opening a pipe for writing that nobody reads does not return.
    let home = Home::with_config("[buckets.test]\nflush_interval = \"10ms\"\n[outputs.csv]\npath = \"pipe.csv\"\n");
    let systemd = Systemd::new(&home);
    let pipe = home.path("pipe.csv");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let home = home.env("NOTIFY_SOCKET", systemd.path.to_str().unwrap()).env("WATCHDOG_USEC", "800000");
    let agent = home.start_agent();
    systemd.signs_of_life(3);
    home.log_numbers(100..101).expect_code(0);
    starves(&home, &systemd, &agent, "the drain of test to csv");
    let reader = std::thread::spawn(move || std::fs::read(pipe));
    systemd.signs_of_life(3);
    drop(agent);
    reader.join().unwrap().unwrap();
}

/// Stops one thread for real, and lets it go again.
fn held(thread: &str, who: &str) {
    // Nobody listens there: what is logged waits, and the words change.
    let config = "[outputs.initial_state]\naccess_key = \"k\"\napi_base = \"http://127.0.0.1:1\"\n\
                  [buckets.test]\n[spool]\nsync = \"200ms\"\n\
                  [[inputs.system]]\ninterval = \"200ms\"\ncollect = [\"uptime\"]\n[[inputs.system.readings]]\ndrop = true\nmatch = \"*\"\n";
    let (home, systemd, agent) = start(config, Duration::from_millis(800));
    systemd.signs_of_life(3);
    let held = match HeldThread::hold(agent.id(), thread) {
        Ok(held) => held,
        Err(why) => return skipped(&why),
    };
    starves(&home, &systemd, &agent, who);
    drop(held);
    systemd.signs_of_life(3);
    agent.stop().expect_code(0);
}

#[test]
fn a_scheduler_that_stands_still_starves_the_watchdog() {
    held("quick", "the worker of lane quick");
}

#[test]
fn a_committer_that_stands_still_starves_the_watchdog() {
    held("committer", "the committer");
}
