//! The programs of a measurement: the agent in a home of its own, and the server that it streams to. Both end with us.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;

use super::Bench;
use super::process::Process;
use crate::step::{self, Stopwatch};

/// A folder that is gone when its owner is.
pub struct Folder(pub PathBuf);

impl Folder {
    /// A new folder below this one.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn below(parent: &str) -> Result<Self, String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let path = Path::new(parent).join(format!(
            "streamer-bench-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        ));
        fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies in a temporary folder; there is nobody left to tell.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A child that ends with its owner.
pub struct Owned(pub Child);

impl Drop for Owned {
    fn drop(&mut self) {
        // Both fail only where it ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The scripted server of the tests, as a program of its own so that its CPU is not the agent's.
pub struct Server {
    _child: Owned,
    /// Its port.
    pub port: u16,
    /// The certificate to trust, where it speaks TLS.
    pub ca_file: Option<String>,
}

impl Server {
    /// Starts it with these arguments.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn start(bench: &Bench, arguments: &[&str]) -> Result<Self, String> {
        let mut command = Command::new(&bench.server);
        let child = command.args(arguments).stdout(Stdio::piped()).spawn();
        let mut child = Owned(child.map_err(|error| format!("{}: {error}", bench.server.display()))?);
        let mut lines = BufReader::new(child.0.stdout.take().ok_or("no output")?).lines().map_while(Result::ok);
        let port = lines.next().and_then(|line| line.parse().ok()).ok_or("the server did not tell its port")?;
        let ca_file = if arguments.contains(&"--tls") { lines.next() } else { None };
        Ok(Self { _child: child, port, ca_file })
    }

    /// What clients call the API base.
    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", if self.ca_file.is_some() { "https" } else { "http" }, self.port)
    }

    /// One of the counts of its report; only without TLS.
    pub fn count(&self, name: &str) -> f64 {
        let ask = || -> Option<f64> {
            let mut tcp = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
            tcp.write_all(b"GET /report HTTP/1.1\r\nHost: h\r\n\r\n").ok()?;
            tcp.shutdown(std::net::Shutdown::Write).ok()?;
            let mut text = String::new();
            tcp.read_to_string(&mut text).ok()?;
            serde_json::from_str::<Value>(text.split_once("\r\n\r\n")?.1).ok()?[name].as_f64()
        };
        ask().unwrap_or(0.0)
    }
}

/// An agent's home.
pub struct Home {
    /// Where it lives; its state folder is `state` in it unless the configuration says otherwise.
    pub folder: Folder,
    runtime: Folder,
    streamer: PathBuf,
}

impl Home {
    /// A home with this configuration.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn new(bench: &Bench, config: &str) -> Result<Self, String> {
        let folder = Folder::below(&std::env::temp_dir().to_string_lossy())?;
        let runtime = Folder::below("/dev/shm")?;
        fs::write(folder.0.join("streamer.toml"), config).map_err(|error| error.to_string())?;
        Ok(Self { folder, runtime, streamer: bench.streamer.clone() })
    }

    /// The program with arguments, ready to be started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.streamer);
        command.args(arguments).current_dir(&self.folder.0).env_clear().env("HOME", &self.folder.0);
        command.env("XDG_RUNTIME_DIR", &self.runtime.0).stdin(Stdio::null());
        command
    }

    /// Starts the agent and waits until it answers.
    ///
    /// # Errors
    /// Where it does not.
    pub fn start(&self) -> Result<Agent, String> {
        let log = fs::File::create(self.folder.0.join("agent.log")).map_err(|error| error.to_string())?;
        let child = self.command(&["run"]).stdout(Stdio::null()).stderr(log).spawn();
        let agent = Agent(Owned(child.map_err(|error| format!("{}: {error}", self.streamer.display()))?));
        let up = until(Duration::from_secs(30), || listens(&self.runtime.0));
        if up { Ok(agent) } else { Err(format!("the agent does not answer: {}", self.said())) }
    }

    /// Logs the numbers of a range under the key `n`, through the running agent or into the folder.
    ///
    /// # Errors
    /// Where they are not accepted.
    pub fn log(&self, numbers: std::ops::Range<u64>) -> Result<(), String> {
        let lines: String = numbers.map(|number| format!("n,{number}\n")).collect();
        let mut child = self.command(&["log", "-"]).stdin(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
        let written = child.stdin.take().ok_or("no input")?.write_all(lines.as_bytes());
        let status = child.wait().map_err(|error| error.to_string())?;
        if status.success() && written.is_ok() { Ok(()) } else { Err(format!("streamer log ended with {status}")) }
    }

    /// What the agent said.
    pub fn said(&self) -> String {
        fs::read_to_string(self.folder.0.join("agent.log")).unwrap_or_default()
    }
}

/// A running agent.
pub struct Agent(Owned);

impl Agent {
    /// Its process.
    pub fn process(&self) -> Process {
        Process(self.0.0.id())
    }

    /// Asks it to stop and waits for its end.
    ///
    /// # Errors
    /// Where it did not end well.
    pub fn stop(mut self) -> Result<(), String> {
        step::run(step::command("kill -TERM").arg(self.0.0.id().to_string()))?;
        let status = self.0.0.wait().map_err(|error| error.to_string())?;
        if status.success() { Ok(()) } else { Err(format!("the agent ended with {status}")) }
    }
}

/// Asks until the answer is yes, or the patience ends.
pub fn until(patience: Duration, mut question: impl FnMut() -> bool) -> bool {
    let watch = Stopwatch::start();
    loop {
        if question() {
            return true;
        }
        if watch.elapsed() > patience {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The part of a configuration that streams one bucket to a server.
pub fn streaming_to(server: &Server) -> String {
    let trust = server.ca_file.as_ref().map(|path| format!("ca_file = \"{path}\"\n")).unwrap_or_default();
    format!(
        "[agent]\nstate_dir = \"state\"\n[outputs.initial_state]\naccess_key = \"ist_bench\"\napi_base = \"{}\"\n{trust}[buckets.bench]\nkey = \"bench\"\n",
        server.url()
    )
}

/// Whether an agent's control socket below this folder takes connections.
fn listens(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.into_iter().any(|path| match path.is_dir() {
        true => listens(&path),
        false => path.ends_with("control.sock") && UnixStream::connect(&path).is_ok(),
    })
}
