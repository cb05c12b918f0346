//! How fast `log` accepts, and how long its slowest call takes: in memory, and into a spool on disk.
//!
//! `cargo run --release --example log_speed -- /some/folder` (without a folder: memory only). Nothing listens at the
//! address, so nothing is delivered.
#![expect(clippy::print_stdout, reason = "a measurement is for the one who runs it")]

use std::time::Duration;

use streamer_clock::Clock;

const READINGS: u32 = 1_000_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    measure("an empty loop", |_| Ok(()))?;
    let builder = || {
        streamer::Streamer::builder()
            .ini_file_location("/dev/null")
            .access_key("none")
            .api_base("http://127.0.0.1:9")
            .bucket_key("speed")
            .memory_limit(1 << 30)
            .spool_size(1 << 30)
    };
    let memory = builder().build()?;
    measure("memory", |count| Ok(memory.log("temperature", count)?))?;
    if let Some(folder) = std::env::args().nth(1) {
        let spool = builder().spool(folder).build()?;
        measure("spool", |count| Ok(spool.log("temperature", count)?))?;
    }
    Ok(())
}

type Logged = Result<(), Box<dyn std::error::Error>>;

fn measure(what: &str, mut log: impl FnMut(u32) -> Logged) -> Logged {
    let clock = Clock::system();
    let mut spans = Vec::with_capacity(READINGS as usize);
    let start = clock.boot();
    for count in 0..READINGS {
        let before = clock.boot();
        log(count)?;
        spans.push(clock.boot().since(before));
    }
    let whole = clock.boot().since(start);
    spans.sort_unstable();
    let rate = f64::from(READINGS) / whole.as_secs_f64();
    let at = |share: f64| spans.get((f64::from(READINGS) * share) as usize).copied().unwrap_or(Duration::ZERO);
    println!("{what}: {rate:.0} a second; p50 {:?}, p99.9 {:?}, slowest {:?}", at(0.5), at(0.999), at(0.999_999));
    Ok(())
}
