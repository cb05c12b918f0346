//! What one line costs from the file to the spool's door: `cargo run --release -p streamer-tail --example cost_of_a_followed_line`.
//!
//! A million lines of 105 bytes are followed from their start into a sink that only counts, as whole lines and with a
//! regular expression of two fields, beside the floor: reading the same bytes and finding their line ends. Figures are
//! nanoseconds of processor time a line, the best of three, and the peak of resident memory.

use std::error::Error;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use streamer_plugin::clock::{Clock, Zone};
use streamer_plugin::options::Table;
use streamer_plugin::testkit::Countdown;
use streamer_plugin::{Drive, Outlet, Site, State, Stop};

const LINES: u32 = 1_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("access.log");
    write(&path)?;
    let mut out = std::io::stdout();
    let best = |run: &dyn Fn() -> Result<f64, Box<dyn Error>>| {
        (0..3).map(|_| run()).try_fold(f64::MAX, |a, b| b.map(|b| a.min(b)))
    };
    writeln!(out, "{:6.1} ns  read and find line ends", best(&|| floor(&path))?)?;
    writeln!(out, "{:6.1} ns  whole lines", best(&|| follow(&path, "line", "", LINES as usize))?)?;
    let pattern = r"pattern = '(?P<status>\d{3}) (?P<bytes>\d+)$'";
    writeln!(out, "{:6.1} ns  two fields", best(&|| follow(&path, "regex", pattern, 2 * LINES as usize))?)?;
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    writeln!(out, "{peak}")?;
    Ok(())
}

fn write(path: &Path) -> std::io::Result<()> {
    let mut file = std::io::BufWriter::new(File::create(path)?);
    for number in 0..LINES {
        let line = format!(
            "192.0.2.10 - - [05/Mar/2026:06:00:01 +0100] \"GET /{number} HTTP/1.1\" \"Mozilla/5.0\" 200 {number}"
        );
        writeln!(file, "{line:->104}")?;
    }
    file.flush()
}

fn floor(path: &Path) -> Result<f64, Box<dyn Error>> {
    let (before, mut room, mut lines) = (processor_nanos(), vec![0; 256 * 1024], 0);
    let mut file = File::open(path)?;
    loop {
        let read = file.read(&mut room)?;
        if read == 0 {
            break;
        }
        lines += memchr::memchr_iter(b'\n', &room[..read]).count();
    }
    if lines != LINES as usize {
        return Err("lines are missing".into());
    }
    Ok((processor_nanos() - before) / f64::from(LINES))
}

fn follow(path: &Path, format: &str, more: &str, readings: usize) -> Result<f64, Box<dyn Error>> {
    let text = format!("files = [{path:?}]\nfrom = \"start\"\n{more}");
    let table = Table::parse(&text).map_err(|faults| format!("{faults:?}"))?;
    let kind = streamer_tail::PLUGIN.kind(format).ok_or("no such format")?;
    let options = kind.read(&table).map_err(|faults| format!("{faults:?}"))?;
    let site = Site::new("tail", "/", Clock::system(), Zone::utc(), State::none());
    let Drive::Listening(mut listener) = options.build(&site)?.drive else { return Err("not a listener".into()) };
    let (stop, stopper) = Stop::new()?;
    let sink = Arc::new(Countdown::new(readings, stopper));
    let outlet = Outlet::new(sink, Clock::system(), stop.clone());
    let before = processor_nanos();
    listener.listen(&outlet, &stop)?;
    Ok((processor_nanos() - before) / f64::from(LINES))
}

fn processor_nanos() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let nanos = time.tv_sec as f64 * 1e9 + time.tv_nsec as f64;
    nanos
}
