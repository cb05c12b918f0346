//! One connection's life: requests in, answers out, and the faults that are the connection's own.
//!
//! It never decides what a request is worth; the service does.

use std::io;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::watch;

use super::http::{Answer, Request, read_request};
use super::script::Fault;
use super::wire::Wire;
use super::{Door, Shared};

/// Serves until the peer leaves, a fault ends it, or the door is shut.
pub async fn serve(tcp: TcpStream, shared: Arc<Shared>, mut door: watch::Receiver<Door>) {
    let _open = Open::count(Arc::clone(&shared));
    let Ok(mut wire) = Wire::accept(tcp, shared.tls.as_ref()).await else { return };
    tokio::select! {
        // The peer's own mistakes end its connection and nothing else.
        _ = converse(&mut wire, &shared) => {}
        _ = door.wait_for(|door| *door != Door::Open) => wire.reset_at_close(),
    }
}

async fn converse(wire: &mut Wire, shared: &Shared) -> io::Result<()> {
    let limit = shared.service().settings.max_body;
    loop {
        let request = match read_request(wire, limit).await {
            Ok(Some(request)) => request,
            Ok(None) => return Ok(()),
            Err(error) => {
                shared.service().books.warn("http");
                wire.write(&Answer::new(400).with_body("text/plain", error.to_string()).bytes(shared.clock.now()))
                    .await?;
                return Err(error);
            }
        };
        // A script put in force a moment ago holds at once, though the door is shut a moment later.
        if shared.service().refuses_connections(shared.clock.now()) {
            wire.reset_at_close();
            return Ok(());
        }
        let fault = shared.service().arrive(&request, shared.clock.now());
        if !respond(wire, shared, &request, fault).await? {
            return Ok(());
        }
    }
}

/// Answers one request, well or badly; `false` when the connection is over.
async fn respond(wire: &mut Wire, shared: &Shared, request: &Request, fault: Option<Fault>) -> io::Result<bool> {
    let well = || shared.service().answer(request, shared.clock.now());
    let answer = match fault {
        None => well(),
        Some(Fault::Drop) => return Ok(false),
        Some(Fault::Reset) => {
            wire.reset_at_close();
            return Ok(false);
        }
        Some(Fault::Lost) => {
            well();
            return Ok(false);
        }
        Some(Fault::Partial) => {
            let whole = well().bytes(shared.clock.now());
            wire.write(&whole[..whole.len() / 2]).await?;
            return Ok(false);
        }
        Some(Fault::Nonsense) => {
            wire.write(b"\x00\x16\x03GARBAGE garbage\r\n\r\n\xff\xfe").await?;
            return Ok(false);
        }
        Some(Fault::SlowBefore(seconds)) => {
            tokio::time::sleep(shared.clock.real(seconds)).await;
            well()
        }
        Some(Fault::SlowAfter(seconds)) => {
            let answer = well();
            tokio::time::sleep(shared.clock.real(seconds)).await;
            answer
        }
        Some(other) => {
            let failing = shared.service().failing(&other, request, shared.clock.now());
            failing.unwrap_or_else(well)
        }
    };
    wire.write(&answer.bytes(shared.clock.now())).await?;
    Ok(true)
}

/// Counts a connection while it is open.
struct Open(Arc<Shared>);

impl Open {
    fn count(shared: Arc<Shared>) -> Self {
        shared.service().connected();
        Self(shared)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.service().disconnected();
    }
}
