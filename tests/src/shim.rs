//! A program under a wall clock that is not the machine's, and on a disk that takes its time to write and to read: a small library of C that is
//! compiled here and loaded into it, so neither root nor another machine is needed.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::program::Home;

/// Where the words of each begin in the file.
const SYNCS: u64 = 8;
const READS: u64 = 32;

/// What the library of one program is told, and what it tells.
pub struct Shim {
    folder: TempDir,
    words: File,
}

impl Shim {
    /// Compiles the library.
    ///
    /// # Errors
    /// Why it cannot be had here.
    pub fn new() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let (source, library) = (folder.path().join("shim.c"), folder.path().join("shim.so"));
        std::fs::write(&source, include_str!("shim.c")).map_err(|error| error.to_string())?;
        let compiled = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source).output();
        let compiled = compiled.map_err(|error| format!("no C compiler: {error}"))?;
        if !compiled.status.success() {
            return Err(format!("cc: {}", String::from_utf8_lossy(&compiled.stderr)));
        }
        let words = File::options().read(true).write(true).create_new(true).open(folder.path().join("words"));
        let words = words.and_then(|words| words.write_all_at(&[0; 56], 0).map(|()| words));
        Ok(Self { folder, words: words.map_err(|error| error.to_string())? })
    }

    /// Every program that is started in this home from now on is under it.
    #[must_use]
    pub fn over(&self, home: Home) -> Home {
        self.environment().iter().fold(home, |home, (name, value)| home.env(name, value))
    }

    /// What a program has to find in its environment to be under it.
    pub fn environment(&self) -> [(&'static str, String); 3] {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        [("LD_PRELOAD", path("shim.so")), ("STREAMER_SHIM", path("words")), ("STREAMER_BOOT", path("boot"))]
    }

    /// From now on the wall clock is so many milliseconds ahead of the machine's.
    ///
    /// # Panics
    /// Where the file cannot be written.
    pub fn set_ahead(&self, milliseconds: i64) {
        self.words.write_all_at(&milliseconds.to_ne_bytes(), 0).expect("a small file");
    }

    /// What is started from now on belongs to a boot of its own.
    ///
    /// # Panics
    /// Where the file cannot be written.
    pub fn boot(&self) {
        let id = "8f2c1d34-5b6a-4c7d-9e8f-0a1b2c3d4e5f\n";
        std::fs::write(self.folder.path().join("boot"), id).expect("a small file");
    }

    /// From now on a sync takes so long; those that wait already too.
    ///
    /// # Panics
    /// Where the file cannot be written.
    pub fn set_sync(&self, span: Duration) {
        self.set(SYNCS, span);
    }

    /// From now on a read of a segment takes so long; those that wait already too.
    ///
    /// # Panics
    /// Where the file cannot be written.
    pub fn set_read(&self, span: Duration) {
        self.set(READS, span);
    }

    fn set(&self, what: u64, span: Duration) {
        let milliseconds = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        self.words.write_all_at(&milliseconds.to_ne_bytes(), what).expect("a small file");
    }

    /// Syncs that began and that ended so far.
    ///
    /// # Panics
    /// Where the file cannot be read.
    pub fn syncs(&self) -> (i64, i64) {
        self.counts(SYNCS)
    }

    /// Reads of segments that began and that ended so far.
    ///
    /// # Panics
    /// Where the file cannot be read.
    pub fn reads(&self) -> (i64, i64) {
        self.counts(READS)
    }

    fn counts(&self, what: u64) -> (i64, i64) {
        let word = |at| {
            let mut word = [0; 8];
            self.words.read_exact_at(&mut word, at).expect("a small file");
            i64::from_ne_bytes(word)
        };
        (word(what + 8), word(what + 16))
    }
}
