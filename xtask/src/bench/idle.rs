//! CPU of daily use: cpu, memory, disk, network and load once a second, over HTTP.

use std::time::Duration;

use super::agent::{Home, Server, streaming_to};
use super::figure::{Bound, Figure};
use super::{Bench, Outcome, raw};

/// Watches the agent for the set time after it has settled.
///
/// # Errors
/// Where the agent or the server does not run.
pub fn measure(bench: &Bench) -> Result<Outcome, String> {
    let server = Server::start(bench, &["--tier", "off"])?;
    let inputs =
        "[[inputs.system]]\ninterval = \"1s\"\ncollect = [\"cpu\", \"memory\", \"disk\", \"network\", \"load\"]\n";
    let home = Home::new(bench, &(streaming_to(&server) + inputs))?;
    let agent = home.start()?;
    std::thread::sleep(Duration::from_secs(5));
    let process = agent.process();
    let (cpu, switches, readings) = (process.cpu_seconds(), process.voluntary_switches(), server.count("unique"));
    std::thread::sleep(Duration::from_secs(bench.seconds));
    let seconds = bench.seconds as f64;
    let per_second = (server.count("unique") - readings) / seconds;
    let cpu = (process.cpu_seconds() - cpu) * 3600.0 / seconds;
    let switches = (process.voluntary_switches() - switches) / seconds;
    agent.stop()?;
    let bare = raw::sampler(server.port, bench.seconds.min(20))?;
    if per_second < 10.0 {
        return Err(format!("only {per_second:.1} readings a second arrived; {}", home.said()));
    }
    Ok(Outcome::Figures(vec![
        Figure::new("idle at 1 s: CPU", cpu, "s/hour")
            .floor(Bound::AtMost(3.0))
            .goal(Bound::AtMost(1.2))
            .note(format!("{per_second:.0} readings/s; bare reading and posting {bare:.2}")),
        Figure::new("idle at 1 s: voluntary switches", switches, "/s").goal(Bound::AtMost(3.0)),
    ]))
}
