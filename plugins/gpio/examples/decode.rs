//! What one edge costs, from the kernel's record to the count: `cargo run --release -p streamer-gpio --example decode`.
//!
//! Records go through a pipe into the whole input, whose thread's processor time is taken: pulses counted in rounds of a
//! thousand records and of a single one, and edges that each become a reading, beside the floor of reading the same bytes.
//! Figures are nanoseconds a record, the best of five. What writing the records costs is taken off; for single ones, where
//! the two alternate, it is not.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use streamer_gpio::PLUGIN;
use streamer_plugin::clock::{Clock, Zone};
use streamer_plugin::options::Table;
use streamer_plugin::testkit::Countdown;
use streamer_plugin::{Contact, Drive, Outlet, Readings, Sampler, Site, State, Stop};

const ROUND: usize = 1000;
const ROUNDS: usize = 300;
const SINGLE: usize = 100_000;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let mut out = io::stdout();
    let mut figure = |what: &str, take: &dyn Fn() -> Outcome<f64>| -> Outcome<()> {
        let best = (0..5).map(|_| take()).try_fold(f64::MAX, |best, next| next.map(|next| best.min(next)))?;
        writeln!(out, "{best:7.1} ns  {what}")?;
        Ok(())
    };
    figure("read alone, a thousand at once", &floor)?;
    figure("counted, a thousand at once", &|| counted(ROUNDS, ROUND, ""))?;
    figure("counted behind a filter, a thousand at once", &|| counted(ROUNDS, ROUND, "debounce = '1us'"))?;
    figure("counted, one at a time, its writing included", &|| counted(SINGLE, 1, ""))?;
    figure("each a reading", &told)
}

/// The near end of a pipe, as a line.
struct Pipe(OwnedFd);

impl Contact for Pipe {
    fn source(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    fn active(&mut self) -> io::Result<bool> {
        Ok(false)
    }
}

fn pipe() -> Outcome<(OwnedFd, File)> {
    let (near, far) = rustix::pipe::pipe()?;
    rustix::fs::fcntl_setfl(&near, rustix::fs::OFlags::NONBLOCK)?;
    Ok((near, far.into()))
}

/// The input on a pipe.
fn input(mode: &str, more: &str, near: OwnedFd) -> Outcome<Drive> {
    let kind = PLUGIN.kind(mode).ok_or("no such mode")?;
    let text = format!("pin = 17\n{more}");
    let table = Table::parse(&text).map_err(|faults| format!("{faults:?}"))?;
    let options = kind.read(&table).map_err(|faults| format!("{faults:?}"))?;
    let near = Arc::new(near);
    let contact = move || Ok(Box::new(Pipe(near.try_clone()?)) as Box<dyn Contact>);
    let site = Site::new("gpio", "/", Clock::system(), Zone::utc(), State::none()).with_line("17".into(), contact);
    Ok(options.build(&site)?.drive)
}

/// Records as the kernel lays them out, a microsecond apart from now on.
struct Records {
    stamp: u64,
    number: u32,
}

impl Records {
    fn from_now() -> Self {
        Self { stamp: Clock::system().boot().micros() * 1000, number: 0 }
    }

    fn next(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count * 48);
        for _ in 0..count {
            self.stamp += 1000;
            self.number += 1;
            bytes.extend(self.stamp.to_ne_bytes());
            let id = 1 + (self.number + 1) % 2;
            [id, 17, self.number, self.number, 0, 0, 0, 0, 0, 0]
                .iter()
                .for_each(|word| bytes.extend(word.to_ne_bytes()));
        }
        bytes
    }
}

fn floor() -> Outcome<f64> {
    let (near, mut far) = pipe()?;
    let (mut near, mut records, mut cost) = (File::from(near), Records::from_now(), 0.0);
    let mut room = vec![0; 64 * 48];
    for _ in 0..ROUNDS {
        far.write_all(&records.next(ROUND))?;
        let before = thread_nanos();
        while near.read(&mut room).is_ok_and(|read| read > 0) {}
        cost += thread_nanos() - before;
    }
    Ok(cost / (ROUNDS * ROUND) as f64)
}

/// Pulses: a round after every so many records.
fn counted(rounds: usize, each: usize, more: &str) -> Outcome<f64> {
    let (near, mut far) = pipe()?;
    let Drive::Sampled(mut input) = input("count", &format!("edge = 'both'\n{more}"), near)? else {
        return Err("not a sampler".into());
    };
    let (clock, mut records, mut cost) = (Clock::system(), Records::from_now(), 0.0);
    let mut readings = Readings::new(&clock, Duration::from_secs(10));
    let mut ask = |input: &mut Box<dyn Sampler>| {
        readings.begin(clock.now(), Duration::from_secs(10));
        input.sample(&mut readings)
    };
    let written: Vec<Vec<u8>> = (0..rounds).map(|_| records.next(each)).collect();
    let whole = thread_nanos();
    for bytes in &written {
        far.write_all(bytes)?;
        if each == 1 {
            ask(&mut input)?;
        } else {
            let before = thread_nanos();
            ask(&mut input)?;
            cost += thread_nanos() - before;
        }
    }
    let cost = if each == 1 { thread_nanos() - whole } else { cost };
    Ok(cost / (rounds * each) as f64)
}

/// Edges: another thread writes, the listener's time counts.
fn told() -> Outcome<f64> {
    let (near, mut far) = pipe()?;
    let Drive::Listening(mut input) = input("edge", "", near)? else { return Err("not a listener".into()) };
    let bytes = Records::from_now().next(ROUNDS * ROUND);
    let (stop, stopper) = Stop::new()?;
    // The state at the start is a reading as well.
    let sink = Arc::new(Countdown::new(ROUNDS * ROUND + 1, stopper));
    let outlet = Outlet::new(sink, Clock::system(), stop.clone());
    std::thread::scope(|scope| {
        let writing = scope.spawn(move || far.write_all(&bytes).map(|()| far));
        let before = thread_nanos();
        input.listen(&outlet, &stop)?;
        let cost = thread_nanos() - before;
        writing.join().map_err(|_| "the writer panicked")??;
        Ok(cost / (ROUNDS * ROUND) as f64)
    })
}

fn thread_nanos() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}
