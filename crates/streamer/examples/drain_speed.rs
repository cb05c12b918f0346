//! How fast a backlog is delivered to a server that answers at once, in calls of 1,000.
//!
//! `cargo run --release --example drain_speed`
#![expect(clippy::print_stdout, reason = "a measurement is for the one who runs it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use streamer_clock::Clock;

const READINGS: u32 = 1_000_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let streamer = streamer::Streamer::builder()
        .ini_file_location("/dev/null")
        .access_key("none")
        .api_base(format!("http://{address}"))
        .bucket_key("speed")
        .buffer_size(1000)
        .max_events_per_call(1000)
        .memory_limit(1 << 30)
        .flush_timeout(Duration::from_secs(120))
        .build()?;
    for count in 0..READINGS {
        streamer.log("temperature", f64::from(count) / 10.0)?;
    }
    // Only now does anybody answer.
    let clock = Clock::system();
    let start = clock.boot();
    let arrived = Arc::new(AtomicUsize::new(0));
    let count = arrived.clone();
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| drop(serve(stream, &count))));
    streamer.flush()?;
    let took = clock.boot().since(start);
    let arrived = arrived.load(Ordering::Relaxed);
    assert_eq!(arrived, READINGS as usize);
    println!("{arrived} readings arrived in {took:?}: {:.0} a second", f64::from(READINGS) / took.as_secs_f64());
    Ok(())
}

fn serve(stream: TcpStream, arrived: &AtomicUsize) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut answers = stream.try_clone()?;
    let mut requests = BufReader::with_capacity(256 * 1024, stream);
    let mut body = Vec::new();
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if requests.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            if line == "\r\n" {
                break;
            }
        }
        body.resize(length, 0);
        requests.read_exact(&mut body)?;
        // Each event is an object with a key.
        let events = body.windows(7).filter(|part| part == b"{\"key\":").count();
        arrived.fetch_add(events, Ordering::Relaxed);
        answers.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
    }
}
