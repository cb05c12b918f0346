//! What one round costs: `cargo run --release -p streamer-system --example cost_of_a_round`.
//!
//! Two figures of processor time: warm, over and over, and after a pause of a fifth of a second, in which other programs
//! took the caches over.

use std::error::Error;
use std::io::Write;
use std::time::Duration;

use streamer_plugin::clock::{Clock, Zone};
use streamer_plugin::options::Table;
use streamer_plugin::{Drive, Readings, Site, State};

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout();
    let one = ["cpu", "memory", "disk", "disk_space", "disk_io", "network", "load", "temperature"];
    for list in [&["cpu", "memory", "disk", "network", "load"][..]].into_iter().chain(one.chunks(1)) {
        let (warm, readings) = cost(list, 5_000, Duration::ZERO)?;
        let (cold, _) = cost(list, 20, Duration::from_millis(200))?;
        writeln!(out, "{warm:7.1} us warm, {cold:7.1} us cold, {readings:3} readings  {}", list.join(" "))?;
    }
    Ok(())
}

/// Processor time and readings of one round, the second and later ones, with a pause before each.
fn cost(collect: &[&str], rounds: u32, pause: Duration) -> Result<(f64, usize), Box<dyn Error>> {
    let clock = Clock::system();
    let text = format!("collect = {collect:?}");
    let table = Table::parse(&text).map_err(|faults| format!("{faults:?}"))?;
    let kind = streamer_system::PLUGIN.kind("").ok_or("no such kind")?;
    let options = kind.read(&table).map_err(|faults| format!("{faults:?}"))?;
    let site = Site::new("system", "/", clock.clone(), Zone::utc(), State::none());
    let Drive::Sampled(mut sampler) = options.build(&site)?.drive else { return Err("not a sampler".into()) };
    let mut round = Readings::new(&clock, Duration::from_secs(1));
    sampler.sample(&mut round)?;
    let mut spent = 0.0;
    for _ in 0..rounds {
        if !pause.is_zero() {
            std::thread::sleep(pause);
        }
        let before = processor_micros();
        round.begin(clock.now(), Duration::from_secs(1));
        sampler.sample(&mut round)?;
        spent += processor_micros() - before;
    }
    Ok((spent / f64::from(rounds), round.items().len()))
}

fn processor_micros() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let micros = time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3;
    micros
}
