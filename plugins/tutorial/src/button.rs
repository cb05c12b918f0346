//! `[[inputs.button]]`: an input that tells by itself. Each datagram is the name of a button that was pressed.
use std::io::ErrorKind::WouldBlock;
use std::net::UdpSocket;
use std::time::Duration;

use streamer_plugin::{Claim, Input, InputError, Kind, Listener, Options, Outlet, Plugin, Site, Stop};

/// What the agent's list takes.
pub const PLUGIN: Plugin = Plugin::new("button", "buttons in the network", &[Kind::of::<Button>("")]);

streamer_plugin::options! {
    /// Hears datagrams.
    pub struct Button {
        /// The UDP port to hear at.
        port: u16,
    }
}

impl Options for Button {
    fn build(&self, _: &Site) -> Result<Input, InputError> {
        let socket = UdpSocket::bind(("0.0.0.0", self.port))?;
        socket.set_read_timeout(Some(Duration::from_millis(200)))?;
        Ok(Input::listener(Ear(socket)))
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Port(self.port)]
    }

    fn listens(&self) -> bool {
        true
    }
}

struct Ear(UdpSocket);

impl Listener for Ear {
    fn listen(&mut self, out: &Outlet, stop: &Stop) -> Result<(), InputError> {
        let mut bytes = [0; 100];
        while !stop.asked() {
            let length = match self.0.recv(&mut bytes) {
                Err(error) if error.kind() == WouldBlock => continue,
                result => result?,
            };
            let mut readings = out.readings();
            readings.put(String::from_utf8_lossy(&bytes[..length]).trim(), true);
            if out.send(&readings, None).is_err() {
                break;
            }
        }
        Ok(())
    }
}

#[test]
fn a_press_is_a_reading() {
    use streamer_plugin::testkit::{Bench, Example, conformance};
    let free = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let button = UdpSocket::bind("127.0.0.1:0").unwrap();
    let example = Example::new(format!("port = {}", free.port()), || Bench::new("/"));
    conformance(&PLUGIN, &[example.poked(move |_| assert!(button.send_to(b"door", free).is_ok()))]);
}
