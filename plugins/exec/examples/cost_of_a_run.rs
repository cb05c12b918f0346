//! What a run costs: `cargo run --release -p streamer-exec --example cost_of_a_run`.
//!
//! A hundred commands a second, each by an input with a thread of its own, as in the agent; beside it the same through
//! the standard library, which reads both pipes one after the other and keeps no eye on anything: the floor. Told are the
//! processor time of this process (that of the programs is the same for both), and how late the runs began.

use std::error::Error;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use streamer_plugin::clock::{Clock, SinceBoot, Zone};
use streamer_plugin::options::Table;
use streamer_plugin::{Drive, InputError, Readings, Site, State};

const INPUTS: u64 = 100;
const ROUNDS: u64 = 10;
const PROGRAM: &str = "/bin/true";

type Work = Box<dyn FnMut(&mut Readings) -> Result<(), InputError> + Send>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout();
    for together in [false, true] {
        let how = if together { "all at once" } else { "spread over the second" };
        for (name, work) in [("std", bare as fn() -> _), ("exec", input)] {
            let (cost, late) = measure(work, together)?;
            let at = |share: usize| late[(late.len() - 1) * share / 100];
            writeln!(
                out,
                "{name:5} {how}: {cost:6.1} us a run, late by {:.2} / {:.2} / {:.2} ms (p50 / p99 / most), {} of {} runs",
                at(50),
                at(99),
                at(100),
                late.len(),
                INPUTS * ROUNDS
            )?;
        }
    }
    Ok(())
}

/// The input, built from a configuration.
fn input() -> Result<Work, String> {
    let text = format!("command = [{PROGRAM:?}]\nformat = 'line'\nexit_code = 'code'");
    let table = Table::parse(&text).map_err(|faults| format!("{faults:?}"))?;
    let kind = streamer_exec::PLUGIN.kind("once").ok_or("no such kind")?;
    let options = kind.read(&table).map_err(|faults| format!("{faults:?}"))?;
    let site = Site::new("exec", "/", Clock::system(), Zone::utc(), State::none());
    match options.build(&site).map_err(|error| error.to_string())?.drive {
        Drive::Sampled(mut sampler) => Ok(Box::new(move |out| sampler.sample(out))),
        Drive::Listening(_) => Err("not a sampler".into()),
    }
}

/// The least that a program's output costs.
fn bare() -> Result<Work, String> {
    Ok(Box::new(|out| {
        let mut command = Command::new(PROGRAM);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let mut text = Vec::new();
        child.stdout.take().map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut text))?;
        child.stderr.take().map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut text))?;
        out.put("code", i64::from(child.wait()?.code().unwrap_or(-1)));
        Ok(())
    }))
}

/// Processor time of a run in microseconds, and by how many milliseconds each of them began late, in order.
fn measure(work: fn() -> Result<Work, String>, together: bool) -> Result<(f64, Vec<f64>), Box<dyn Error>> {
    let clock = Clock::system();
    let start = clock.boot().plus(Duration::from_millis(500));
    let mut threads: Vec<JoinHandle<Result<Vec<f64>, String>>> = Vec::new();
    for number in 0..INPUTS {
        let mut work = work()?;
        let phase = if together { 0 } else { number * 1_000 / INPUTS };
        let first = start.plus(Duration::from_millis(phase));
        let thread = std::thread::Builder::new().stack_size(256 * 1024);
        threads.push(thread.spawn(move || runs(&mut work, first))?);
    }
    let before = processor_micros();
    let mut late = Vec::new();
    for thread in threads {
        late.extend(thread.join().map_err(|_| "a thread panicked")??);
    }
    late.sort_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let cost = (processor_micros() - before) / late.len() as f64;
    Ok((cost, late))
}

/// Runs once a second from `first` on; by how many milliseconds each run began late.
fn runs(work: &mut Work, first: SinceBoot) -> Result<Vec<f64>, String> {
    let clock = Clock::system();
    let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
    let mut out = Readings::new(&clock, Duration::from_secs(1));
    let mut late = Vec::new();
    for round in 0..ROUNDS {
        let due = first.plus(Duration::from_secs(round));
        std::thread::sleep(due.since(clock.boot()));
        out.begin(clock.now(), Duration::from_secs(1));
        late.push(out.began().boot.since(due).as_secs_f64() * 1e3);
        work(&mut out).map_err(|error| error.to_string())?;
        if out.items().len() != 1 {
            return Err("a run brought no code".into());
        }
    }
    Ok(late)
}

fn processor_micros() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let micros = time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3;
    micros
}
