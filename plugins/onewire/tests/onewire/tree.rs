//! A tree with 1-Wire folders in it, and an input that reads it.

use std::fs;
use std::path::{Path, PathBuf};

use streamer_onewire::PLUGIN;
use streamer_plugin::clock::Hand;
use streamer_plugin::testkit::{Bench, Driven};
use streamer_plugin::{InputError, Readings};
use tempfile::TempDir;

/// A tree that a test may change.
pub struct Tree {
    folder: TempDir,
    bench: Bench,
}

impl Tree {
    /// A tree with the folder of a bus and nothing in it.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tree = Self { bench: Bench::new(folder.path()), folder };
        tree.file("w1_bus_master1/w1_master_name", "w1_bus_master1\n");
        tree
    }

    /// Where the tree lies.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Where something below the devices' folder is.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("sys/bus/w1/devices").join(path)
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

    /// Writes what the kernel shows of a sensor that sent these eight bytes and a right checksum.
    pub fn sends(&self, id: &str, bytes: [u8; 8], t: i64) -> &Self {
        self.file(&format!("{id}/w1_slave"), shown(bytes, t))
    }

    /// A sensor of the family 28, 22 or 42 that measured this many sixteenths of a degree with 12 bits.
    pub fn measures(&self, id: &str, sixteenths: i16) -> &Self {
        self.sends(id, measured(sixteenths), i64::from(sixteenths) * 1000 / 16)
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

    /// What moves the clock.
    pub fn hand(&self) -> Hand {
        self.bench.hand.clone()
    }

    /// An input that reads this tree.
    pub fn input(&self, toml: &str) -> Driven {
        self.bench.build(&PLUGIN, toml).unwrap()
    }

    /// One round of a new input.
    pub fn first(&self, toml: &str) -> Readings {
        self.input(toml).sample().unwrap()
    }

    /// Why an input cannot be built, or cannot be asked.
    pub fn trouble(&self, toml: &str) -> InputError {
        self.input(toml).sample().unwrap_err()
    }

    /// What is wrong with options.
    pub fn faults(&self, toml: &str) -> String {
        self.bench.options(&PLUGIN, toml).err().map(|error| error.to_string()).unwrap_or_default()
    }
}

/// The bytes of a measurement with 12 bits.
pub fn measured(sixteenths: i16) -> [u8; 8] {
    let [low, high] = sixteenths.to_le_bytes();
    [low, high, 0x4b, 0x46, 0x7f, 0xff, 0x10 - (low & 0x0f), 0x10]
}

/// The text of `w1_slave`.
pub fn shown(bytes: [u8; 8], t: i64) -> String {
    let crc = crc(&bytes);
    let hex: String = bytes.iter().chain([&crc]).map(|byte| format!("{byte:02x} ")).collect();
    format!("{hex}: crc={crc:02x} YES\n{hex}t={t}\n")
}

/// The checksum from its description as a shift register of eight bits with feedback at three places, bit by bit.
pub fn crc(bytes: &[u8]) -> u8 {
    let mut register = [false; 8];
    for bit in bytes.iter().flat_map(|byte| (0..8).map(move |n| byte >> n & 1 == 1)) {
        let feedback = register[7] ^ bit;
        register = [
            feedback,
            register[0],
            register[1],
            register[2],
            register[3] ^ feedback,
            register[4] ^ feedback,
            register[5],
            register[6],
        ];
    }
    // The last stage leaves first and is the lowest bit on the wire.
    register.iter().enumerate().fold(0, |crc, (stage, bit)| crc | u8::from(*bit) << (7 - stage))
}

/// Key and cause of what was refused.
pub fn refused(readings: &Readings) -> Vec<(&str, &str)> {
    readings.refused().iter().map(|r| (r.key.as_str(), r.cause)).collect()
}
