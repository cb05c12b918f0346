//! A scripted Events API server: strict where the service's documents are, and able to fail in every way.
//!
//! It runs on a thread of its own and listens on 127.0.0.1. Its answers, its checks and its JSON share no line with the
//! client that it tests.
//!
//! ```
//! use streamer_tests::server::{Server, Settings, Tier};
//!
//! let server = Server::start(Settings { tier: Tier::Individual, script: "500@2".parse().unwrap(), ..Settings::default() }).unwrap();
//! assert!(server.url().starts_with("http://127.0.0.1:"));
//! assert_eq!(server.report().counts.requests, 0);
//! ```

mod account;
mod books;
mod check;
mod connection;
mod event;
mod http;
mod script;
mod service;
mod trouble;
mod wire;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

pub use account::Tier;
pub use books::{BucketReport, Counts, Report};
pub use event::Event;
pub use script::{Fault, On, RetryAfter, Rule, Script, ScriptError, When};
pub use service::{Service, Settings};

use crate::unix_now;

/// What the connections share.
struct Shared {
    service: Mutex<Service>,
    clock: ServiceClock,
    tls: Option<TlsAcceptor>,
}

impl Shared {
    fn service(&self) -> MutexGuard<'_, Service> {
        self.service.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The service's own clock: it starts with ours and runs at the set speed.
#[derive(Clone, Copy)]
struct ServiceClock {
    started: f64,
    speed: f64,
}

impl ServiceClock {
    fn now(self) -> f64 {
        self.started + (unix_now() - self.started) * self.speed
    }

    /// How long so many seconds of the service really take.
    fn real(self, seconds: f64) -> Duration {
        Duration::from_secs_f64((seconds / self.speed).max(0.0))
    }
}

/// A running server; dropping it stops it.
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    door: watch::Sender<Door>,
    thread: Option<JoinHandle<()>>,
    certificate: Option<(tempfile::TempDir, PathBuf)>,
}

/// Whether anybody listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Open,
    Shut,
    GoneForGood,
}

impl Server {
    /// Starts a server on a free port.
    ///
    /// # Errors
    /// Where no port can be bound or no certificate made.
    pub fn start(settings: Settings) -> io::Result<Self> {
        Self::start_on(settings, 0)
    }

    /// Starts a server on this port of 127.0.0.1.
    ///
    /// # Errors
    /// Where the port cannot be bound or no certificate made.
    pub fn start_on(settings: Settings, port: u16) -> io::Result<Self> {
        let (tls, certificate) = if settings.tls {
            let (acceptor, pem) = wire::certificate()?;
            let folder = tempfile::tempdir()?;
            let path = folder.path().join("ca.pem");
            std::fs::write(&path, pem)?;
            (Some(acceptor), Some((folder, path)))
        } else {
            (None, None)
        };
        let clock = ServiceClock { started: unix_now(), speed: settings.speed };
        let shared = Arc::new(Shared { service: Mutex::new(Service::new(settings, clock.now())), clock, tls });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _inside = runtime.enter();
            listen(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?
        };
        let address = listener.local_addr()?;
        let (door, _) = watch::channel(Door::Open);
        let (for_thread, for_door) = (Arc::clone(&shared), door.clone());
        let thread = std::thread::Builder::new()
            .name("events-server".to_owned())
            .spawn(move || runtime.block_on(run(listener, address, for_thread, for_door)))?;
        Ok(Self { shared, address, door, thread: Some(thread), certificate })
    }

    /// What clients call the API base: scheme, host and port.
    pub fn url(&self) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The certificate that a client must trust, where TLS is on.
    pub fn ca_file(&self) -> Option<&Path> {
        self.certificate.as_ref().map(|(_, path)| path.as_path())
    }

    /// What arrived so far.
    pub fn report(&self) -> Report {
        self.shared.service().books.report()
    }

    /// The counts alone, without copying every event.
    pub fn counts(&self) -> Counts {
        self.shared.service().books.counts.clone()
    }

    /// Whether an event of this key has arrived in this bucket.
    pub fn has(&self, bucket_key: &str, key: &str) -> bool {
        self.shared.service().books.has(bucket_key, key)
    }

    /// Puts another script in force. Its seconds begin now, its requests at 1; an empty one ends all trouble.
    ///
    /// # Panics
    /// On a script that is none.
    pub fn set_script(&self, script: &str) {
        let script = script.parse().expect("a script");
        self.shared.service().set_script(script, self.shared.clock.now());
    }

    /// Removes the bucket of this key, or brings it back.
    pub fn set_removed(&self, bucket_key: &str, removed: bool) {
        self.shared.service().books.set_removed(bucket_key, removed);
    }

    /// Forgets that the bucket of this key was ever made.
    pub fn forget_bucket(&self, bucket_key: &str) {
        self.shared.service().books.forget(bucket_key);
    }

    /// Changes how the service is set up, such as its allowance of the month or the access key that it knows.
    pub fn change(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.shared.service().settings);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.door.send_replace(Door::GoneForGood);
        if let Some(thread) = self.thread.take() {
            // A panic in there has been printed already, and a second one while unwinding would hide the first.
            let _ = thread.join();
        }
    }
}

/// Listens again on an address that was left a moment ago.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(1024)
}

async fn run(listener: TcpListener, address: SocketAddr, shared: Arc<Shared>, door: watch::Sender<Door>) {
    tokio::spawn(keep_door(Arc::clone(&shared), door.clone()));
    let mut listener = Some(listener);
    let mut seen = door.subscribe();
    loop {
        let state = *seen.borrow_and_update();
        match (state, &listener) {
            (Door::GoneForGood, _) => return,
            (Door::Shut, _) => {
                listener = None;
                if seen.changed().await.is_err() {
                    return;
                }
            }
            (Door::Open, None) => match listen(address) {
                Ok(again) => listener = Some(again),
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            (Door::Open, Some(open)) => tokio::select! {
                accepted = open.accept() => {
                    if let Ok((tcp, _)) = accepted {
                        tokio::spawn(connection::serve(tcp, Arc::clone(&shared), door.subscribe()));
                    }
                }
                _ = seen.changed() => {}
            },
        }
    }
}

/// Opens and shuts the door as the script says.
async fn keep_door(shared: Arc<Shared>, door: watch::Sender<Door>) {
    loop {
        let wanted = if shared.service().refuses_connections(shared.clock.now()) { Door::Shut } else { Door::Open };
        let gone = !door.send_if_modified(|now| {
            let other = *now != wanted && *now != Door::GoneForGood;
            if other {
                *now = wanted;
            }
            other
        }) && *door.borrow() == Door::GoneForGood;
        if gone {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
