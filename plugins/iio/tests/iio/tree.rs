//! A tree with IIO devices and hwmon chips in it, and an input that reads it.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use streamer_iio::PLUGIN;
use streamer_plugin::clock::{Clock, Hand};
use streamer_plugin::testkit::{Bench, BuildError, Driven};
use streamer_plugin::{InputError, Readings};
use tempfile::TempDir;

/// A tree that a test may change.
pub struct Tree {
    folder: TempDir,
    bench: Bench,
}

/// An input below a tree.
pub struct Below {
    input: Driven,
    hand: Hand,
    clock: Clock,
}

impl Tree {
    /// A tree without devices.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sys")).unwrap();
        Self { bench: Bench::new(folder.path()), folder }
    }

    /// Where something below the tree's root is.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// What a look around finds.
    pub fn scan(&self) -> Vec<streamer_plugin::Found> {
        self.bench.scan(&PLUGIN)
    }

    /// Writes a file.
    pub fn file(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Makes a link.
    pub fn link(&self, path: &str, target: impl AsRef<Path>) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
        self
    }

    /// Takes a file, a link or a folder away.
    pub fn remove(&self, path: &str) -> &Self {
        let path = self.path(path);
        if path.is_symlink() || path.is_file() {
            fs::remove_file(path).unwrap();
        } else {
            fs::remove_dir_all(path).unwrap();
        }
        self
    }

    /// A file that gives EIO when it is read: the memory of this process from its start.
    pub fn failing(&self, path: &str) -> &Self {
        self.remove(path).link(path, "/proc/self/mem")
    }

    /// An IIO device, all in one folder as in a tree without links.
    pub fn iio(&self, number: u32, name: &str, files: &[(&str, &str)]) -> String {
        let at = format!("sys/bus/iio/devices/iio:device{number}");
        self.file(&format!("{at}/name"), format!("{name}\n"));
        self.files(&at, files);
        at
    }

    /// An IIO device below a device of /sys/devices, with the link that the kernel makes.
    pub fn placed(&self, number: u32, below: &str, name: &str, files: &[(&str, &str)]) -> String {
        let at = format!("sys/devices/{below}/iio:device{number}");
        self.file(&format!("{at}/name"), format!("{name}\n"));
        self.files(&at, files);
        self.link(
            &format!("sys/bus/iio/devices/iio:device{number}"),
            format!("../../../devices/{below}/iio:device{number}"),
        );
        at
    }

    /// A hwmon chip below a device of /sys/devices, with the links that the kernel makes.
    pub fn hwmon(&self, number: u32, below: &str, name: Option<&str>, files: &[(&str, &str)]) -> String {
        let at = format!("sys/devices/{below}/hwmon/hwmon{number}");
        fs::create_dir_all(self.path(&at)).unwrap();
        if let Some(name) = name {
            self.file(&format!("{at}/name"), format!("{name}\n"));
        }
        self.files(&at, files);
        self.link(&format!("{at}/device"), "../..");
        self.link(&format!("sys/class/hwmon/hwmon{number}"), format!("../../devices/{below}/hwmon/hwmon{number}"));
        at
    }

    /// Files of one folder, each with one line.
    pub fn files(&self, at: &str, files: &[(&str, &str)]) {
        for (file, text) in files {
            self.file(&format!("{at}/{file}"), format!("{text}\n"));
        }
    }

    /// An input that reads this tree.
    pub fn input(&self, toml: &str) -> Below {
        let input = self.bench.build(&PLUGIN, toml).unwrap();
        Below { input, hand: self.bench.hand.clone(), clock: self.bench.clock().clone() }
    }

    /// Why an input cannot be built.
    pub fn trouble(&self, toml: &str) -> InputError {
        match self.bench.build(&PLUGIN, toml).err() {
            Some(BuildError::Input(error)) => error,
            other => panic!("{other:?}"),
        }
    }

    /// One round of a new input.
    pub fn first(&self, toml: &str) -> Readings {
        self.input(toml).round()
    }

    /// The readings of one round of a new input, sorted, where nothing is refused.
    pub fn lines(&self, toml: &str) -> Vec<String> {
        let round = self.first(toml);
        assert_eq!(refused(&round), [("", ""); 0]);
        let mut lines = round.lines();
        lines.sort();
        lines
    }

    /// The value and the cause of refusal of a device with one channel.
    pub fn told(name: &str, files: &[(&str, &str)]) -> (Option<f64>, Option<String>) {
        let tree = Self::new();
        tree.iio(0, name, files);
        let round = tree.first("");
        (round.items().first().and_then(|i| i.value.as_f64()), round.refused().first().map(|r| r.cause.to_owned()))
    }
}

impl Below {
    /// One round.
    pub fn round(&mut self) -> Readings {
        self.ask().unwrap()
    }

    /// One round, or why there is none. No key stands in it twice.
    pub fn ask(&mut self) -> Result<Readings, InputError> {
        let round = self.input.sample()?;
        let mut seen = HashSet::new();
        for item in round.items() {
            assert!(seen.insert(item.key.as_str().to_owned()), "{} twice in one round", item.key);
        }
        Ok(round)
    }

    /// One round, during which the clock goes on whenever the input waits. `between` is told how often it waited.
    pub fn waiting_round(&mut self, mut between: impl FnMut(u32) + Send) -> (Readings, u32) {
        let (done, hand, clock) = (AtomicBool::new(false), self.hand.clone(), self.clock.clone());
        std::thread::scope(|scope| {
            let time = scope.spawn(|| {
                let (mut waits, mut last) = (0, None);
                while !done.load(Ordering::Acquire) {
                    // Who is still listed for a moment that has come is about to wake.
                    if let Some(until) = hand.sleepers().first().copied().filter(|until| last != Some(*until)) {
                        waits += 1;
                        last = Some(until);
                        between(waits);
                        hand.advance(until.since(clock.boot()));
                    }
                    std::thread::yield_now();
                }
                waits
            });
            let round = self.round();
            done.store(true, Ordering::Release);
            (round, time.join().unwrap())
        })
    }
}

/// Key and cause of what was refused.
pub fn refused(readings: &Readings) -> Vec<(&str, &str)> {
    readings.refused().iter().map(|r| (r.key.as_str(), r.cause)).collect()
}
