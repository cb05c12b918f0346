//! Over TLS: a root of one's own is trusted beside the system's, and nothing else is.
//!
//! The certificates in `tls/` are for this test alone, and good for a hundred years.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use streamer::{Builder, Error, Streamer};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/root.pem");

/// A service over TLS that answers everything with 204; it tells the head of each request.
fn service() -> (SocketAddr, Receiver<String>) {
    let file = |name: &str| Path::new(ROOT).with_file_name(name);
    let chain = vec![CertificateDer::from_pem_file(file("server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (heads, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let heads = heads.clone();
            // A client that does not trust us ends the handshake: no test of its own.
            std::thread::spawn(move || serve(StreamOwned::new(connection, stream), |head| heads.send(head).is_ok()));
        }
    });
    (address, told)
}

fn serve(
    stream: StreamOwned<ServerConnection, TcpStream>,
    mut tell: impl FnMut(String) -> bool,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let before = head.len();
            if stream.read_line(&mut head)? == 0 {
                return Ok(());
            }
            let line = head[before..].to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            if line == "\r\n" {
                break;
            }
        }
        stream.read_exact(&mut vec![0; length])?;
        if !tell(head) {
            return Ok(());
        }
        stream.get_mut().write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
    }
}

fn builder(base: String) -> Builder {
    Streamer::builder().ini_file_location("/dev/null").access_key("ist_Tls").api_base(base).bucket_key("tls").pace(0.02)
}

#[test]
fn a_root_of_ones_own_is_trusted() {
    let (address, told) = service();
    let streamer = builder(format!("https://localhost:{}", address.port())).ca_file(ROOT).build().unwrap();
    streamer.log("temperature", 21.5).unwrap();
    streamer.flush().unwrap();
    let heads: Vec<String> = told.try_iter().collect();
    assert!(heads[0].starts_with("POST /api/buckets ") && heads[1].starts_with("POST /api/events "), "{heads:?}");
    assert!(heads[1].contains("x-is-accesskey: ist_Tls"), "{heads:?}");
}

#[test]
fn a_stranger_gets_no_request_and_the_reason_is_said() {
    let (address, told) = service();
    let base = format!("https://localhost:{}", address.port());
    let streamer = builder(base).flush_timeout(Duration::from_millis(500)).build().unwrap();
    streamer.log("temperature", 21.5).unwrap();
    let error = streamer.flush().unwrap_err();
    assert!(matches!(&error, Error::NotDelivered { left: 1, .. }), "{error}");
    // Where the system has roots, ours is not among them; where it has none, there is no TLS at all.
    let text = error.to_string();
    assert!(text.contains("certificate") || text.contains("no TLS"), "{text}");
    assert!(told.try_recv().is_err());
}

#[test]
fn a_root_that_is_none_makes_the_output_unusable_and_says_which_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("root.pem");
    let (address, _told) = service();
    let base = format!("https://localhost:{}", address.port());
    let streamer = builder(base).ca_file(&file).flush_timeout(Duration::from_secs(30)).build().unwrap();
    streamer.log("temperature", 21.5).unwrap();
    let error = streamer.flush().unwrap_err().to_string();
    assert!(error.contains("ca_file") && error.contains("root.pem"), "{error}");
    // Once the file is there it is used, without a restart.
    std::fs::copy(ROOT, &file).unwrap();
    let delivered = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        streamer.flush().is_ok()
    });
    assert!(delivered);
}
