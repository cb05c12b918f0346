//! A tree of /proc and /sys in a folder of its own, and an input that reads it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use streamer_plugin::Readings;
use streamer_plugin::testkit::{Bench, Driven};
use streamer_system::{MADE, PLUGIN};
use tempfile::TempDir;

/// A tree that a test may change.
pub struct Tree {
    folder: TempDir,
    bench: Bench,
}

/// An input below a tree, or on the running machine.
pub struct Below {
    input: Driven,
}

impl Tree {
    /// A tree with nothing in it but the two folders.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bench = Bench::new(folder.path());
        let tree = Self { folder, bench };
        for folder in ["proc", "sys"] {
            fs::create_dir(tree.path(folder)).unwrap();
        }
        tree
    }

    /// A copy of one of the stored trees.
    pub fn of(name: &str) -> Self {
        let tree = Self::empty();
        tree.lay(name);
        tree
    }

    /// Lays a stored tree over this one: files are written in place.
    pub fn lay(&self, name: &str) -> &Self {
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trees").join(name), self.folder.path());
        self
    }

    /// Where something is.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Writes a file, in place if it is there.
    pub fn file(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Makes a link.
    pub fn link(&self, path: &str, target: &str) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
        self
    }

    /// Makes a file that is there and cannot be read: the memory of this process from its start gives an error.
    pub fn unreadable(&self, path: &str) -> &Self {
        self.link(path, "/proc/self/mem")
    }

    /// Takes a file or folder away.
    pub fn remove(&self, path: &str) -> &Self {
        let path = self.path(path);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap()
        } else {
            fs::remove_file(path).unwrap()
        }
        self
    }

    /// Lets time pass.
    pub fn wait(&self, secs: f64) -> &Self {
        self.bench.hand.advance(Duration::from_secs_f64(secs));
        self
    }

    /// An input that reads this tree.
    pub fn input(&self, toml: &str) -> Below {
        Below { input: self.bench.build(&PLUGIN, toml).unwrap() }
    }

    /// The second of two rounds, `secs` apart, between which `change` is done.
    pub fn second(&self, toml: &str, secs: f64, change: impl FnOnce(&Self)) -> Readings {
        let mut input = self.input(toml);
        input.round();
        self.wait(secs);
        change(self);
        input.round()
    }

    /// One round of a new input.
    pub fn first(&self, toml: &str) -> Readings {
        self.input(toml).round()
    }
}

impl Below {
    /// An input that reads the running machine, with a clock that stands still.
    pub fn live(toml: &str) -> (Self, Bench) {
        let bench = Bench::new("/");
        (Self { input: bench.build(&PLUGIN, toml).unwrap() }, bench)
    }

    /// One round. Whatever it brings must stand in the table, once, and nothing in it may be below what its unit allows.
    pub fn round(&mut self) -> Readings {
        let readings = self.input.sample().unwrap();
        let mut seen = std::collections::HashSet::new();
        for item in readings.items() {
            let key = item.key.as_str();
            assert!(seen.insert(key.to_owned()), "{key} twice in one round");
            assert!(key.chars().count() <= 100, "{key} is too long");
            let made = MADE.iter().find(|made| fits(made.key, key)).unwrap_or_else(|| panic!("{key} is in no table"));
            if let Some(number) = item.value.as_f64() {
                assert!(number >= 0.0 || matches!(made.unit, "°C" | "dBm"), "{key} is {number}");
                assert!(
                    number <= 100.0 || made.unit != "%" || key.starts_with("process"),
                    "{key} is {number} per cent"
                );
            }
        }
        readings
    }
}

/// Whether a key is made by a line of the table: words in capitals, and a number behind a letter, stand for anything.
fn fits(line: &str, key: &str) -> bool {
    let Some(start) = line.find(|c: char| c.is_ascii_uppercase()) else { return line == key };
    let end = line[start..].find(|c: char| !c.is_ascii_uppercase()).map_or(line.len(), |len| start + len);
    key.len() > start && key.starts_with(&line[..start]) && key[start..].ends_with(&line[end..])
}

/// The number of a key, if the key is there.
pub fn number(readings: &Readings, key: &str) -> Option<f64> {
    readings.items().iter().find(|item| item.key.as_str() == key).and_then(|item| item.value.as_f64())
}

/// The keys of a round, in its order.
pub fn keys(readings: &Readings) -> Vec<&str> {
    readings.items().iter().map(|item| item.key.as_str()).collect()
}

/// Key and cause of what was refused.
pub fn refused(readings: &Readings) -> Vec<(&str, &str)> {
    readings.refused().iter().map(|r| (r.key.as_str(), r.cause)).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            // In place, as the kernel's files change.
            fs::write(to, fs::read(from).unwrap()).unwrap();
        }
    }
}
