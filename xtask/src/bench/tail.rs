//! What a line costs from a file to the server: a million lines of 105 bytes, whole and by a regular expression.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::time::Duration;

use super::agent::{Folder, Home, Server, streaming_to, until};
use super::figure::{Bound, Figure};
use super::process::own_cpu_seconds;
use super::{Bench, Outcome};

const LINES: u32 = 1_000_000;
const BYTES: usize = 105;

/// A format, what it makes of a line, and what it may cost.
struct Case {
    name: &'static str,
    options: &'static str,
    readings: u32,
    floor: f64,
    goal: f64,
}

const CASES: &[Case] = &[
    Case { name: "whole lines", options: "", readings: 1, floor: 0.5, goal: 0.22 },
    Case {
        name: "a regex of two fields",
        options: "format = \"regex\"\npattern = '(?P<status>\\d{3}) (?P<bytes>\\d+)$'\n",
        readings: 2,
        floor: 0.8,
        goal: 0.5,
    },
];

/// Follows the file once for each case.
///
/// # Errors
/// Where not exactly what was written arrives.
pub fn measure(bench: &Bench) -> Result<Outcome, String> {
    let folder = Folder::below(&std::env::temp_dir().to_string_lossy())?;
    let log = folder.0.join("access.log");
    write(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let bare = bare(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let mut figures = Vec::new();
    for case in CASES {
        let server = Server::start(bench, &["--only-count", "--max-body", "100000000"])?;
        let config = streaming_to(&server)
            .replace("api_base", "max_events_per_call = 5000\napi_base")
            .replace("key = \"bench\"", "key = \"bench\"\nbuffer_size = 5000");
        let tail = format!("[[inputs.tail]]\nfiles = [{log:?}]\nfrom = \"start\"\n{}", case.options);
        let home = Home::new(bench, &(config + &tail))?;
        let agent = home.start()?;
        let wanted = f64::from(LINES * case.readings);
        let arrived = until(Duration::from_secs(300), || server.count("stored") >= wanted);
        let seconds = server.count("seconds");
        let (cpu, peak) = (agent.process().cpu_seconds(), agent.process().peak_megabytes());
        agent.stop()?;
        let stored = server.count("stored");
        if !arrived || stored > wanted {
            return Err(format!("{}: {stored} of {wanted} readings arrived; {}", case.name, home.said()));
        }
        let each = cpu * 1e6 / f64::from(LINES);
        figures.push(
            Figure::new(format!("tail, {}: CPU", case.name), each, "us/line")
                .floor(Bound::AtMost(case.floor))
                .goal(Bound::AtMost(case.goal))
                .note(format!(
                    "{:.0} lines/s; reading and finding line ends alone {bare:.3}",
                    f64::from(LINES) / seconds
                )),
        );
        figures.push(
            Figure::new(format!("tail, {}: peak resident", case.name), peak, "MB")
                .floor(Bound::AtMost(16.0))
                .goal(Bound::AtMost(8.0)),
        );
    }
    Ok(Outcome::Figures(figures))
}

fn write(log: &Path) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(log)?);
    for number in 0..LINES {
        let line = format!(
            "192.0.2.10 - - [05/Mar/2026:06:00:01 +0100] \"GET /{number} HTTP/1.1\" \"Mozilla/5.0\" 200 {number}"
        );
        writeln!(file, "{line:->wide$}", wide = BYTES - 1)?;
    }
    file.flush()
}

/// CPU microseconds a line of reading the file and counting its line ends.
fn bare(log: &Path) -> std::io::Result<f64> {
    let before = own_cpu_seconds();
    let (mut file, mut room, mut lines) = (File::open(log)?, vec![0; 256 * 1024], 0_usize);
    loop {
        let read = file.read(&mut room)?;
        if read == 0 {
            break;
        }
        lines += room[..read].iter().filter(|byte| **byte == b'\n').count();
    }
    std::hint::black_box(lines);
    Ok((own_cpu_seconds() - before) * 1e6 / f64::from(LINES))
}
