//! A row with the real Python client, ISStreamer 2.0.0 from the Python index, in a virtual environment of its own. It is
//! only looked at: what it loses is reported, never judged.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::case::{BAD_AT, Case, End};
use super::feed::Threads;
use super::library::ini_file;
use super::measured::Measured;
use crate::ACCESS_KEY;
use crate::server::{Server, Settings};

const CLIENT: &str = include_str!("client.py");
const PACKAGE: &str = "ISStreamer==2.0.0";

/// A Python that has the client.
#[derive(Debug, Clone)]
pub struct Python {
    interpreter: PathBuf,
}

impl Python {
    /// Finds it in this folder, or makes it there.
    ///
    /// # Errors
    /// Why there is none: no python3, no venv, or no way to the index.
    pub fn in_folder(folder: &Path) -> Result<Self, String> {
        let interpreter = folder.join("bin/python");
        let has_it = || {
            let mut probe = Command::new(&interpreter);
            probe.args(["-c", "import ISStreamer"]).stdout(Stdio::null()).stderr(Stdio::null());
            probe.status().is_ok_and(|status| status.success())
        };
        if !has_it() {
            said(Command::new("python3").args(["-m", "venv"]).arg(folder))
                .map_err(|why| format!("python3 with venv is not there: {why}"))?;
            let mut install = Command::new(&interpreter);
            said(install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE]))
                .map_err(|why| format!("{PACKAGE} cannot be had from the Python index: {why}"))?;
        }
        if has_it() { Ok(Self { interpreter }) } else { Err(format!("{PACKAGE} cannot be imported")) }
    }

    /// Runs a row, in real time.
    ///
    /// # Panics
    /// Where no server or no Python can be started.
    pub fn run(&self, case: &Case) -> Measured {
        let settings = Settings {
            tier: case.tier,
            access_key: Some(if case.wrong_key { "ist_another".to_owned() } else { ACCESS_KEY.to_owned() }),
            max_events: case.cap,
            script: case.parsed_script(),
            ..Settings::default()
        };
        let server = Server::start(settings).expect("a server");
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("client.py");
        fs::write(&program, CLIENT).expect("its program");
        let row = json!({
            "ini": ini_file(folder.path(), &server, case), "readings": case.readings, "rate": case.rate,
            "buffer": case.buffer, "level": case.level, "asynchronous": case.asynchronous,
            "bad": case.bad.map(|bad| format!("{bad:?}")), "bad_at": BAD_AT,
            "end": match case.end { End::Close => "close", End::Leave => "leave", End::Kill(_) => "kill" },
        });
        let mut command = Command::new(&self.interpreter);
        command.arg(&program).arg(row.to_string()).current_dir(folder.path()).env("HOME", folder.path());
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null()).spawn().expect("a Python");
        let threads = Threads::of(child.id());
        let lines = BufReader::new(child.stdout.take().expect("it was asked for")).lines();
        // The client itself prints too; the last object is what our program tells.
        let objects = lines.map_while(Result::ok).filter_map(|line| serde_json::from_str::<Value>(&line).ok());
        let mut objects = objects.filter(Value::is_object);
        let told = objects.next().unwrap_or_default();
        if let End::Kill(after) = case.end {
            std::thread::sleep(Duration::from_secs_f64(after));
            child.kill().expect("it can be killed");
        }
        objects.for_each(drop);
        child.wait().expect("it ends");
        Measured {
            logged: case.readings,
            counts: server.counts(),
            missed_file: missed(folder.path()),
            slowest: told["slowest"].as_f64().map(Duration::from_secs_f64),
            threads: threads.most(),
            saw: saw(&told),
            ..Measured::default()
        }
    }
}

fn saw(told: &Value) -> String {
    let first = told["first"].as_str().unwrap_or_default();
    match (told["died"].as_u64().unwrap_or(0), told["raised"].as_u64().unwrap_or(0)) {
        (0, 0) => String::new(),
        (0, raised) => format!("{first} x{raised}"),
        (died, _) => format!("{died} threads died: {first}"),
    }
}

/// Events in the missed-events file: one list a line; other lines are calls for a bucket.
fn missed(folder: &Path) -> Option<u64> {
    let text = fs::read_to_string(folder.join("err_missed_events.txt")).ok()?;
    let lists = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Some(lists.filter_map(|list| list.as_array().map(|events| events.len() as u64)).sum())
}

fn said(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    let words = String::from_utf8_lossy(&output.stderr);
    let last = words.lines().last().unwrap_or("it said nothing").to_owned();
    if output.status.success() { Ok(()) } else { Err(last) }
}
