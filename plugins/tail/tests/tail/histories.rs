//! Random histories: a writer that appends, rotates and truncates while a tail is started, stopped and killed at random.
//! Every line arrives once. Each history prints its seed when it fails, and runs again by that seed alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::time::Duration;

use crate::ground::{Ground, Running};

/// A small generator, so that a seed means the same history everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// How a history rotates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rotation {
    Rename,
    CopyAndTruncate,
    /// Deleted once all of it was read, and made anew.
    Recreate,
    Any,
}

struct History {
    ground: Ground,
    dice: Dice,
    /// How many lines were written and ended.
    written: usize,
    /// A line was begun and not ended.
    open: bool,
    running: Option<Running>,
    /// The writer keeps writing into the file that it opened, until it is told.
    writer: fs::File,
    old: Option<fs::File>,
    /// The log is a new file, of which perhaps nothing was read. If it is cut off and then renamed before anybody looks,
    /// nothing tells its copy from the older ones: the one case that is lost.
    unread: bool,
    /// What happened, for whoever reads of a failure.
    story: Vec<String>,
}

impl History {
    fn new(seed: u64, glob: &str) -> Self {
        let ground = Ground::new(&[glob], "from = \"start\"\npoll = \"2ms\"");
        let writer = ground.open("app.log");
        let mut new = Self {
            ground,
            dice: Dice(seed),
            written: 0,
            open: false,
            running: None,
            writer,
            old: None,
            unread: false,
            story: Vec::new(),
        };
        // What was rotated away before the log was ever seen is nobody's affair.
        let first = new.line();
        new.writer.write_all(first.as_bytes()).unwrap();
        new.run_until_all_is_read();
        new
    }

    fn line(&mut self) -> String {
        self.written += 1;
        // Of all lengths, so that a file which was cut off often grows just as long as it was.
        format!("{}{}\n", self.written, "-".repeat(self.dice.roll(4) as usize))
    }

    fn append(&mut self) {
        for _ in 0..=self.dice.roll(5) {
            let mut line = if std::mem::take(&mut self.open) { "\n".to_owned() } else { self.line() };
            if self.dice.roll(6) == 0 {
                line.pop();
                self.open = true;
            }
            self.story.push(format!("write {line:?}"));
            self.writer.write_all(line.as_bytes()).unwrap();
        }
    }

    /// Ends the line that is open, for a rotation that would tear it.
    fn end_line(&mut self) {
        if std::mem::take(&mut self.open) {
            self.writer.write_all(b"\n").unwrap();
        }
    }

    fn shift(&self) {
        let name = |number: usize| self.ground.path(&format!("app.log.{number}"));
        let last = (1..).find(|number| !name(*number).exists()).unwrap();
        for number in (1..last).rev() {
            fs::rename(name(number), name(number + 1)).unwrap();
        }
    }

    fn rotate(&mut self, rotation: Rotation) {
        self.story.push(format!("{rotation:?}"));
        match rotation {
            Rotation::Rename => {
                self.shift();
                self.ground.rename("app.log", "app.log.1");
                let new = self.ground.open("app.log");
                self.end_line();
                self.unread = true;
                self.old = Some(std::mem::replace(&mut self.writer, new));
            }
            Rotation::CopyAndTruncate => {
                self.end_line();
                if std::mem::take(&mut self.unread) {
                    self.append();
                    self.end_line();
                    self.run_until_all_is_read();
                }
                self.shift();
                self.ground.copy_and_truncate("app.log", "app.log.1");
            }
            Rotation::Recreate => {
                self.end_line();
                self.run_until_all_is_read();
                fs::remove_file(self.ground.path("app.log")).unwrap();
                self.writer = self.ground.open("app.log");
                self.unread = true;
            }
            Rotation::Any => {
                let one = [Rotation::Rename, Rotation::CopyAndTruncate, Rotation::Recreate][self.dice.roll(3) as usize];
                self.rotate(one);
            }
        }
    }

    fn start_or_stop(&mut self) {
        match self.running.take() {
            Some(running) => {
                running.stop();
                self.story.push(format!("stopped at {:?}", self.ground.places()));
            }
            None if self.dice.roll(2) == 0 => {
                let sends = self.dice.roll(6) as usize;
                self.story.push(format!("start for {sends} batches"));
                self.running = Some(self.ground.start_fragile(sends));
            }
            None => {
                self.story.push("start".into());
                self.running = Some(self.ground.start());
            }
        }
    }

    fn run_until_all_is_read(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop();
        }
        let running = self.ground.start();
        self.running = Some(running);
        self.ground.wait(self.written);
    }

    fn step(&mut self, rotation: Rotation) {
        match self.dice.roll(10) {
            0..=3 => self.append(),
            4 | 5 => self.rotate(rotation),
            6 | 7 => self.start_or_stop(),
            8 => {
                if let Some(old) = &mut self.old {
                    // A program that was not told yet writes into the file that was renamed.
                    self.written += 1;
                    self.story.push(format!("write {} into the old one", self.written));
                    old.write_all(format!("{}\n", self.written).as_bytes()).unwrap();
                }
            }
            _ => std::thread::sleep(Duration::from_millis(self.dice.roll(6))),
        }
    }

    fn end(&mut self) -> BTreeMap<String, usize> {
        self.end_line();
        self.run_until_all_is_read();
        // One line more in a round of its own: whatever would be read twice was read by then.
        let last = self.line();
        self.writer.write_all(last.as_bytes()).unwrap();
        self.ground.wait(self.written);
        self.running.take().unwrap().stop();
        let mut times = BTreeMap::new();
        for line in self.ground.heard.lines() {
            let number = line.trim_start_matches("line ").trim_end_matches('-').to_owned();
            *times.entry(number).or_default() += 1;
        }
        times
    }
}

fn histories(rotation: Rotation, glob: &str, seeds: std::ops::Range<u64>) {
    let more = std::env::var("HISTORIES").ok().and_then(|more| more.parse().ok()).unwrap_or(0);
    for seed in seeds.start..seeds.end + more {
        let mut history = History::new(seed, glob);
        let steps = 10 + history.dice.roll(30);
        let story = std::panic::AssertUnwindSafe(|| {
            for _ in 0..steps {
                history.step(rotation);
            }
            let written = history.written + 1;
            let times = history.end();
            let wrong: Vec<_> = (1..=written)
                .map(|number| (number, times.get(&number.to_string()).copied().unwrap_or(0)))
                .filter(|(_, times)| *times != 1)
                .collect();
            assert!(wrong.is_empty(), "lines and how often they came: {wrong:?}");
        });
        if let Err(panic) = std::panic::catch_unwind(story) {
            eprintln!("history {seed} of {rotation:?} over {glob}:\n{}", history.story.join("\n"));
            std::panic::resume_unwind(panic);
        }
    }
}

#[test]
fn rotated_by_renaming() {
    histories(Rotation::Rename, "app.log", 0..100);
}

#[test]
fn rotated_by_renaming_within_the_glob() {
    histories(Rotation::Rename, "app.log*", 1000..1100);
}

#[test]
fn copied_and_truncated() {
    histories(Rotation::CopyAndTruncate, "app.log", 2000..2100);
}

#[test]
fn copied_and_truncated_within_the_glob() {
    histories(Rotation::CopyAndTruncate, "app.log*", 3000..3100);
}

#[test]
fn deleted_and_made_anew() {
    histories(Rotation::Recreate, "app.log", 4000..4060);
}

#[test]
fn rotated_in_every_way() {
    histories(Rotation::Any, "app.log", 5000..5100);
}
