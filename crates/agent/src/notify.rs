//! Words to systemd, where it asked for them: single datagrams, no library.
//!
//! The sign of life is given only while everybody who works by themselves comes round: the worker of each lane, the
//! committer, each drain, and the runtime, which this task itself runs on. What waits for a network, for an allowance
//! or for a person is no fault of theirs.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use crate::host::Host;

/// How often the words of `systemctl status` are brought up to date where no sign of life is asked for.
const TELL_EVERY: Duration = Duration::from_secs(30);
/// systemd takes its datagrams at once; if it does not, nothing here waits for it.
const PATIENCE: Duration = Duration::from_secs(1);

/// The way to systemd. It is opened once: when descriptors run out, the sign of life must still get through.
pub struct Systemd {
    socket: UnixDatagram,
    address: SocketAddr,
    /// How long it waits for a sign of life.
    watchdog: Option<Duration>,
}

impl Systemd {
    /// As the environment says: `$NOTIFY_SOCKET`, `$WATCHDOG_USEC`, and `$WATCHDOG_PID`, which may name somebody else.
    pub fn of_process() -> Option<Self> {
        let path = std::env::var_os("NOTIFY_SOCKET")?;
        let address = match path.as_bytes().strip_prefix(b"@") {
            Some(abstract_name) => SocketAddr::from_abstract_name(abstract_name),
            None => SocketAddr::from_pathname(&path),
        };
        let opened = address.and_then(|address| Ok((UnixDatagram::unbound()?, address)));
        let told = opened.and_then(|(socket, address)| {
            socket.set_write_timeout(Some(PATIENCE))?;
            io::Result::Ok((socket, address))
        });
        let (socket, address) = told.inspect_err(|error| tracing::warn!("NOTIFY_SOCKET: {error}")).ok()?;
        Some(Self { socket, address, watchdog: watchdog() })
    }

    /// Tells a state such as `READY=1`. A lost word is no fault of ours.
    pub fn say(&self, state: &str) {
        let _ = self.socket.send_to_addr(state.as_bytes(), &self.address);
    }

    /// Says how the agent is, and that it lives, for as long as it runs.
    pub async fn keep_told(&self, host: &Host) {
        let every = self.watchdog.map_or(TELL_EVERY, |span| span / 4);
        let mut said = String::new();
        let mut starved = false;
        loop {
            let words = host.in_a_line();
            if words != said {
                self.say(&format!("STATUS={words}"));
                said = words;
            }
            if let Some(watchdog) = self.watchdog {
                let stuck = host.stuck_for(watchdog / 2);
                match stuck {
                    None => self.say("WATCHDOG=1"),
                    Some(who) if !starved => {
                        tracing::error!(
                            "{who} has not come round for {:.1?}: no sign of life for systemd",
                            watchdog / 2
                        );
                        starved = true;
                    }
                    Some(_) => {}
                }
            }
            tokio::time::sleep(every).await;
        }
    }
}

/// A word to systemd, if it listens.
pub fn say(systemd: Option<&Systemd>, state: &str) {
    if let Some(systemd) = systemd {
        systemd.say(state);
    }
}

fn watchdog() -> Option<Duration> {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
    number("WATCHDOG_USEC").filter(|micros| ours && *micros > 0).map(Duration::from_micros)
}
