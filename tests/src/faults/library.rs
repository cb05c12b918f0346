//! A row with the library: the program `from_stdin`, with its spool in a folder, killed and started again where the row
//! says so.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use super::SPEED;
use super::case::{Bad, Case, End};
use super::feed::{Threads, feed};
use super::measured::Measured;
use crate::books::Books;
use crate::program::{PATIENCE, built};
use crate::server::{Server, Settings};
use crate::{ACCESS_KEY, eventually};

/// A server for a row of ours: at [`SPEED`], and still without any trouble.
///
/// # Panics
/// Where it does not start.
pub fn server(case: &Case) -> Server {
    let settings = Settings {
        tier: case.tier,
        access_key: Some(if case.wrong_key { "ist_another".to_owned() } else { ACCESS_KEY.to_owned() }),
        max_events: case.cap,
        bucket_first: true,
        speed: SPEED,
        ..Settings::default()
    };
    Server::start(settings).expect("a server")
}

/// Where the row's key was unknown: once it was refused, and manners allow another try, it becomes known.
///
/// # Panics
/// Where nobody was refused.
pub fn make_key_known(server: &Server, case: &Case) {
    if case.wrong_key {
        let refused = eventually(PATIENCE, || server.counts().statuses.get(&401).copied());
        assert!(refused.is_some(), "{}: nobody was refused", case.name);
        std::thread::sleep(Duration::from_secs_f64(6.0 / SPEED));
        server.change(|settings| settings.access_key = Some(ACCESS_KEY.to_owned()));
    }
}

/// The ini file of a row, as Python and the library read it. Python passes over the keys that it does not know.
///
/// # Panics
/// Where it cannot be written.
pub fn ini_file(folder: &Path, server: &Server, case: &Case) -> PathBuf {
    let path = folder.join("isstreamer.ini");
    let text = format!(
        "[isstreamer.client_config]\naccess_key: {ACCESS_KEY}\ndefault_bucket: Test bench\nbucket_key: test\n\
         buffer_size: {}\ndebug_level: {}\n[isstreamer.api_config]\nstream_api_base: {}\n",
        case.buffer,
        case.level,
        server.url()
    );
    fs::write(&path, text).expect("an ini file");
    path
}

/// Runs a row.
///
/// # Panics
/// Where the program does not do what programs do.
pub fn run(case: &Case) -> Measured {
    let server = server(case);
    let folder = tempfile::tempdir().expect("a folder");
    let ini = ini_file(folder.path(), &server, case);
    let memory = tempfile::tempdir_in("/dev/shm").expect("a folder in memory");
    let start = |leave| Client::start(&ini, [folder.path(), memory.path()], leave);
    let mut client = start(case.end == End::Leave);
    let threads = Threads::of(client.child.id());
    server.set_script(case.script);
    let bad = if case.bad == Some(Bad::Nan) { "n,NaN" } else { "n,null" };
    let stdin = client.child.stdin.take().expect("it was asked for");
    feed(&stdin, case, bad, SPEED).expect("the program reads");
    let mut said = client.wait_for_all(case);
    make_key_known(&server, case);
    if let End::Kill(after) = case.end {
        std::thread::sleep(Duration::from_secs_f64(after / SPEED));
        client.child.kill().expect("it can be killed");
    }
    drop(stdin);
    let mut books = said.follow(client);
    let most = threads.most();
    if case.end != End::Close {
        server.set_script("");
        let mut again = start(false);
        drop(again.child.stdin.take());
        books = Said::default().follow(again);
    }
    Measured {
        logged: said.accepted + said.refused,
        refused: said.refused,
        counts: server.counts(),
        slowest: Some(said.slowest),
        threads: most,
        saw: if said.refused > 0 { "an error from log".to_owned() } else { String::new() },
        books,
        ..Measured::default()
    }
}

/// The running program, and the lines that it prints.
struct Client {
    child: Child,
    lines: Receiver<String>,
}

impl Client {
    /// With its spool in the first of the folders, and the second as the user's runtime folder.
    fn start(ini: &Path, [folder, memory]: [&Path; 2], leave: bool) -> Self {
        let mut command = Command::new(built("examples/from_stdin"));
        command.arg(ini).arg("--spool").arg(folder.join("spool"));
        command.arg("--pace").arg((1.0 / SPEED).to_string());
        if leave {
            command.arg("--leave");
        }
        command.env("XDG_RUNTIME_DIR", memory).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the program starts");
        let lines = reader(child.stdout.take().expect("it was asked for"));
        let client = Self { child, lines };
        let first = client.lines.recv_timeout(PATIENCE);
        assert_eq!(first.as_deref(), Ok("ready"), "the program does not come up");
        client
    }

    fn wait_for_all(&self, case: &Case) -> Said {
        let mut said = Said::default();
        while said.accepted + said.refused < case.readings {
            let line = self.lines.recv_timeout(PATIENCE).expect("the program says what it accepted");
            said.note(&line);
        }
        said
    }
}

fn reader(stdout: ChildStdout) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// What it said so far.
#[derive(Default)]
struct Said {
    accepted: u64,
    refused: u64,
    slowest: Duration,
}

impl Said {
    fn note(&mut self, line: &str) {
        let mut numbers = line.split(' ').filter_map(|word| word.trim_end_matches(',').parse::<u64>().ok());
        if let (Some(accepted), Some(refused), Some(slowest)) = (numbers.next(), numbers.next(), numbers.next()) {
            (self.accepted, self.refused) = (accepted, refused);
            self.slowest = Duration::from_micros(slowest);
        }
    }

    /// Follows the program to its end; its books, where it told them.
    fn follow(&mut self, mut client: Client) -> Option<Books> {
        let mut books = None;
        while let Ok(line) = client.lines.recv_timeout(PATIENCE * 2) {
            match line.starts_with('{') {
                true => {
                    let told: Value = serde_json::from_str(&line).unwrap_or_default();
                    books = Books::of(&told["outputs"][0]);
                }
                false => self.note(&line),
            }
        }
        let _ = client.child.kill();
        client.child.wait().expect("it ends");
        books
    }
}
