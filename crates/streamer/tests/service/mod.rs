//! The scripted server of `streamer-tests` as the library's tests use it: one account, one bucket, its clock as much faster
//! as the client's waits are shorter.

#![allow(dead_code, reason = "each test file uses its own part of it")]
#![expect(clippy::unwrap_used, reason = "a test server that cannot go on ends the test")]

use std::net::TcpStream;
use std::ops::Deref;
use std::time::Duration;

use streamer_tests::eventually;
use streamer_tests::server::{Event, Server, Settings};

/// The pace that tests give the client; the service's own clock runs faster by as much.
pub const PACE: f64 = 0.02;
pub const KEY: &str = "ist_TestKeyThatMustNotBeSeen";
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Service(Server);

impl Deref for Service {
    type Target = Server;
    fn deref(&self) -> &Server {
        &self.0
    }
}

impl Service {
    /// Knows [`KEY`] alone, and no bucket that was not made first.
    pub fn start() -> Self {
        Self::set_up(|_| {})
    }

    pub fn set_up(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings {
            access_key: Some(KEY.to_owned()),
            bucket_first: true,
            speed: 1.0 / PACE,
            max_events: usize::MAX,
            ..Settings::default()
        };
        change(&mut settings);
        Self(Server::start(settings).unwrap())
    }

    /// Nobody listens any more, and open connections are gone.
    pub fn go_down(&self) {
        self.set_script("refused");
        let shut = || TcpStream::connect(("127.0.0.1", self.port())).is_err().then_some(());
        assert!(eventually(PATIENCE, shut).is_some());
    }

    /// Listens again at the same place.
    pub fn come_back(&self) {
        self.set_script("");
    }

    /// Calls that were answered, but not well.
    pub fn refused_calls(&self) -> u64 {
        self.counts().statuses.iter().filter(|(status, _)| !matches!(status, 201 | 204)).map(|(_, count)| count).sum()
    }

    /// Waits until so many different events are there; says how many are, if it takes too long.
    pub fn wait_for(&self, unique: u64) -> u64 {
        self.wait_until(|| self.counts().unique >= unique);
        self.counts().unique
    }

    pub fn wait_until(&self, reached: impl Fn() -> bool) -> bool {
        eventually(PATIENCE, || reached().then_some(())).is_some()
    }

    /// The different events of a bucket, as they came.
    pub fn events(&self, bucket: &str) -> Vec<Event> {
        self.report().events(bucket).to_vec()
    }

    /// Their values, where those are whole numbers.
    pub fn numbers(&self, bucket: &str) -> Vec<u64> {
        self.events(bucket).iter().map(|event| event.value.parse().unwrap()).collect()
    }
}
