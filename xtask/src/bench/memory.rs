//! Memory and threads of an agent with ten inputs at 1 s, streaming over TLS for a minute.

use std::fmt::Write;
use std::time::Duration;

use super::agent::{Home, Server, streaming_to};
use super::figure::{Bound, Figure};
use super::{Bench, Outcome};

/// Looks after a minute, whatever time is set: memory grows with time or it does not.
///
/// # Errors
/// Where the agent or the server does not run.
pub fn measure(bench: &Bench) -> Result<Outcome, String> {
    let server = Server::start(bench, &["--tls"])?;
    let mut config = streaming_to(&server);
    for (number, part) in ["cpu", "memory", "disk", "network", "load"].iter().cycle().take(10).enumerate() {
        write!(config, "[[inputs.system]]\nid = \"s{number}\"\nprefix = \"s{number}_\"\ninterval = \"1s\"\ncollect = [\"{part}\"]\n")
            .map_err(|error| error.to_string())?;
    }
    let home = Home::new(bench, &config)?;
    let agent = home.start()?;
    std::thread::sleep(Duration::from_secs(60));
    let process = agent.process();
    let (resident, unshared, threads) = (process.resident_megabytes(), process.unshared_megabytes(), process.threads());
    agent.stop()?;
    Ok(Outcome::Figures(vec![
        Figure::new("ten inputs over TLS: resident", resident, "MB").floor(Bound::AtMost(8.0)).goal(Bound::AtMost(4.2)),
        Figure::new("ten inputs over TLS: unshared", unshared, "MB").goal(Bound::AtMost(1.6)),
        Figure::new("ten inputs over TLS: threads", threads, "").floor(Bound::AtMost(6.0)).goal(Bound::AtMost(2.0)),
    ]))
}
