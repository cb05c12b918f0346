//! How fast a backlog goes out: a full spool, calls of a thousand, a server that answers at once.

use std::time::Duration;

use super::agent::{Home, Server, streaming_to, until};
use super::figure::{Bound, Figure};
use super::{Bench, Outcome, raw};

const BACKLOG: u64 = 2_000_000;

/// Fills the spool without an agent, then starts one.
///
/// # Errors
/// Where the backlog does not arrive.
pub fn measure(bench: &Bench) -> Result<Outcome, String> {
    let server = Server::start(bench, &["--only-count", "--max-body", "100000000"])?;
    let config = streaming_to(&server)
        .replace("api_base", "max_events_per_call = 1000\napi_base")
        .replace("key = \"bench\"", "key = \"bench\"\nbuffer_size = 1000");
    let home = Home::new(bench, &(config + "[spool]\nmax_size = \"512MB\"\n"))?;
    home.log(0..BACKLOG)?;
    let agent = home.start()?;
    let arrived = until(Duration::from_secs(120), || server.count("unique") >= BACKLOG as f64);
    let (events, seconds) = (server.count("unique"), server.count("seconds"));
    let cpu = agent.process().cpu_seconds();
    agent.stop()?;
    if !arrived {
        return Err(format!("{events} of {BACKLOG} arrived; {}", home.said()));
    }
    let bare = raw::poster(server.port, 2_000)?;
    Ok(Outcome::Figures(vec![
        Figure::new("the agent's drain, calls of 1,000", events / seconds, "events/s")
            .floor(Bound::AtLeast(500_000.0))
            .note(format!("posting ready-made calls: {bare:.0}/s; the agent's CPU {:.2} us/event", cpu * 1e6 / events)),
    ]))
}
