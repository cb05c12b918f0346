//! The writers: programs that log, and what rotates their logs. Each knows how many lines it wrote; nobody tells the agent.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use streamer_tests::unix_now;

use crate::between::{Random, Shared, holds};

/// How a log is rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// By turns renamed, copied and truncated, deleted and made anew; sometimes several within one poll.
    ByTurns,
    /// Renamed every few moments.
    Renamed,
    /// Copied and truncated under a writer that keeps its place, so that a hole comes before its next line.
    Holes,
    /// Renamed, and compressed at once or a rotation later.
    Packed,
    /// Never: instead each few lines are a new file.
    ManyFiles,
}

/// One log with its writer.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The key of its readings, and the stem of its name.
    pub key: &'static str,
    /// How it is rotated.
    pub rotation: Rotation,
    /// Seconds between rotations.
    pub every: f64,
    /// How many rotated files are kept.
    pub kept: u32,
    /// Lines a second.
    pub pace: u64,
}

/// What a writer did.
#[derive(Debug, Clone, Default)]
pub struct Written {
    /// Lines: each has the number of its own, from 1.
    pub lines: u64,
    /// How often it was renamed, copied and truncated, made anew, and the rotations that came at once after another.
    pub renamed: u64,
    /// Copied and truncated.
    pub copied: u64,
    /// Deleted and made anew.
    pub made_anew: u64,
    /// Compressed.
    pub packed: u64,
    /// Rotations that followed another within one poll.
    pub at_once: u64,
}

/// A writer at work.
pub struct Writer {
    plan: Plan,
    folder: PathBuf,
    file: File,
    written: Written,
    random: Random,
    shared: Arc<Shared>,
}

impl Writer {
    /// Opens the log.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn new(plan: Plan, folder: &Path, seed: u64, shared: Arc<Shared>) -> io::Result<Self> {
        let file = open(&path(folder, plan.key), plan.rotation)?;
        Ok(Self {
            plan,
            folder: folder.to_owned(),
            file,
            written: Written::default(),
            random: Random::new(seed),
            shared,
        })
    }

    /// Writes until it is over.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn work(mut self) -> io::Result<Written> {
        const STEP: Duration = Duration::from_millis(20);
        let began = unix_now();
        let (mut due, mut next) = (0.0, began + self.plan.every);
        while !self.shared.is_over() {
            // A burst is over and above the pace, so it does not count against it.
            due += self.plan.pace as f64 * STEP.as_secs_f64();
            let lines = due as u64;
            due -= lines as f64;
            self.lines(lines)?;
            if self.plan.rotation == Rotation::ByTurns {
                let burst = self.shared.take_burst();
                self.lines(burst)?;
            }
            if unix_now() >= next {
                next += self.plan.every;
                self.rotate()?;
                if self.random.below(4) == 0 {
                    for _ in 0..1 + self.random.below(2) {
                        self.lines(5)?;
                        self.rotate()?;
                        self.written.at_once += 1;
                    }
                }
            }
            std::thread::sleep(STEP);
        }
        self.file.flush()?;
        Ok(self.written)
    }

    fn lines(&mut self, count: u64) -> io::Result<()> {
        let mut text = String::new();
        for _ in 0..count {
            self.written.lines += 1;
            let number = self.written.lines;
            text += &match self.plan.key {
                "app" => format!("2026-11-28 INFO worker-{} served n={number} in {} ms\n", number % 7, number % 91),
                "fast" => format!("fast={number}\n"),
                "hole" => format!("{{\"hole\": {number}}}\n"),
                key => format!("{key}={number}\n"),
            };
        }
        // Now and then the last line comes in two pieces.
        let cut = if self.random.below(10) == 0 { text.len().saturating_sub(4) } else { text.len() };
        self.file.write_all(&text.as_bytes()[..cut])?;
        if cut < text.len() {
            std::thread::sleep(Duration::from_millis(5));
            self.file.write_all(&text.as_bytes()[cut..])?;
        }
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        match self.plan.rotation {
            Rotation::ByTurns => match (self.written.renamed + self.written.copied + self.written.made_anew) % 3 {
                0 => self.rename(),
                1 => self.copy(),
                _ => self.make_anew(),
            },
            Rotation::Renamed => self.rename(),
            Rotation::Packed => self.pack(),
            Rotation::Holes => self.copy(),
            Rotation::ManyFiles => self.another(),
        }
    }

    /// As logrotate does by default: renamed, written on for a moment, and made new.
    fn rename(&mut self) -> io::Result<()> {
        self.shift()?;
        fs::rename(path(&self.folder, self.plan.key), self.rotated(1))?;
        let late = self.random.below(10);
        self.lines(late)?;
        self.file = open(&path(&self.folder, self.plan.key), self.plan.rotation)?;
        self.written.renamed += 1;
        Ok(())
    }

    /// As logrotate does with `copytruncate`.
    fn copy(&mut self) -> io::Result<()> {
        self.shift()?;
        fs::copy(path(&self.folder, self.plan.key), self.rotated(1))?;
        self.file.set_len(0)?;
        self.written.copied += 1;
        Ok(())
    }

    /// As logrotate does with `compress`, with and without `delaycompress`.
    fn pack(&mut self) -> io::Result<()> {
        self.rename()?;
        let number = 1 + self.random.below(2) as u32;
        if self.rotated(number).exists() {
            let gzip = Command::new("gzip").arg(self.rotated(number)).status()?;
            if !gzip.success() {
                return Err(io::Error::other(format!("gzip: {gzip}")));
            }
            self.written.packed += 1;
        }
        Ok(())
    }

    /// Deleted and made anew. Only under the eyes of an agent that has it open: nobody else could still read it.
    fn make_anew(&mut self) -> io::Result<()> {
        let path = path(&self.folder, self.plan.key);
        let shared = Arc::clone(&self.shared);
        let agent = shared.agent_now();
        if !agent.as_deref().copied().flatten().is_some_and(|pid| holds(pid, &path)) {
            return self.rename();
        }
        fs::remove_file(&path)?;
        self.file = open(&path, self.plan.rotation)?;
        self.written.made_anew += 1;
        Ok(())
    }

    fn another(&mut self) -> io::Result<()> {
        self.written.made_anew += 1;
        let number = self.written.made_anew;
        self.file = open(&path(&self.folder, &format!("{}-{number:06}", self.plan.key)), self.plan.rotation)?;
        let old = number.checked_sub(u64::from(self.plan.kept)).filter(|old| *old > 0);
        old.map_or(Ok(()), |old| fs::remove_file(path(&self.folder, &format!("{}-{old:06}", self.plan.key))))
    }

    fn shift(&self) -> io::Result<()> {
        let mut number = self.plan.kept;
        for name in [self.rotated(number), self.packed(number)] {
            let _ = fs::remove_file(name);
        }
        while number > 1 {
            number -= 1;
            for (old, new) in
                [(self.rotated(number), self.rotated(number + 1)), (self.packed(number), self.packed(number + 1))]
            {
                if old.exists() {
                    fs::rename(old, new)?;
                }
            }
        }
        Ok(())
    }

    fn packed(&self, number: u32) -> PathBuf {
        self.folder.join(format!("{}.log.{number}.gz", self.plan.key))
    }

    fn rotated(&self, number: u32) -> PathBuf {
        self.folder.join(format!("{}.log.{number}", self.plan.key))
    }
}

fn path(folder: &Path, stem: &str) -> PathBuf {
    folder.join(format!("{stem}.log"))
}

fn open(path: &Path, rotation: Rotation) -> io::Result<File> {
    let mut options = OpenOptions::new();
    match rotation {
        Rotation::Holes => options.write(true),
        _ => options.append(true),
    };
    options.create(true).open(path)
}
