//! The real `streamer`, run in a home of its own: fresh folders, no inherited environment, output kept in files.
//!
//! A test says what it wants to see and for how long it is ready to wait; nothing here measures time.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::eventually;

/// As long as anything may take on a machine that is busy with other things.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Where the program under test lies: `$STREAMER_BIN`, or beside the folder of the running test.
///
/// # Panics
/// Where there is none, with what to do.
pub fn binary() -> PathBuf {
    if let Some(given) = std::env::var_os("STREAMER_BIN") {
        return given.into();
    }
    built("streamer")
}

/// A program or an example that was built with the tests, beside the folder of the running one.
///
/// # Panics
/// Where there is none, with what to do.
pub fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running test lies somewhere");
    let built = test.ancestors().skip(1).map(|folder| folder.join(name)).find(|path| path.is_file());
    built.unwrap_or_else(|| {
        panic!(
            "no `{name}` beside the tests: run `cargo xtask test`, or first \
             `cargo build -p streamer-agent -p streamer --bins --examples`"
        )
    })
}

/// A home: its configuration, its state folder, and a runtime folder in memory.
pub struct Home {
    folder: TempDir,
    runtime: TempDir,
    environment: Vec<(String, String)>,
    program: Option<PathBuf>,
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

impl Home {
    /// An empty home.
    ///
    /// # Panics
    /// Where no temporary folder can be made.
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let runtime = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            runtime: runtime.expect("a temporary folder in memory"),
            environment: Vec::new(),
            program: None,
        }
    }

    /// A home with this `streamer.toml`.
    pub fn with_config(text: &str) -> Self {
        let home = Self::new();
        home.configure(text);
        home
    }

    /// Sets a variable for every program started here.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs another program here than the usual one: an agent with an input of its own.
    #[must_use]
    pub fn program(mut self, program: PathBuf) -> Self {
        self.program = Some(program);
        self
    }

    /// Gives the programs started here a runtime folder on this disk.
    ///
    /// # Panics
    /// Where none can be made there.
    pub fn with_runtime_on(mut self, disk: &Path) -> Self {
        self.runtime = tempfile::tempdir_in(disk).expect("a runtime folder");
        self
    }

    /// A path in this home.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder that programs started here take for the user's runtime folder.
    pub fn runtime(&self) -> &Path {
        self.runtime.path()
    }

    /// Writes `streamer.toml`. Only its owner may read it, as the program asks of a file with a key in it.
    ///
    /// # Panics
    /// Where the file cannot be written.
    pub fn configure(&self, text: &str) {
        let path = self.path("streamer.toml");
        fs::write(&path, text).expect("the configuration can be written");
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("and protected");
    }

    fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(self.program.clone().unwrap_or_else(binary));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("HOME", self.folder.path()).env("XDG_RUNTIME_DIR", self.runtime.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("RUST_BACKTRACE", "1");
        command.envs(self.environment.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Finished {
        self.run_with_input(arguments, "")
    }

    /// Runs the program to its end with this on its standard input.
    ///
    /// # Panics
    /// Where it cannot be started.
    pub fn run_with_input<S: AsRef<OsStr>>(&self, arguments: &[S], input: impl AsRef<[u8]>) -> Finished {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut stdin = child.stdin.take().expect("it was asked for");
        let input = input.as_ref().to_owned();
        // Fed from beside, or both sides could wait for each other with full pipes. A child that does not read is no fault.
        let feeder = std::thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output().expect("the program ends");
        let _ = feeder.join();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Finished { status: output.status, stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Starts the program and leaves it running.
    pub fn start<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Running {
        self.start_into(arguments, None)
    }

    /// Starts the program with its standard output going into this instead of a file.
    ///
    /// # Panics
    /// Where it cannot be started.
    pub fn start_into<S: AsRef<OsStr>>(&self, arguments: &[S], stdout: Option<Stdio>) -> Running {
        let output = tempfile::tempdir().expect("a temporary folder");
        let file = |name: &str| Stdio::from(File::create(output.path().join(name)).expect("a file for its output"));
        let mut command = self.command(arguments);
        command.stdout(stdout.unwrap_or_else(|| file("stdout"))).stderr(file("stderr"));
        let child = command.spawn().expect("the program starts");
        Running { child, output }
    }

    /// Starts the agent and waits until its control socket takes connections.
    ///
    /// # Panics
    /// Where it does not come up.
    pub fn start_agent(&self) -> Running {
        let mut running = self.start(&["run"]);
        let up = eventually(PATIENCE, || {
            if let Some(status) = running.ended() {
                panic!("the agent ended with {status}: {}", running.stderr());
            }
            self.socket()
        });
        assert!(up.is_some(), "the agent did not answer: {}", running.stderr());
        running
    }

    /// Logs these numbers, one reading each, under the key `n`. Exit code 0 means that all were accepted.
    pub fn log_numbers(&self, numbers: std::ops::Range<u64>) -> Finished {
        let lines: String = numbers.map(|number| format!("n,{number}\n")).collect();
        self.run_with_input(&["log", "-"], &lines)
    }

    /// The control socket of a running agent. Asked for without any command of the program: such a command may itself
    /// hold what a starting agent needs.
    pub fn socket(&self) -> Option<PathBuf> {
        let mut folders = vec![self.runtime.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.ends_with("control.sock") && UnixStream::connect(&path).is_ok() {
                    return Some(path);
                }
            }
        }
        None
    }

    /// `streamer status --json`, where it succeeds.
    pub fn status(&self) -> Option<Value> {
        let finished = self.run(&["status", "--json"]);
        serde_json::from_str(&finished.stdout).ok().filter(|_| finished.code() == Some(0))
    }

    /// What `streamer export` gives of a bucket in the local store.
    pub fn export(&self, bucket: &str) -> Vec<Row> {
        self.run(&["export", bucket]).expect_code(0).stdout.lines().filter_map(Row::parse).collect()
    }

    /// Every file below the home and the runtime folder, with its bytes.
    ///
    /// # Panics
    /// Where a folder cannot be read.
    pub fn every_file(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.folder.path().to_owned(), self.runtime.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder of ours") {
                let entry = entry.expect("its entry");
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                    // A socket or a file that just went away has no bytes to look at.
                    _ => files.extend(fs::read(entry.path()).ok().map(|bytes| (entry.path(), bytes))),
                }
            }
        }
        files
    }
}

/// One row of an export. The tests' own keys and values need no quotes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// Microseconds since 1970.
    pub epoch: i64,
    /// The key.
    pub key: String,
    /// The value as it is written.
    pub value: String,
}

impl Row {
    /// Reads `epoch,key,value`; the head of the file is no row.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(3, ',');
        let (whole, fraction) = fields.next()?.split_once('.')?;
        let epoch = format!("{whole}{fraction:0<6}").parse().ok()?;
        Some(Self { epoch, key: fields.next()?.to_owned(), value: fields.next()?.to_owned() })
    }
}

/// A program that ended.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed for programs.
    pub stdout: String,
    /// What it said to people.
    pub stderr: String,
}

impl Finished {
    /// Its exit code; `None` when a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Fails the test unless it ended with this code.
    ///
    /// # Panics
    /// With all that the program said.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(
            self.code(),
            Some(code),
            "signal {:?}\nstdout: {}\nstderr: {}",
            self.status.signal(),
            self.stdout,
            self.stderr
        );
        self
    }
}

/// A program that runs; dropping it kills it.
pub struct Running {
    child: Child,
    output: TempDir,
}

impl Running {
    /// Sends a signal.
    ///
    /// # Panics
    /// Where it is gone already.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the program is there to be told");
    }

    /// Kills it with SIGKILL and waits for its end.
    ///
    /// # Panics
    /// Where the machine refuses.
    pub fn kill(mut self) -> Finished {
        self.child.kill().expect("the program can be killed");
        self.wait()
    }

    /// Asks it to stop and waits for its end.
    pub fn stop(self) -> Finished {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// Its exit status, once it has one.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// Where it does not end within [`PATIENCE`].
    pub fn wait(mut self) -> Finished {
        let status = eventually(PATIENCE, || self.ended());
        let status = status.unwrap_or_else(|| panic!("the program does not end: {}", self.stderr()));
        Finished { status, stdout: self.stdout(), stderr: self.stderr() }
    }

    /// What it printed so far.
    pub fn stdout(&self) -> String {
        self.read("stdout").unwrap_or_default()
    }

    /// What it said so far.
    pub fn stderr(&self) -> String {
        self.read("stderr").unwrap_or_default()
    }

    /// Its process number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn read(&self, name: &str) -> io::Result<String> {
        fs::read(self.output.path().join(name)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail when it ended by itself, which is what a test that passed saw.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
