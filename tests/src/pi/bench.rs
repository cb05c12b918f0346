//! The bench that a board stands on: what it is made of, the bucket outside, and the words of a check. The host's clock is
//! the judge of the guest's epochs.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use streamer_tests::guest::{Contents, Modules, PATIENCE, ramdisk};
use streamer_tests::server::{Event, Server, Settings};
use streamer_tests::{ACCESS_KEY, eventually, unix_now};
use tempfile::TempDir;

/// The bucket's key.
const BUCKET: &str = "board";

/// What a machine is made of, as `cargo xtask pi` found it.
pub struct Parts {
    /// The program under test, for the guest's processor.
    pub program: PathBuf,
    /// The kernel.
    pub kernel: PathBuf,
    /// The folder of its modules.
    pub modules: PathBuf,
    /// A static busybox.
    pub busybox: PathBuf,
    /// The folder of the program's libraries, where they are not this machine's own.
    pub libraries: Option<PathBuf>,
    /// What the kernel is told of the board, where the emulator does not tell it.
    pub device_tree: Option<PathBuf>,
}

impl Parts {
    /// Reads `name=value` words.
    pub fn from_words(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let words: Vec<String> = words.collect();
        let given =
            |name: &str| words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('=')).map(PathBuf::from);
        let path = |name: &str| given(name).ok_or_else(|| format!("{name}=PATH is missing"));
        Ok(Self {
            program: path("program")?,
            kernel: path("kernel")?,
            modules: path("modules")?,
            busybox: path("busybox")?,
            libraries: given("libraries"),
            device_tree: given("device_tree"),
        })
    }

    /// The first file system of a guest with the program and these modules in it.
    pub fn ramdisk(&self, bench: &Bench, modules: &[&str]) -> Result<PathBuf, String> {
        let mut contents = Contents {
            busybox: self.busybox.clone(),
            modules: modules.iter().map(|name| (*name).to_owned()).collect(),
            files: Vec::new(),
        };
        contents.add_with_libraries(&self.program, "/bin/streamer", self.libraries.as_deref())?;
        let image = bench.path("ramdisk");
        ramdisk(&contents, &Modules::below(&self.modules), &image)?;
        Ok(image)
    }
}

/// The bucket outside, and a folder for disks and ramdisks.
pub struct Bench {
    server: Server,
    folder: TempDir,
}

impl Bench {
    /// A server that takes everything, and an empty folder.
    pub fn new() -> Result<Self, String> {
        let settings = Settings { access_key: Some(ACCESS_KEY.to_owned()), ..Settings::default() };
        let server = Server::start(settings).map_err(|error| error.to_string())?;
        Ok(Self { server, folder: tempfile::tempdir().map_err(|error| error.to_string())? })
    }

    /// A path in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A disk with an empty ext4 on it.
    pub fn disk(&self, name: &str, megabytes: u64) -> Result<PathBuf, String> {
        let path = self.path(name);
        let file = File::create(&path).and_then(|file| file.set_len(megabytes << 20));
        file.map_err(|error| format!("{}: {error}", path.display()))?;
        made_ext4(&path)?;
        Ok(path)
    }

    /// The part of a configuration that streams to the bucket outside, as a guest sees it.
    pub fn streaming(&self) -> String {
        let port = self.server.port();
        format!(
            "[outputs.initial_state]\naccess_key = \"{ACCESS_KEY}\"\napi_base = \"http://10.0.2.2:{port}\"\n\
             [buckets.board]\nkey = \"{BUCKET}\"\n"
        )
    }

    /// Takes what is sent from now on, or is not to be reached at all.
    pub fn reachable(&self, yes: bool) {
        self.server.set_script(if yes { "" } else { "refused" });
    }

    /// What arrived so far under this key, in the order of arrival.
    pub fn arrived(&self, key: &str) -> Vec<Event> {
        let report = self.server.report();
        report.events(BUCKET).iter().filter(|event| event.key == key).cloned().collect()
    }

    /// Whether this value has arrived under a key that has this in it, whatever else a driver's name made of the key.
    pub fn has_value(&self, named: &str, value: f64) -> bool {
        let report = self.server.report();
        let of_it = |event: &&Event| event.key.contains(named);
        report.events(BUCKET).iter().filter(of_it).any(|event| event.value.parse() == Ok(value))
    }

    /// Waits until it has.
    pub fn waits_for_value(&self, named: &str, value: f64) -> Result<(), String> {
        self.waits(&format!("{value} of {named}"), || self.has_value(named, value).then_some(()))
    }

    /// Waits until at least so many have arrived under this key.
    pub fn waits_for(&self, key: &str, count: usize) -> Result<Vec<Event>, String> {
        self.waits(&format!("{count} readings of {key}"), || {
            Some(self.arrived(key)).filter(|events| events.len() >= count)
        })
    }

    /// Waits for something to arrive.
    pub fn waits<T>(&self, what: &str, question: impl FnMut() -> Option<T>) -> Result<T, String> {
        eventually(PATIENCE, question).ok_or_else(|| {
            let counts = self.server.counts();
            format!("{what} did not arrive; the bucket has {} of {} requests", counts.unique, counts.requests)
        })
    }
}

fn made_ext4(path: &Path) -> Result<(), String> {
    let made = Command::new("/sbin/mkfs.ext4").arg("-q").arg(path).output();
    let made = made.map_err(|error| format!("mkfs.ext4: {error}"))?;
    if made.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&made.stderr).into_owned()) }
}

/// Fails a check with these words.
pub fn must(holds: bool, words: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(words()) }
}

/// Runs one named check and says how long it took.
pub fn check<T>(name: &str, run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let began = unix_now();
    let done = run().map_err(|why| format!("{name}: {why}"))?;
    println!("passed in {:5.1} s  {name}", unix_now() - began);
    Ok(done)
}
