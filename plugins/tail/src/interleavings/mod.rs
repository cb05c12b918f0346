//! Histories in which the world may go on between any two calls of ours to the system: a program writes, logs are
//! rotated in every way, the tail is killed and started again. Every line arrives once, and in the order of writing.
//!
//! Nothing here waits, and no thread runs: an even seed means the same history everywhere, for its files lie in memory; an
//! odd one depends on how a disk uses inodes again. `HISTORIES=10000` runs so many of each kind, `HISTORY=4711` this one
//! alone. Of logs that are compressed about one history in a hundred fails in such long runs: see what nobody can know in
//! the page of the crate. So without these only what is the same everywhere is run of them.

mod world;

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use streamer_lines::config::{Types, Units, ready};
use streamer_lines::{Format, Layout};
use streamer_plugin::clock::Zone;
use streamer_plugin::testkit::{Bench, Mortal, Recorder};
use streamer_plugin::{Key, Outlet, State, Stop};

use crate::hints::Hints;
use crate::meanwhile::let_act;
use crate::options::{Following, From};
use crate::paths::Pattern;
use crate::rounds::Rounds;
use crate::source::Source;
use world::{Dice, Ways, World};

struct History {
    world: Rc<RefCell<World>>,
    dice: Dice,
    bench: Bench,
    heard: Arc<Recorder>,
    tail: Rc<(Following, Format, State)>,
    /// How many lines of those that were heard are in order, from the first on.
    checked: Cell<usize>,
    /// What the globs find by itself is a file of its own: only how often a line came is checked.
    in_order: bool,
}

impl History {
    fn new(seed: u64, folder: &Path, glob: &str, ways: Ways) -> Self {
        let key = Key::new("line").unwrap();
        let format = ready(Layout::Line { key }, &Types::new(), &Units::default(), None, &Zone::utc()).unwrap();
        let following = Following {
            files: vec![Pattern::new(&folder.join(glob).to_string_lossy())],
            from: From::Start,
            poll: Duration::from_secs(1),
            longest: 1024,
            joiner: None,
            patience: Duration::from_secs(5),
            silence: Duration::from_secs(30),
            unpack: ways.compress,
            keep: Duration::from_hours(24),
        };
        let heard = Arc::new(Recorder::default());
        Self {
            world: Rc::new(RefCell::new(World::new(folder, seed, ways, heard.clone()))),
            dice: Dice::new(!seed),
            bench: Bench::new("/"),
            heard,
            tail: Rc::new((following, format, State::none())),
            checked: Cell::new(0),
            in_order: !glob.ends_with('*'),
        }
    }

    fn tell(&self, words: String) {
        self.world.borrow_mut().story.push(words);
    }

    /// One life of the tail: so many rounds, then it ends, or is killed in the midst of one.
    fn live(&mut self, rounds: u64, busy: u64, is_killed: bool) -> Result<(), String> {
        let sink = Arc::new(Mortal::new(self.heard.clone(), usize::MAX));
        let (stop, _stopper) = Stop::new().unwrap();
        let outlet = Outlet::new(sink.clone(), self.bench.clock().clone(), stop.clone());
        let mut hints = Hints::new();
        let parts = self.tail.clone();
        let mut tail = Rounds::new(&parts.0, &parts.1, &parts.2, &outlet, &stop);
        if self.dice.roll(2) == 0 {
            tail.room = vec![0; 1400];
        }
        let mut round = 0;
        while round < rounds || !self.may_be_killed() {
            // What only the tail can still read it reads to its end; nobody promises more.
            let is_last = round + 1 >= rounds;
            let busy = if is_last && !self.may_be_killed() { 0 } else { busy };
            let moment = if is_killed && is_last { self.dice.roll(40) } else { u64::MAX };
            self.tell(format!("round {round}"));
            self.meanwhile(busy, moment, sink.clone());
            let went = tail.go(&mut hints);
            let_act(None);
            self.check()?;
            if went.is_err() || sink.is_dead() {
                self.tell("killed".into());
                return Ok(());
            }
            round += 1;
            let held = tail.files.iter().filter(|(_, file)| matches!(file.source, Some(Source::Plain(_))));
            let held: HashSet<u64> = held.map(|(inode, _)| inode.number).collect();
            self.world.borrow_mut().known.extend(&held);
            self.world.borrow_mut().held = held;
            if busy > 0 && self.dice.roll(3) == 0 {
                for _ in 0..self.dice.roll(12) {
                    self.world.borrow_mut().step();
                }
            }
            // A copy that is never finished is at last taken for what somebody put there.
            let is_idle = !self.world.borrow().is_rotating();
            let seconds = if self.dice.roll(8) == 0 && is_idle { 40 } else { self.dice.roll(2) };
            if seconds > 0 {
                self.tell(format!("{seconds} s pass"));
                self.bench.hand.advance(Duration::from_secs(seconds));
            }
            if round > rounds + 20 {
                return Err("what is deleted is never read".into());
            }
        }
        tail.end();
        Ok(())
    }

    fn may_be_killed(&self) -> bool {
        let world = self.world.borrow();
        world.only_held <= world.arrived
    }

    /// Between the calls of the round that comes, the world goes on; at one of them the tail is killed.
    fn meanwhile(&mut self, busy: u64, mut moment: u64, sink: Arc<Mortal>) {
        let world = self.world.clone();
        let mut dice = Dice::new(self.dice.roll(u64::MAX >> 12));
        // A world that goes on for ever would never let a round end.
        let mut left = dice.roll(60);
        let_act(Some(Box::new(move || {
            if sink.is_dead() {
                return;
            }
            let mut world = world.borrow_mut();
            if busy > 0 && left > 0 && dice.roll(busy) == 0 {
                for _ in 0..=dice.roll(6) {
                    left = left.saturating_sub(1);
                    world.step();
                }
            }
            moment = moment.saturating_sub(1);
            if moment == 0 && world.only_held <= world.arrived {
                sink.die();
            }
        })));
    }

    /// What was heard is what was written, in order.
    fn check(&self) -> Result<(), String> {
        let lines = self.heard.lines();
        if !self.in_order {
            let number = |line: &String| line.trim_start_matches("line ").trim_end_matches('-').parse().unwrap_or(0);
            let mut numbers: Vec<u64> = lines.iter().map(number).collect();
            numbers.sort_unstable();
            if let Some(twice) = numbers.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(format!("line {} came twice", twice[0]));
            }
            let arrived = numbers.iter().zip(1..).take_while(|(number, wanted)| **number == *wanted).count();
            self.checked.set(arrived);
            self.world.borrow_mut().arrived = arrived as u64;
            return Ok(());
        }
        for line in &lines[self.checked.get()..] {
            let number: u64 = line.trim_start_matches("line ").trim_end_matches('-').parse().unwrap_or(0);
            let wanted = self.checked.get() as u64 + 1;
            if number != wanted {
                return Err(format!("{line:?} came where {wanted} was due"));
            }
            self.checked.set(self.checked.get() + 1);
        }
        let mut world = self.world.borrow_mut();
        world.arrived = self.checked.get() as u64;
        let arrived = format!("  arrived: {} of {}", world.arrived, world.written);
        world.story.push(arrived);
        Ok(())
    }

    fn run(&mut self) -> Result<(), String> {
        // What was rotated away before the log was ever seen is nobody's affair.
        self.world.borrow_mut().lines(1);
        self.live(2, 0, false)?;
        self.world.borrow_mut().held.clear();
        for _ in 0..1 + self.dice.roll(5) {
            let (rounds, busy) = (1 + self.dice.roll(8), 2 + self.dice.roll(30));
            let is_killed = self.dice.roll(2) == 0;
            self.tell(format!("start for {rounds} rounds, then {}", if is_killed { "killed" } else { "stopped" }));
            self.live(rounds, busy, is_killed)?;
            self.world.borrow_mut().held.clear();
            for _ in 0..self.dice.roll(20) {
                self.world.borrow_mut().step();
            }
        }
        self.world.borrow_mut().finish();
        self.tell("the last life".into());
        self.live(12, 0, false)?;
        self.world.borrow_mut().lines(1);
        self.live(4, 0, false)?;
        let (written, arrived) = (self.world.borrow().written, self.checked.get() as u64);
        if written == arrived { Ok(()) } else { Err(format!("{arrived} of {written} lines arrived")) }
    }
}

fn histories(glob: &str, ways: Ways) {
    let number = |name: &str| std::env::var(name).ok().and_then(|number| number.parse().ok());
    let (seeds, step) = match (number("HISTORY"), number("HISTORIES")) {
        (Some(seed), _) => (seed..seed + 1, 1),
        (None, Some(many)) => (1..1 + many, 1),
        (None, None) if ways.compress => (2..61, 2),
        (None, None) => (1..61, 1),
    };
    let mut failed = Vec::new();
    for seed in seeds.step_by(step) {
        // Where inodes are used again at once, and where they are not.
        let memory = Path::new("/dev/shm");
        let folder = if seed % 2 == 0 && memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let folder = folder.unwrap();
        let mut history = History::new(seed, folder.path(), glob, ways);
        if let Err(why) = history.run() {
            if failed.len() > 4 {
                break;
            }
            failed.push((seed, why, history.world.borrow().story.join("\n")));
        }
    }
    let_act(None);
    if let Some((seed, why, story)) = failed.iter().min_by_key(|(_, _, story)| story.len()) {
        let seeds: Vec<u64> = failed.iter().map(|(seed, ..)| *seed).collect();
        panic!("{ways:?} over {glob}: histories {seeds:?} failed; {seed} is the shortest: {why}\n{story}");
    }
}

const RENAME: Ways = Ways { rename: true, copy: false, recreate: false, compress: false, dated: false };

#[test]
fn renamed() {
    histories("app.log", RENAME);
}

#[test]
fn renamed_within_the_glob() {
    histories("app.log*", RENAME);
}

#[test]
fn renamed_with_dates() {
    histories("app.log", Ways { dated: true, ..RENAME });
}

#[test]
fn copied_and_truncated() {
    histories("app.log", Ways { rename: false, copy: true, ..RENAME });
}

#[test]
fn deleted_and_made_anew() {
    histories("app.log", Ways { rename: false, recreate: true, ..RENAME });
}

#[test]
fn rotated_in_every_way() {
    histories("app.log", Ways { copy: true, recreate: true, ..RENAME });
}

#[test]
fn renamed_and_compressed() {
    histories("app.log", Ways { compress: true, ..RENAME });
}
